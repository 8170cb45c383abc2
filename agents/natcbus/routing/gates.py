"""What can say no to a candidate: every gate must let it pass; the first that does not is told.

The order is that of ``GATES``. A desk that was named passes the gates of the Traffic Light Protocol
and of the provider's consent, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from natcbus.contract.formats import FORMATS
from natcbus.contract.types.core import Clearance, EuropolCode, Header, Kind, Tlp
from natcbus.routing.candidates import Candidate
from natcbus.routing.network import Desk, Member, Network, Policy, Reach, Tier, TlpScope
from natcbus.routing.transfers import covering


class Refusal(StrEnum):
    """Why a desk does not get a message; the codes are those of the rules in ``rules.RULES``."""

    NOT_CANDIDATE = "NOT_CANDIDATE"
    EXCLUDED_BY_SENDER = "EXCLUDED_BY_SENDER"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    OWN_DESK = "OWN_DESK"
    UNKNOWN_CODE_FAIL_CLOSED = "UNKNOWN_CODE_FAIL_CLOSED"
    SUSPENDED = "SUSPENDED"
    PARTNER_NO_BACKFLOW = "PARTNER_NO_BACKFLOW"
    STATUS_ISOLATION = "STATUS_ISOLATION"
    TLP_RED_NOT_NAMED = "TLP_RED_NOT_NAMED"
    TLP_SCOPE = "TLP_SCOPE"
    H2_NO_PROVIDER_CONSENT = "H2_NO_PROVIDER_CONSENT"
    NO_TRANSFER_BASIS = "NO_TRANSFER_BASIS"
    CLEARANCE = "CLEARANCE"
    SCHEMA_UNSUPPORTED = "SCHEMA_UNSUPPORTED"
    PURPOSE_MISMATCH = "PURPOSE_MISMATCH"
    COMPETENCE = "COMPETENCE"


@dataclass(slots=True)
class Conditions:
    """What the header and the policy demand of every candidate of one message.

    Attributes
    ----------
    covered
        Tier -> organisation types that the message's TLP level covers (None: any). What a looser
        level does not cover, a stricter one does not either, whatever the table says.
    needs_consent
        Whether the provider must allow every further recipient (Europol's H2).
    transfers
        Regime of the receiving desk -> the sets of members that may receive from the sender; None
        for what is public.
    cleared
        The clearances that are high enough.
    major
        The major version of the event type; None where the header does not say one.
    purposes
        Organisation type -> reach, for the message's purpose.
    competent
        Organisation types that may deal with the event type.
    asked
        The gates that can say no to anybody at all under these conditions, in their order.
    """

    sender: str
    sending_member: str
    excluded: frozenset[str]
    conflicts: frozenset[str]
    readable: bool
    status: str
    tlp: Tlp
    covered: Mapping[Tier, frozenset[str] | None]
    needs_consent: bool
    transfers: Mapping[str, tuple[frozenset[str], ...]] | None
    cleared: frozenset[Clearance]
    major: int | None
    purpose: str
    purposes: Mapping[str, Reach]
    competent: frozenset[str]
    members: Mapping[str, Member]
    asked: tuple[Gate, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Leave out the gates that would let everybody pass."""
        self.asked = tuple(gate for gate, matters in GATES if matters(self))


_LOOSENING: Final = (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)
_LOWERING: Final = (
    Clearance.SECRET,
    Clearance.CONFIDENTIAL,
    Clearance.RESTRICTED,
    Clearance.NONE,
)
_NOBODY: Final[frozenset[str]] = frozenset()
_NO_SCOPE: Final = TlpScope({})


def conditions(message_type: str, header: Header, network: Network) -> Conditions:
    """The conditions of one message; without policy or audience nobody is competent for it."""
    policy = network.policy
    handling = header.handling
    known = message_type in network.audiences
    sending_member = header.from_.partition(".")[0]
    return Conditions(
        sender=header.from_,
        sending_member=sending_member,
        excluded=frozenset(header.addressing.exclude),
        conflicts=frozenset(header.conflicts),
        readable=header.kind is not Kind.UNKNOWN,
        status=header.status,
        tlp=handling.tlp,
        covered=_covered(handling.tlp, policy),
        needs_consent=EuropolCode.H2 in handling.europol,
        transfers=None
        if handling.tlp is Tlp.CLEAR
        else covering(
            network.transfers.get(sending_member, ()), header.legal_basis.regime, header.sent_at
        ),
        cleared=frozenset(_LOWERING[: _LOWERING.index(header.clearance) + 1]),
        major=_major(header.version),
        purpose=header.purpose,
        purposes=policy.purposes.get(header.purpose, {}),
        competent=policy.competence.get(message_type, _NOBODY) if known else _NOBODY,
        members=network.members,
    )


def first_refusal(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The code of the first gate that says no, or None."""
    for gate in demanded.asked:
        refusal = gate(candidate, demanded)
        if refusal is not None:
            return refusal
    return None


def every_refusal(candidate: Candidate, demanded: Conditions) -> tuple[Refusal, ...]:
    """The codes of all gates that say no, in their order."""
    refusals = (gate(candidate, demanded) for gate in demanded.asked)
    return tuple(refusal for refusal in refusals if refusal is not None)


def _exclusion(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The sender can exclude a desk, or a whole member."""
    desk = candidate.desk
    if desk.id in demanded.excluded or desk.member in demanded.excluded:
        return Refusal.EXCLUDED_BY_SENDER
    return None


def _conflict(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """Whom the case itself concerns must not have it, whoever named them."""
    desk = candidate.desk
    if desk.id in demanded.conflicts or desk.member in demanded.conflicts:
        return Refusal.CONFLICT_OF_INTEREST
    return None


def _own_desk(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """No echo to the sending desk; other desks of its member are candidates like any."""
    return Refusal.OWN_DESK if candidate.desk.id == demanded.sender else None


def _readable(_: Candidate, demanded: Conditions) -> Refusal | None:
    """A kind of message that this version does not know goes to nobody."""
    return None if demanded.readable else Refusal.UNKNOWN_CODE_FAIL_CLOSED


def _suspended(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The secretariat can suspend a desk, or a whole member."""
    desk = candidate.desk
    member = demanded.members.get(desk.member)
    suspended = desk.suspended or (member is not None and member.suspended)
    return Refusal.SUSPENDED if suspended else None


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


def _consent(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """Europol's H2: not to be disseminated without the provider's permission.

    The provider gives it by naming a desk, or by putting a country into a role of the case.
    """
    if (
        not demanded.needs_consent
        or candidate.named
        or candidate.direct
        or candidate.desk.member == demanded.sending_member
    ):
        return None
    return Refusal.H2_NO_PROVIDER_CONSENT


def _transfer(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """Between two members an agreement must cover the transfer, unless the message is public."""
    desk = candidate.desk
    if demanded.transfers is None or desk.member == demanded.sending_member:
        return None
    for receivers in demanded.transfers.get(desk.regime, ()):
        if desk.member in receivers:
            return None
    return Refusal.NO_TRANSFER_BASIS


def _clearance(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """The desk must be cleared for what the message demands."""
    return None if candidate.desk.clearance in demanded.cleared else Refusal.CLEARANCE


def _version(candidate: Candidate, demanded: Conditions) -> Refusal | None:
    """A desk must read this major version; a version that is none is read by nobody."""
    return None if demanded.major in candidate.desk.majors else Refusal.SCHEMA_UNSUPPORTED


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


def _major(version: str) -> int | None:
    if not FORMATS["version"].accepts(version):
        return None
    major, _ = version.split(".")
    return int(major)


def _always(_: Conditions) -> bool:
    return True


Gate = Callable[[Candidate, Conditions], Refusal | None]

GATES: Final[tuple[tuple[Gate, Callable[[Conditions], bool]], ...]] = (
    (_exclusion, lambda demanded: bool(demanded.excluded)),
    (_conflict, lambda demanded: bool(demanded.conflicts)),
    (_own_desk, _always),
    (_readable, lambda demanded: not demanded.readable),
    (_suspended, _always),
    (_partner, lambda demanded: demanded.tlp is not Tlp.CLEAR),
    (_status, _always),
    (_tlp, _always),
    (_consent, lambda demanded: demanded.needs_consent),
    (_transfer, lambda demanded: demanded.transfers is not None),
    (_clearance, lambda demanded: Clearance.NONE not in demanded.cleared),
    (_version, _always),
    (_purpose, _always),
    (_competence, _always),
)
"""Every gate, in the order in which they are asked, and under which conditions it can say no."""
