"""Why a desk does not get a message, and what would change that; for any desk of the directory.

The full answer is for the publisher, data-protection officers and auditors: that a message exists
is itself information, so the desk is not told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from natcbus.contract.types.core import CountryRole, Header
from natcbus.routing.candidates import Candidate, admits, candidates, role_row
from natcbus.routing.country_roles import countries_in_role
from natcbus.routing.decide import NO_PRIOR, decide
from natcbus.routing.decision import Delivery, Prior, Reason
from natcbus.routing.gates import Refusal, conditions, every_refusal
from natcbus.routing.nearest import nearest_desks
from natcbus.routing.network import Desk, Network, Reach
from natcbus.routing.places import country_of
from natcbus.routing.reasons import explain_denial, explain_withheld
from natcbus.routing.rules import RULES, WITHHOLDING, Rule


class Outcome(StrEnum):
    """What becomes of a desk."""

    RECEIVES = "RECEIVES"
    DENIED = "DENIED"
    NOT_CANDIDATE = "NOT_CANDIDATE"
    NO_SUCH_DESK = "NO_SUCH_DESK"


@dataclass(frozen=True, slots=True)
class Objection:
    """A gate that says no: its code and rule number, the sentence, who may change it and how."""

    code: str
    rule: str
    text: str
    may_fix: str
    fix: str


@dataclass(frozen=True, slots=True)
class Withholding:
    """A compartment that a desk does not open, and the rule that keeps it back."""

    compartment: str
    objection: Objection


@dataclass(frozen=True, slots=True)
class Address:
    """What would make the desk a candidate: where in the event, and what to add there."""

    pointer: str
    add: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer for one desk.

    Attributes
    ----------
    delivery
        What it gets, for RECEIVES.
    because
        Why it is a candidate, for RECEIVES and DENIED.
    objections
        For DENIED every gate that says no, the deciding one first. For NOT_CANDIDATE the same after
        NOT_CANDIDATE itself: what would stand in its way if it were addressed without being named.
    withheld
        For RECEIVES: what it does not open of the message.
    addresses
        For NOT_CANDIDATE: each alone would make it one.
    nearest
        For NO_SUCH_DESK: the desks that may have been meant.
    """

    desk: str
    outcome: Outcome
    delivery: Delivery | None = None
    because: tuple[Reason, ...] = ()
    objections: tuple[Objection, ...] = ()
    withheld: tuple[Withholding, ...] = ()
    addresses: tuple[Address, ...] = ()
    nearest: tuple[str, ...] = ()


def why_not(  # noqa: PLR0913, PLR0917 - one desk, and what decide takes
    desk_id: str,
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    present: Collection[str],
    network: Network,
    prior: Prior = NO_PRIOR,
) -> WhyNot:
    """Why ``desk_id`` does not get this message, or what it gets.

    The other parameters are those of ``decide``.
    """
    desk = network.desks.get(desk_id)
    if desk is None:
        return WhyNot(desk_id, Outcome.NO_SUCH_DESK, nearest=nearest_desks(desk_id, network))
    pointed_at = candidates(message_type, header, open_part, network, prior)
    candidate = next((each for each in pointed_at if each.desk.id == desk_id), None)
    supposed = candidate or Candidate(desk, (), Reach.NOTICE)
    refusals = every_refusal(supposed, conditions(message_type, header, network))
    if candidate is None:
        return WhyNot(
            desk_id,
            Outcome.NOT_CANDIDATE,
            objections=_objections((Refusal.NOT_CANDIDATE, *refusals), header, network, desk_id),
            addresses=tuple(_addresses(desk, message_type, header, open_part, network)),
        )
    if refusals:
        objections = _objections(refusals, header, network, desk_id)
        return WhyNot(desk_id, Outcome.DENIED, because=candidate.because, objections=objections)
    decision = decide(message_type, header, open_part, present, network, prior)
    delivery = next(each for each in decision.deliveries if each.desk == desk_id)
    return WhyNot(
        desk_id,
        Outcome.RECEIVES,
        delivery,
        candidate.because,
        withheld=_withheld(delivery, header, network),
    )


def _withheld(delivery: Delivery, header: Header, network: Network) -> tuple[Withholding, ...]:
    desk = delivery.desk
    return tuple(
        Withholding(
            name,
            _objection(code, WITHHOLDING[code], explain_withheld(code, network, desk, header)),
        )
        for name, code in delivery.withheld
    )


def _objections(
    refusals: tuple[Refusal, ...], header: Header, network: Network, desk: str
) -> tuple[Objection, ...]:
    return tuple(
        _objection(refusal, RULES[refusal], explain_denial(refusal, network, desk, header))
        for refusal in refusals
    )


def _objection(code: StrEnum, rule: Rule, text: str) -> Objection:
    return Objection(code.value, rule.number, text, rule.may_fix, rule.fix)


def _addresses(
    desk: Desk, message_type: str, header: Header, open_part: Mapping[str, object], network: Network
) -> Iterator[Address]:
    yield Address("/header/addressing/desks", desk.id)
    row = role_row(message_type, header, network)
    if header.addressing.only or row is None:
        return
    country = country_of(desk.id, network)
    for role in CountryRole:
        cell = row.roles.get(role)
        if country is not None and cell is not None and admits(cell, desk):
            yield from _by_role(role, country, message_type, header, open_part, network)
    if row.topics is not None and admits(row.topics, desk):
        for topic in sorted(desk.competences):
            yield Address("/header/addressing/topics", topic)


def _by_role(
    role: CountryRole,
    country: str,
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
) -> Iterator[Address]:
    addressing = header.addressing
    listed = role in addressing.roles
    if listed:
        yield Address("/header/addressing/countries", f"{country} as {role}")
    else:
        playing = countries_in_role(role, message_type, addressing, open_part, network)
        also = "" if country in playing else f", with {country} as {role} in addressing.countries"
        yield Address("/header/addressing/roles", f"{role}{also}")
    if role is CountryRole.CORRIDOR:
        also = "" if listed else f", with {role} in addressing.roles"
        for name, corridor in sorted(network.policy.corridors.items()):
            if country in corridor.countries and name not in addressing.corridors:
                yield Address("/header/addressing/corridors", f"{name}{also}")
