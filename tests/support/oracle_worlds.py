"""Networks for the oracle: one small Network changed at random, and the example as it stands."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from natcbus.contract.audience import Audience
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network
from tests.support.networks import example_files
from tests.support.oracle_book import Book, Yaml, read_audiences, read_book

SMALL: Final = Path(__file__).parent / "oracle_network.yaml"

REACHES: Final = ("F", "F", "R", "N")
TIERS: Final = ("MEMBER", "MEMBER", "OBSERVER", "GUEST", "PARTNER")
STATUSES: Final = ("ACTUAL", "EXERCISE", "TEST", "SYSTEM")
CLEARANCES: Final = ("NONE", "RESTRICTED", "CONFIDENTIAL", "SECRET")
ROLES: Final = (
    "LAST_SEEN",
    "HEADING",
    "NATIONALITY",
    "ORIGIN",
    "TRANSIT",
    "DESTINATION",
    "ADJACENT",
    "RECRUITMENT",
    "RESIDENCE",
    "POSTING",
    "HOLDING_EVIDENCE",
    "CORRIDOR",
)


@dataclass(frozen=True)
class World:
    """One Network: as the oracle reads it, and as ``natcbus.routing`` has loaded it."""

    book: Book
    network: Network


def world(files: Mapping[str, str], audiences: Mapping[str, Yaml]) -> World:
    """Both readings of the same files.

    Raises
    ------
    NetworkError
        When ``natcbus.routing`` refuses the Network.
    """
    values = {event: as_value(table) for event, table in audiences.items()}
    return World(read_book(files, audiences), load_network(files, values))


def as_files(sections: Yaml) -> dict[str, str]:
    """A file for each section, as the YAML of a Network may be spread."""
    return {
        f"{name}.yaml": yaml.safe_dump({name: content}, allow_unicode=True, sort_keys=False)
        for name, content in sections.items()
    }


def as_value(table: Yaml) -> Audience:
    """The audience table as ``natcbus.routing`` takes it."""
    return Audience(
        compartments={name: frozenset(row) for name, row in table["compartments"].items()},
        reduced=frozenset(table["reduced"]),
        named_only=frozenset(table["named_only"]),
        country_roles={role: tuple(row) for role, row in table["country_roles"].items()},
    )


def worlds(chance: random.Random) -> Iterator[World]:
    """Endlessly many Networks. The first is the example, the second the small one as written."""
    yield world(example_files(), read_audiences())
    yield world({SMALL.name: SMALL.read_text("utf-8")}, read_audiences())
    while True:
        try:
            yield _changed(chance)
        except NetworkError:  # a change that the Network may not have
            continue


def _changed(chance: random.Random) -> World:
    sections, audiences = copy.deepcopy((_small_sections(), read_audiences()))
    for _ in range(chance.choice((2, 4, 8, 16))):
        chance.choice(CHANGES)(chance, sections)
    for _ in range(chance.choice((0, 1, 4))):
        _audience(chance, audiences)
    return world(as_files(sections), audiences)


@cache
def _small_sections() -> Yaml:
    sections: Yaml = yaml.safe_load(SMALL.read_text("utf-8"))
    return sections


def _desk(chance: random.Random, sections: Yaml) -> Yaml:
    member = chance.choice(list(sections["members"].values()))
    desk: Yaml = chance.choice(list(member["desks"].values()))
    return desk


def _organisations(sections: Yaml) -> list[str]:
    return sorted(
        {
            desk["organisation"]
            for member in sections["members"].values()
            for desk in member["desks"].values()
        }
    )


def _some(chance: random.Random, values: list[str]) -> list[str]:
    return sorted(chance.sample(values, chance.randint(1, len(values))))


def _toggle(values: list[str], value: str) -> None:
    if value in values:
        values.remove(value)
    else:
        values.append(value)


def _desk_organisation(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["organisation"] = chance.choice(_organisations(sections))


def _desk_purposes(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["purposes"] = _some(chance, sorted(sections["purposes"]))


def _desk_competences(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["competences"] = _some(chance, sorted(sections["topics"]))


def _desk_statuses(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["statuses"] = _some(chance, list(STATUSES))


def _desk_regime(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["regime"] = chance.choice(("LED", "GDPR"))


def _desk_clearance(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["clearance"] = chance.choice(CLEARANCES)


def _desk_majors(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["majors"] = chance.choice(([1], [2], [1, 2], [3]))


def _desk_suspended(chance: random.Random, sections: Yaml) -> None:
    _desk(chance, sections)["suspended"] = chance.random() < 0.7


def _member_suspended(chance: random.Random, sections: Yaml) -> None:
    chance.choice(list(sections["members"].values()))["suspended"] = chance.random() < 0.7


def _member_tier(chance: random.Random, sections: Yaml) -> None:
    chance.choice(list(sections["members"].values()))["tier"] = chance.choice(TIERS)


def _member_country(chance: random.Random, sections: Yaml) -> None:
    member = chance.choice(list(sections["members"].values()))
    member.pop("country", None)
    if chance.random() < 0.8:
        member["country"] = chance.choice(sorted(sections["adjacency"]))


def _matrix_row(chance: random.Random, sections: Yaml) -> Yaml:
    rows = chance.choice([each for each in sections["roles"].values() if each])
    row: Yaml = chance.choice(list(rows.values()))
    return row


def _matrix_row_out(chance: random.Random, sections: Yaml) -> None:
    rows = chance.choice(list(sections["roles"].values()))
    if rows:
        del rows[chance.choice(sorted(rows))]


def _cell(chance: random.Random, sections: Yaml) -> str | Yaml:
    reach = chance.choice(REACHES)
    some = _some(chance, _organisations(sections))
    to = chance.choices((None, "ALL", some, []), (4, 4, 4, 1))[0]
    return reach if to is None else {"reach": reach, "to": to}


def _role_cell(chance: random.Random, sections: Yaml) -> None:
    row = _matrix_row(chance, sections)
    role = chance.choice(ROLES)
    if role in row["roles"] and chance.random() < 0.3:
        del row["roles"][role]
    else:
        row["roles"][role] = _cell(chance, sections)


def _topics_cell(chance: random.Random, sections: Yaml) -> None:
    _matrix_row(chance, sections)["topics"] = _cell(chance, sections)


def _purpose_cell(chance: random.Random, sections: Yaml) -> None:
    row = chance.choice(list(sections["purposes"].values()))
    organisation = chance.choice(_organisations(sections))
    if organisation in row and chance.random() < 0.3:
        del row[organisation]
    else:
        row[organisation] = chance.choice(REACHES)


def _tlp_scope(chance: random.Random, sections: Yaml) -> None:
    level = chance.choice(("AMBER_STRICT", "AMBER", "GREEN", "CLEAR"))
    scope = chance.choice(("ALL", _some(chance, _organisations(sections))))
    sections["tlp"][level][chance.choice(TIERS)] = scope


def _competence(chance: random.Random, sections: Yaml) -> None:
    row = chance.choice(list(sections["competence"].values()))
    _toggle(row, chance.choice(_organisations(sections)))


def _neighbours(chance: random.Random, sections: Yaml) -> None:
    one, other = chance.sample(sorted(sections["adjacency"]), 2)
    _toggle(sections["adjacency"][one], other)
    _toggle(sections["adjacency"][other], one)


def _agreement(chance: random.Random, sections: Yaml) -> None:
    if not sections["agreements"]:
        return
    agreement = chance.choice(sections["agreements"])
    parties = sorted({*sections["members"], *sections["groups"]})
    match chance.choice(("from", "to", "regimes", "until", "crossing", "out")):
        case "regimes":
            agreement["regimes"] = _some(chance, ["GDPR", "LED"])
        case "until":
            agreement["until"] = chance.choice((None, date(2026, 3, 1), date(2026, 3, 2)))
        case "crossing":
            agreement["crossing"] = not agreement.get("crossing", False)
        case "out":
            sections["agreements"].remove(agreement)
        case side:
            agreement[side] = chance.sample(parties, chance.randint(1, 3))


def _group(chance: random.Random, sections: Yaml) -> None:
    group = chance.choice(list(sections["groups"].values()))
    if len(group) > 1:
        group.remove(chance.choice(group))


def _corridor(chance: random.Random, sections: Yaml) -> None:
    corridor = chance.choice(sections["corridors"])
    corridor["countries"] = chance.sample(sorted(sections["adjacency"]), chance.randint(2, 4))


def _border_point(chance: random.Random, sections: Yaml) -> None:
    country = chance.choice(sorted(each for each, row in sections["adjacency"].items() if row))
    other = chance.choice(sections["adjacency"][country])
    chance.choice(sections["border_points"])["between"] = [country, other]


def _small_cell(chance: random.Random, sections: Yaml) -> None:
    sections.pop("small_cell", None)
    if chance.random() < 0.8:
        sections["small_cell"] = chance.choice((2, 3, 5, 10))


CHANGES: Final[tuple[Callable[[random.Random, Yaml], None], ...]] = (
    _desk_organisation,
    _desk_purposes,
    _desk_competences,
    _desk_statuses,
    _desk_regime,
    _desk_clearance,
    _desk_majors,
    _desk_suspended,
    _member_suspended,
    _member_tier,
    _member_country,
    _role_cell,
    _role_cell,
    _role_cell,
    _topics_cell,
    _matrix_row_out,
    _purpose_cell,
    _tlp_scope,
    _competence,
    _competence,
    _neighbours,
    _agreement,
    _agreement,
    _group,
    _corridor,
    _border_point,
    _small_cell,
)


def _audience(chance: random.Random, audiences: dict[str, Yaml]) -> None:
    """Another audience table than the contract's: the decision must follow whatever it says."""
    table = chance.choice(list(audiences.values()))
    names = compartment_names(table)
    organisation = chance.choice(sorted(table["compartments"]))
    match chance.choice(("row", "row", "reduced", "named_only")):
        case "row":
            _toggle(table["compartments"][organisation], chance.choice(names))
        case column:
            _toggle(table[column], chance.choice(names))


def compartment_names(table: Yaml) -> list[str]:
    """Every compartment that an audience table speaks of."""
    rows = [*table["compartments"].values(), table["reduced"], table["named_only"]]
    return sorted({name for row in rows for name in row})
