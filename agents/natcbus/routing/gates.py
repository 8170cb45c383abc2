"""What can say no to a candidate: every gate must let it pass; the first that does not is told.

The order is that of ``GATES``. A desk that was named passes the gate of the Traffic Light Protocol,
and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from natcbus.contract.types.core import Header, Kind, Tlp
from natcbus.routing.candidates import Candidate
from natcbus.routing.network import Desk, Member, Network, Policy, Reach, Tier, TlpScope


class Refusal(StrEnum):
    """Why a desk does not get a message; the codes are those of the rules in ``reasons.RULES``."""

    NOT_CANDIDATE = "NOT_CANDIDATE"
    EXCLUDED_BY_SENDER = "EXCLUDED_BY_SENDER"
    OWN_DESK = "OWN_DESK"
    UNKNOWN_CODE_FAIL_CLOSED = "UNKNOWN_CODE_FAIL_CLOSED"
    PARTNER_NO_BACKFLOW = "PARTNER_NO_BACKFLOW"
    STATUS_ISOLATION = "STATUS_ISOLATION"
    TLP_RED_NOT_NAMED = "TLP_RED_NOT_NAMED"
    TLP_SCOPE = "TLP_SCOPE"
    PURPOSE_MISMATCH = "PURPOSE_MISMATCH"
    COMPETENCE = "COMPETENCE"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the header and the policy demand of every candidate of one message.

    Attributes
    ----------
    covered
        Tier -> organisation types that the message's TLP level covers (None: any). What a looser
        level does not cover, a stricter one does not either, whatever the table says.
    purposes
        Organisation type -> reach, for the message's purpose.
    competent
        Organisation types that may deal with the event type.
    """

    sender: str
    excluded: frozenset[str]
    readable: bool
    status: str
    tlp: Tlp
    covered: Mapping[Tier, frozenset[str] | None]
    purpose: str
    purposes: Mapping[str, Reach]
    competent: frozenset[str]
    members: Mapping[str, Member]


_LOOSENING: Final = (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)
_NOBODY: Final[frozenset[str]] = frozenset()
_NO_SCOPE: Final = TlpScope({})


def conditions(message_type: str, header: Header, network: Network) -> Conditions:
    """The conditions of one message; without policy or audience nobody is competent for it."""
    policy = network.policy
    tlp = header.handling.tlp
    known = message_type in network.audiences
    return Conditions(
        sender=header.from_,
        excluded=frozenset(header.addressing.exclude),
        readable=header.kind is not Kind.UNKNOWN,
        status=header.status,
        tlp=tlp,
        covered=_covered(tlp, policy),
        purpose=header.purpose,
        purposes=policy.purposes.get(header.purpose, {}),
        competent=policy.competence.get(message_type, _NOBODY) if known else _NOBODY,
        members=network.members,
    )


def first_refusal(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The code of the first gate that says no, or None."""
    for gate in GATES:
        refusal = gate(candidate, demanded)
        if refusal is not None:
            return refusal
    return None


def every_refusal(candidate: Candidate, demanded: Conditions) -> tuple[Refusal, ...]:
    """The codes of all gates that say no, in their order."""
    refusals = (gate(candidate, demanded) for gate in GATES)
    return tuple(refusal for refusal in refusals if refusal is not None)


def _exclusion(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The sender can exclude a desk, or a whole member."""
    desk = candidate.desk
    if desk.id in demanded.excluded or desk.member in demanded.excluded:
        return Refusal.EXCLUDED_BY_SENDER
    return None


def _own_desk(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """No echo to the sending desk; other desks of its member are candidates like any."""
    return Refusal.OWN_DESK if candidate.desk.id == demanded.sender else None


def _readable(_: Candidate, demanded: Conditions) -> Refusal | None:
    """A kind of message that this version does not know goes to nobody."""
    return None if demanded.readable else Refusal.UNKNOWN_CODE_FAIL_CLOSED


def _partner(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """Partners give tips; what flows back is what names them, or what is public."""
    if (
        candidate.named
        or demanded.tlp is Tlp.CLEAR
        or _tier(candidate.desk, demanded) is not Tier.PARTNER
    ):
        return None
    return Refusal.PARTNER_NO_BACKFLOW


def _status(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """EXERCISE and TEST go to desks that are enrolled for them, ACTUAL to desks on duty."""
    return None if demanded.status in candidate.desk.statuses else Refusal.STATUS_ISOLATION


def _tlp(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """TLP 2.0 (FIRST) binds what was not sent by name; RED is for named desks only."""
    if candidate.named:
        return None
    if demanded.tlp is Tlp.RED:
        return Refusal.TLP_RED_NOT_NAMED
    organisations = demanded.covered.get(_tier(candidate.desk, demanded), _NOBODY)
    within = organisations is None or candidate.desk.organisation in organisations
    return None if within else Refusal.TLP_SCOPE


def _purpose(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """Purpose limitation (Directive (EU) 2016/680 Art. 4(1)(b)), by type and by this very desk."""
    desk = candidate.desk
    if desk.organisation in demanded.purposes and demanded.purpose in desk.purposes:
        return None
    return Refusal.PURPOSE_MISMATCH


def _competence(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The type of organisation must be competent for the event type."""
    return None if candidate.desk.organisation in demanded.competent else Refusal.COMPETENCE


def _tier(desk: Desk, demanded: Conditions) -> Tier:
    member = demanded.members.get(desk.member)
    return member.tier if member is not None else Tier.PARTNER


def _covered(tlp: Tlp, policy: Policy) -> Mapping[Tier, frozenset[str] | None]:
    scopes = [policy.tlp.get(level, _NO_SCOPE) for level in _LOOSENING[_LOOSENING.index(tlp) :]]
    covered: dict[Tier, frozenset[str] | None] = {}
    for tier in scopes[0].tiers:
        if all(tier in scope.tiers for scope in scopes):
            limits = [scope.tiers[tier] for scope in scopes]
            named = [limit for limit in limits if limit is not None]
            covered[tier] = frozenset.intersection(*named) if named else None
    return covered


Gate = Callable[[Candidate, Conditions], Refusal | None]

GATES: Final[tuple[Gate, ...]] = (
    _exclusion,
    _own_desk,
    _readable,
    _partner,
    _status,
    _tlp,
    _purpose,
    _competence,
)
"""Every gate, in the order in which they are asked."""
