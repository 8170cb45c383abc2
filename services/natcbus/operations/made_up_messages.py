"""Messages that nobody sent, for simulating: the contract's examples, sent by every desk that may.

Senders, countries, urgency, purposes and Traffic Light levels vary as they could in a year; the
weights are chosen for plausibility and claim no statistics. Seeded: the same seed, Network and day
give the same messages with the same ids.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.reading import Defaults, parse_json, read_event
from natcbus.contract.types.core import CountryRole
from natcbus.envelope.ids import ENTROPY_BYTES, new_message_id
from natcbus.operations.errors import NobodyReachedError
from natcbus.operations.freshening import freshened
from natcbus.operations.simulating import Message
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import decide
from natcbus.routing.network import Desk, Network, RoleRow
from natcbus.routing.rows import row_for

Event = dict[str, Any]
"""An event as it is written: JSON, whose shape the contract checks afterwards."""

_TYPES: Final[Mapping[str, int]] = {
    "missing_person": 6,
    "recruitment_ad": 3,
    "joint_action_day": 1,
}
_ANOTHER_TYPE: Final = 1
_PURPOSES: Final[Mapping[str, Mapping[str, int]]] = {
    "missing_person": {"LOCATE_PERSON": 85, "PROTECT_VICTIM": 10, "INVESTIGATE": 5},
    "recruitment_ad": {"INVESTIGATE": 60, "PREVENT": 30, "LABOUR_INSPECTION": 10},
    "joint_action_day": {"INVESTIGATE": 60, "COORDINATE": 40},
}
_URGENCIES: Final = {"IMMEDIATE": 4, "EXPECTED": 5, "FUTURE": 1}
_LEVELS: Final = {"CLEAR": 1, "GREEN": 4, "AMBER": 10, "AMBER_STRICT": 3, "RED": 1}
_STATUSES: Final = {"ACTUAL": 46, "EXERCISE": 3, "TEST": 1}
_EVERY_MESSAGE_AFTER: Final = timedelta(milliseconds=1)
_TRIES: Final = 200


def made_up_messages(
    network: Network, count: int, now: datetime, seed: int = 1
) -> Iterator[Message]:
    """``count`` valid messages, each of which somebody would get in ``network``.

    Parameters
    ----------
    now
        Aware; they are sent on the morning of its day.

    Raises
    ------
    NobodyReachedError
        In this Network hardly any message reaches anybody.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, and nothing secret
    morning = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    templates = _templates(morning)
    senders = _senders(network, templates)
    for number in range(count):
        sent_at = morning + number * _EVERY_MESSAGE_AFTER
        yield _message(chance, network, templates, senders, sent_at)


def _message(
    chance: random.Random,
    network: Network,
    templates: Mapping[str, Event],
    senders: Mapping[str, Sequence[Desk]],
    sent_at: datetime,
) -> Message:
    for _ in range(_TRIES if senders else 0):
        event_type = _weighted(chance, {each: _TYPES.get(each, _ANOTHER_TYPE) for each in senders})
        event = _event(chance, network, templates[event_type], chance.choice(senders[event_type]))
        message = _read(event, network, sent_at, chance)
        if _is_for_somebody(message, network):
            return message
    raise NobodyReachedError(network.version, _TRIES)


def _templates(morning: datetime) -> dict[str, Event]:
    found = {}
    for name, event_type in load_catalogue().types.items():
        example = freshened(parse_json(_example(event_type)), morning)
        if isinstance(example, dict):
            found[name] = example
    return found


def _example(event_type: EventType) -> str:
    major = event_type.version.partition(".")[0]
    folder = files("natcbus.contract") / "events" / event_type.name / f"v{major}"
    return (folder / "example.json").read_text("utf-8")


def _senders(network: Network, types: Mapping[str, object]) -> dict[str, list[Desk]]:
    """The desks that may publish and deal with each event type; types that have none left out."""
    policy = network.policy
    found = {
        event_type: [
            desk
            for desk in network.desks.values()
            if event_type in policy.publishes[network.members[desk.member].tier]
            and desk.organisation in policy.competence[event_type]
            and (event_type not in _PURPOSES or desk.purposes & _PURPOSES[event_type].keys())
        ]
        for event_type in types
    }
    return {event_type: desks for event_type, desks in found.items() if desks}


def _event(chance: random.Random, network: Network, template: Event, sender: Desk) -> Event:
    event = deepcopy(template)
    header = event["header"]
    header["from"] = sender.id
    header["urgency"] = _weighted(chance, _URGENCIES)
    header["status"] = _weighted(chance, _STATUSES)
    header["purpose"] = _purpose(chance, event["type"], sender)
    header["handling"]["tlp"] = _weighted(chance, _LEVELS)
    header["legal_basis"]["regime"] = sender.regime
    country = network.members[sender.member].country or _some_country(chance, network)
    if event["type"] in _PLACES:
        _PLACES[event["type"]](chance, network, event["open"], country)
    row = row_for(network.policy.roles[event["type"]], header["urgency"])
    header["addressing"] = _addressing(chance, network, row, event, country)
    return event


def _purpose(chance: random.Random, event_type: str, sender: Desk) -> str:
    usual = _PURPOSES.get(event_type, {})
    own = {purpose: weight for purpose, weight in usual.items() if purpose in sender.purposes}
    return _weighted(chance, own or dict.fromkeys(sorted(sender.purposes), 1))


def _person_missing(
    chance: random.Random, network: Network, open_part: Event, country: str
) -> None:
    here = country if chance.random() < 0.8 else _next_to(chance, network, country)  # noqa: PLR2004
    heading = {_next_to(chance, network, here) for _ in range(chance.choice([0, 1, 1, 2]))}
    if chance.random() < 0.3:  # noqa: PLR2004
        heading.add(_some_country(chance, network))
    open_part["last_seen"] |= {"country": here, "subdivision": None, "border_point": None}
    open_part["likely_heading"] = [
        {"country": each, "certainty": "POSSIBLE", "reason": "ROUTE_OBSERVED"}
        for each in sorted(heading - {here})
    ]


def _advertisement(chance: random.Random, network: Network, open_part: Event, country: str) -> None:
    targeted = {country} | {_some_country(chance, network) for _ in range(chance.choice([0, 1, 2]))}
    open_part["targeted"] = sorted(targeted)
    open_part["destination"] = [_some_country(chance, network)]


_PLACES: Final[Mapping[str, Callable[[random.Random, Network, Event, str], None]]] = {
    "missing_person": _person_missing,
    "recruitment_ad": _advertisement,
}
"""How the open parts of an event type say where it happens."""


def _addressing(
    chance: random.Random, network: Network, row: RoleRow | None, event: Event, country: str
) -> Event:
    usable = sorted(row.roles) if row is not None else []
    roles = chance.sample(usable, min(len(usable), chance.choice([1, 2, 2, 3])))
    filled = _filled(event)
    countries = [
        {"code": _some_country(chance, network), "role": role}
        for role in roles
        if role not in filled and role != CountryRole.CORRIDOR
    ]
    topics = []
    if row is not None and row.topics is not None and chance.random() < 0.2:  # noqa: PLR2004
        topics = [chance.choice(sorted(network.desks_by_topic))]
    needed = event["header"]["handling"]["tlp"] == "RED" or not roles
    named = chance.choice([1, 2, 3, 4] if needed else [0, 0, 0, 1])
    competent = network.policy.competence[event["type"]]
    able = [desk.id for desk in network.desks.values() if desk.organisation in competent]
    desks = chance.sample(sorted(able), min(named, len(able)))
    corridors = [
        name
        for name, corridor in sorted(network.policy.corridors.items())
        if CountryRole.CORRIDOR in roles and country in corridor.countries
    ]
    return {
        "desks": desks,
        "roles": roles,
        "countries": countries,
        "topics": topics,
        **({"corridors": corridors} if corridors else {}),
    }


def _filled(event: Event) -> set[str]:
    """The roles whose countries the open part gives."""
    open_part = event["open"]
    given = {CountryRole.ADJACENT} if "last_seen" in open_part else set()
    for role, field in (
        (CountryRole.LAST_SEEN, "last_seen"),
        (CountryRole.HEADING, "likely_heading"),
        (CountryRole.ORIGIN, "targeted"),
        (CountryRole.DESTINATION, "destination"),
    ):
        if open_part.get(field):
            given.add(role)
    return {str(each) for each in given}


def _read(event: Event, network: Network, sent_at: datetime, chance: random.Random) -> Message:
    defaults = Defaults(
        message_id=new_message_id(sent_at, chance.randbytes(ENTROPY_BYTES)),
        thread_uuid=new_message_id(sent_at, chance.randbytes(ENTROPY_BYTES)),
        sent_at=sent_at,
        lifetimes=network.policy.lifetimes,
    )
    read = read_event(event, load_catalogue(), defaults)
    name = read.header.message_id
    return Message(name, read.type.name, read.header, read.open, frozenset(read.sealed))


def _is_for_somebody(message: Message, network: Network) -> bool:
    asked = (message.type, message.header, message.open)
    if addressing_problems(*asked, network):
        return False
    return nobody_problem(decide(*asked, message.present, network)) is None


def _next_to(chance: random.Random, network: Network, country: str) -> str:
    beside = sorted(network.neighbours.get(country, ()) & network.desks_by_country.keys())
    return chance.choice(beside) if beside else _some_country(chance, network)


def _some_country(chance: random.Random, network: Network) -> str:
    return chance.choice(sorted(network.desks_by_country))


def _weighted(chance: random.Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
