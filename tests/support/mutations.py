"""Events made by mutating the examples: valid, and addressed in every way there is.

Seeded, so that a failing event can be made again: ``mutants(seed)`` always yields the same events.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.types.core import CountryRole, Purpose, Status, Tlp, Urgency
from natcbus.routing.network import Network

Json = dict[str, Any]
"""An event as it is written; tests change it at will."""

TYPES = tuple(load_catalogue().types)
_ELSEWHERE = ("AT", "IT", "DE", "NE")


def example(event_type: str, now: datetime | None = None) -> Json:
    """The example of the contract, sent now."""
    text = (files("natcbus.contract") / "events" / event_type / "v1" / "example.json").read_text(
        "utf-8"
    )
    event: Json = json.loads(text)
    if now is not None:
        event["header"]["sent_at"] = now.astimezone(UTC).isoformat()
    return event


def mutants(seed: int, network: Network, senders: Sequence[str] | None = None) -> Iterator[Json]:
    """Endlessly many events; ``senders`` are the desks that may send (default: every desk)."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    while True:
        yield _mutant(chance, network, sorted(senders or network.desks))


def _mutant(chance: random.Random, network: Network, senders: Sequence[str]) -> Json:
    while True:
        sender = chance.choice(senders)
        tier = network.members[network.desks[sender].member].tier
        allowed = [name for name in TYPES if name in network.policy.publishes[tier]]
        if allowed:
            break
    event = copy.deepcopy(example(chance.choice(allowed)))
    event["header"] |= {
        "from": sender,
        "urgency": chance.choice([each.value for each in Urgency]),
        "status": chance.choices([Status.ACTUAL, Status.EXERCISE, Status.TEST], [8, 2, 1])[0].value,
        "purpose": chance.choice([each.value for each in Purpose if each is not Purpose.UNKNOWN]),
        "addressing": _addressing(chance, network),
    }
    event["header"]["handling"]["tlp"] = chance.choices(list(Tlp), [2, 2, 6, 3, 1])[0].value
    _move(chance, network, event)
    _leave_out(chance, event)
    return event


def _addressing(chance: random.Random, network: Network) -> Json:
    desks = sorted(network.desks)
    roles = [role.value for role in CountryRole if role is not CountryRole.UNKNOWN]
    return {
        "desks": chance.sample(desks, chance.choice([0, 0, 1, 2, 4])),
        "roles": chance.sample(roles, chance.choice([0, 1, 2, 3])),
        "countries": [
            {"code": _country(chance, network), "role": chance.choice(roles)}
            for _ in range(chance.choice([0, 0, 1, 2]))
        ],
        "topics": chance.sample(sorted(network.desks_by_topic), chance.choice([0, 0, 1])),
        "exclude": chance.sample(desks + sorted(network.members), chance.choice([0, 0, 1, 2])),
        "only": chance.random() < 0.1,
    }


def _country(chance: random.Random, network: Network) -> str:
    return chance.choice(sorted(network.desks_by_country) + list(_ELSEWHERE))


def _move(chance: random.Random, network: Network, event: Json) -> None:
    """Other countries in the open part."""
    open_part = event["open"]
    match event["type"]:
        case "missing_person":
            open_part["last_seen"] |= {"country": _country(chance, network), "subdivision": None}
            open_part["likely_heading"] = [
                {"country": _country(chance, network), "certainty": "POSSIBLE", "reason": "OTHER"}
                for _ in range(chance.choice([0, 1, 2]))
            ]
        case "recruitment_ad":
            for field in ("targeted", "destination"):
                open_part[field] = [
                    _country(chance, network) for _ in range(chance.choice([0, 1, 3]))
                ]


def _leave_out(chance: random.Random, event: Json) -> None:
    """Fewer compartments; where the minimum goes with them, the sender says so in the open part."""
    for name in list(event["sealed"]):
        if chance.random() < 0.25 and not (event["type"] == "recruitment_ad" and name == "advert"):
            del event["sealed"][name]
    if (
        event["type"] == "missing_person"
        and not {"identity", "recognition"} <= event["sealed"].keys()
    ):
        event["open"]["minimum_data"] = "NOT_YET_KNOWN"


def in_threads(events: Iterator[Json], owner_uuid: Sequence[str]) -> Iterator[Json]:
    """The same events, spread over the threads of each sender."""
    for index, event in enumerate(events):
        member = event["header"]["from"].split(".")[0]
        event["header"]["thread_id"] = f"{member}.{owner_uuid[index % len(owner_uuid)]}"
        yield event


def lasting(event: Json, now: datetime, lifetime: timedelta = timedelta(days=1)) -> Json:
    """The event sent now and alive for ``lifetime``."""
    event["header"] |= {"sent_at": now.isoformat(), "expires_at": (now + lifetime).isoformat()}
    return event


def without(event: Json, pointers: Sequence[str]) -> Json:
    """The event without the entries of its addressing that ``pointers`` complain about."""
    mended = copy.deepcopy(event)
    places = {tuple(pointer.split("/")[3:5]) for pointer in pointers if pointer.count("/") >= 4}
    for field, index in sorted(places, key=lambda place: (place[0], -int(place[1]))):
        del mended["header"]["addressing"][field][int(index)]
    return mended
