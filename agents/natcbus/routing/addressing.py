"""What is wrong with whom a message points at: said to its sender, and repeated at the hub.

An address that resolves to nobody is refused and never read as everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Addressing, CountryRole, Header, Kind
from natcbus.routing.candidates import role_row
from natcbus.routing.country_roles import BY_ROLE, countries_in_role, derived_heading
from natcbus.routing.crossings import border_problems
from natcbus.routing.decision import Decision
from natcbus.routing.nearest import closest, did_you_mean
from natcbus.routing.network import Network, RoleRow

_ADDRESSING: Final = "/header/addressing"
_TAKES_BACK: Final = frozenset({Kind.CANCEL, Kind.RECALL})
"""What also a suspended member may say."""


def addressing_problems(
    message_type: str, header: Header, open_part: Mapping[str, object], network: Network
) -> list[Problem]:
    """Everything that is wrong with sender, purpose and addressing under this network, sorted.

    Codes: UNKNOWN_SENDER_DESK, SENDER_SUSPENDED, TIER_MAY_NOT_PUBLISH, PURPOSE_UNKNOWN,
    EMPTY_ADDRESSING, UNKNOWN_DESK, UNKNOWN_EXCLUDE, UNKNOWN_CONFLICT, ROLE_NOT_IN_MATRIX,
    ROLE_WITHOUT_COUNTRY, COUNTRY_ROLE_NOT_LISTED, COUNTRY_WITHOUT_MEMBER, UNKNOWN_CORRIDOR,
    CORRIDOR_ROLE_NOT_LISTED, TOPICS_NOT_IN_MATRIX, UNKNOWN_TOPIC, and those of
    ``crossings.border_problems``.
    """
    addressing = header.addressing
    row = role_row(message_type, header, network)
    return sorted(
        [
            *_sender(message_type, header, network),
            *_purpose(header, network),
            *_emptiness(addressing),
            *_desks(addressing, network),
            *_exclusions(header, network),
            *_roles(message_type, header, open_part, row, network),
            *_countries(addressing, network),
            *_corridors(addressing, network),
            *_topics(message_type, addressing, row, network),
            *border_problems(open_part, network),
        ]
    )


def nobody_problem(decision: Decision) -> Problem | None:
    """The problem of a message that no desk would get, or None: such a message is not published."""
    if decision.deliveries:
        return None
    refused = Counter(denial.code for denial in decision.denials)
    if not refused:
        text = "no desk would get this message: name a desk, or add a country role or a topic"
    else:
        counts = ", ".join(f"{code} {count}" for code, count in sorted(refused.items()))
        text = (
            f"no desk would get this message, each candidate is refused ({counts}): "
            "`natcbus preview` says why"
        )
    return Problem(_ADDRESSING, "NOBODY", text)


def _sender(message_type: str, header: Header, network: Network) -> Iterator[Problem]:
    desk = network.desks.get(header.from_)
    member = network.members.get(desk.member) if desk is not None else None
    if member is None:
        text = f"{header.from_} is no desk of this network: {did_you_mean(header.from_, network)}"
        yield Problem("/header/from", "UNKNOWN_SENDER_DESK", text)
        return
    if header.kind not in _TAKES_BACK and (
        member.suspended or network.desks[header.from_].suspended
    ):
        text = f"{header.from_} or {member.name} is suspended: ask the secretariat"
        yield Problem("/header/from", "SENDER_SUSPENDED", text)
    if message_type not in network.policy.publishes.get(member.tier, frozenset()):
        text = (
            f"{member.name} is {member.tier} and may not publish {message_type}: "
            "ask the secretariat for the right"
        )
        yield Problem("/type", "TIER_MAY_NOT_PUBLISH", text)


def _purpose(header: Header, network: Network) -> Iterator[Problem]:
    if header.purpose not in network.policy.purposes:
        known = ", ".join(sorted(network.policy.purposes))
        text = f"the network's policy knows no purpose {header.purpose}: choose one of {known}"
        yield Problem("/header/purpose", "PURPOSE_UNKNOWN", text)


def _emptiness(addressing: Addressing) -> Iterator[Problem]:
    if addressing.only and not addressing.desks:
        text = "`only` keeps the named desks alone and none is named: name one, or set it to false"
        yield Problem(_ADDRESSING, "EMPTY_ADDRESSING", text)
    elif not (addressing.desks or addressing.roles or addressing.topics):
        text = "points at nobody, which never means everybody: name desks, country roles or topics"
        yield Problem(_ADDRESSING, "EMPTY_ADDRESSING", text)


def _desks(addressing: Addressing, network: Network) -> Iterator[Problem]:
    for index, desk in enumerate(addressing.desks):
        if desk not in network.desks:
            text = f"there is no desk {desk}: {did_you_mean(desk, network)}"
            yield Problem(f"{_ADDRESSING}/desks/{index}", "UNKNOWN_DESK", text)


def _exclusions(header: Header, network: Network) -> Iterator[Problem]:
    named = (
        (f"{_ADDRESSING}/exclude", "UNKNOWN_EXCLUDE", header.addressing.exclude),
        ("/header/conflicts", "UNKNOWN_CONFLICT", header.conflicts),
    )
    for pointer, code, parties in named:
        for index, party in enumerate(parties):
            if party not in network.desks and party not in network.members:
                near = did_you_mean(party, network)
                text = f"there is no desk or member {party}, so this keeps it from nobody: {near}"
                yield Problem(f"{pointer}/{index}", code, text)


def _roles(
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    row: RoleRow | None,
    network: Network,
) -> Iterator[Problem]:
    for index, role in enumerate(header.addressing.roles):
        pointer = f"{_ADDRESSING}/roles/{index}"
        if row is None or role not in row.roles or role not in BY_ROLE:
            usable = ", ".join(sorted(row.roles)) if row is not None and row.roles else "none"
            text = (
                f"the policy gives {role} no reach for {message_type}, urgency {header.urgency}: "
                f"remove it (usable roles: {usable})"
            )
            yield Problem(pointer, "ROLE_NOT_IN_MATRIX", text)
        elif not _played(role, message_type, header, open_part, network):
            yield Problem(pointer, "ROLE_WITHOUT_COUNTRY", _fill(role, message_type, network))


def _played(
    role: CountryRole,
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
) -> bool:
    stated = countries_in_role(role, message_type, header.addressing, open_part, network)
    if stated or role is not CountryRole.HEADING:
        return bool(stated)
    return bool(derived_heading(message_type, header, open_part, network))


def _fill(role: CountryRole, message_type: str, network: Network) -> str:
    listing = f"add a country with the role {role} to addressing.countries"
    if role is CountryRole.NATIONALITY:
        return f"nationality is sealed, so the bus cannot read it: {listing}, or remove the role"
    if role is CountryRole.ADJACENT:
        return f"no neighbour of a last-seen country is known: {listing}, or remove the role"
    if role is CountryRole.CORRIDOR:
        return f"no route is named: name one in addressing.corridors, {listing}, or remove the role"
    audience = network.audiences.get(message_type)
    pointers = audience.country_roles.get(role) if audience is not None else None
    filling = f"fill {' or '.join(f'/open{pointer}' for pointer in pointers)}, " if pointers else ""
    return f"no country plays the role {role}: {filling}{listing}, or remove the role"


def _countries(addressing: Addressing, network: Network) -> Iterator[Problem]:
    for index, entry in enumerate(addressing.countries):
        pointer = f"{_ADDRESSING}/countries/{index}"
        if entry.role not in addressing.roles:
            text = f"{entry.role} is not in addressing.roles, so {entry.code} yields nobody: add it"
            yield Problem(f"{pointer}/role", "COUNTRY_ROLE_NOT_LISTED", text)
        if not network.desks_by_country.get(entry.code):
            text = f"no desk of this network is in {entry.code}: remove it, or name a desk instead"
            yield Problem(f"{pointer}/code", "COUNTRY_WITHOUT_MEMBER", text)


def _corridors(addressing: Addressing, network: Network) -> Iterator[Problem]:
    known = network.policy.corridors
    if addressing.corridors and CountryRole.CORRIDOR not in addressing.roles:
        text = "CORRIDOR is not in addressing.roles, so the corridors yield nobody: add it"
        yield Problem(f"{_ADDRESSING}/corridors", "CORRIDOR_ROLE_NOT_LISTED", text)
    for index, name in enumerate(addressing.corridors):
        if name not in known:
            near = closest(name, known)
            hint = f"did you mean {near}?" if near else "`natcbus network show` lists them"
            text = f"this network has no corridor {name}: {hint}"
            yield Problem(f"{_ADDRESSING}/corridors/{index}", "UNKNOWN_CORRIDOR", text)


def _topics(
    message_type: str, addressing: Addressing, row: RoleRow | None, network: Network
) -> Iterator[Problem]:
    if addressing.topics and (row is None or row.topics is None):
        text = f"the policy does not let topics choose desks for {message_type}: remove them"
        yield Problem(f"{_ADDRESSING}/topics", "TOPICS_NOT_IN_MATRIX", text)
    for index, topic in enumerate(addressing.topics):
        if not network.desks_by_topic.get(topic):
            near = closest(topic, network.desks_by_topic)
            hint = f"did you mean {near}?" if near else "`natcbus network show` lists the topics"
            yield Problem(
                f"{_ADDRESSING}/topics/{index}",
                "UNKNOWN_TOPIC",
                f"no desk works on {topic}: {hint}",
            )
