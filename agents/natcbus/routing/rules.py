"""The rules that keep a message, or a part of it, from a desk: each with who can change that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from natcbus.routing.decision import Withheld
from natcbus.routing.gates import Refusal

PUBLISHER: Final = "publisher"
SECRETARIAT: Final = "secretariat"
PROVIDER: Final = "provider"
DPO: Final = "data-protection officer"
COORDINATOR: Final = "coordinator"
RECIPIENT: Final = "recipient"
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that keeps something from a desk.

    Attributes
    ----------
    number
        The rule's number in the network's list of reason codes; empty for a rule of the engine
        itself.
    says
        What an officer is told, with ``{words}`` of the message and the desk.
    may_fix
        Who can change it, one of the words above.
    fix
        What that party would change.
    """

    number: str
    says: str
    may_fix: str
    fix: str


RULES: Final[Mapping[str, Rule]] = {
    Refusal.NOT_CANDIDATE: Rule(
        "R01",
        "no name, country role, topic or earlier message points at this desk",
        PUBLISHER,
        "address it",
    ),
    Refusal.EXCLUDED_BY_SENDER: Rule(
        "R02",
        "the sender excluded this desk or all of {member}",
        PUBLISHER,
        "take it out of addressing.exclude",
    ),
    Refusal.CONFLICT_OF_INTEREST: Rule(
        "R17",
        "the case itself concerns this desk or {member}",
        COORDINATOR,
        "find that there is no conflict; the publisher then takes it out of conflicts",
    ),
    Refusal.OWN_DESK: Rule(
        "", "this desk sent the message itself", NOBODY, "nothing: it has the message"
    ),
    Refusal.UNKNOWN_CODE_FAIL_CLOSED: Rule(
        "R21",
        "the kind of message is unknown to this version, so it goes to nobody",
        PUBLISHER,
        "use a kind that the Network's version knows",
    ),
    Refusal.SUSPENDED: Rule(
        "R15",
        "this desk or all of {member} is suspended",
        SECRETARIAT,
        "end the suspension",
    ),
    Refusal.PARTNER_NO_BACKFLOW: Rule(
        "",
        "a partner gets only what names it or what is TLP:CLEAR",
        PUBLISHER,
        "name the desk in addressing.desks, or publish as TLP:CLEAR",
    ),
    Refusal.STATUS_ISOLATION: Rule(
        "R12",
        "this desk is not enrolled for {status} messages",
        SECRETARIAT,
        "enrol the desk for the status",
    ),
    Refusal.TLP_RED_NOT_NAMED: Rule(
        "R03",
        "TLP:RED goes to named desks only, and this desk is not named",
        PUBLISHER,
        "name the desk in addressing.desks",
    ),
    Refusal.TLP_SCOPE: Rule(
        "R04",
        "{tlp} does not cover {organisation} desks of {member}, and this desk is not named",
        PUBLISHER,
        "name the desk in addressing.desks, or choose a TLP level that covers it",
    ),
    Refusal.H2_NO_PROVIDER_CONSENT: Rule(
        "R05",
        "the data is under Europol code H2, and {provider} has not allowed that it goes on to "
        "{member}",
        PROVIDER,
        "name the desk in addressing.desks, or give its country a role in the case",
    ),
    Refusal.NO_TRANSFER_BASIS: Rule(
        "R07",
        "no agreement covers a transfer from {provider} to a desk of {member} under {regime}",
        DPO,
        "conclude an agreement that covers it, and enter it in the network's agreements",
    ),
    Refusal.CLEARANCE: Rule(
        "R11",
        "the message demands the clearance {clearance}, and this desk has {cleared}",
        SECRETARIAT,
        "clear the desk for it",
    ),
    Refusal.SCHEMA_UNSUPPORTED: Rule(
        "R19",
        "the message is written in version {version}, and this desk reads {majors}",
        RECIPIENT,
        "update its system, and have the secretariat enter the version",
    ),
    Refusal.PURPOSE_MISMATCH: Rule(
        "R06",
        "this {organisation} desk is not accredited for the purpose {purpose}",
        SECRETARIAT,
        "accredit the desk and its type of organisation for the purpose",
    ),
    Refusal.COMPETENCE: Rule(
        "R10",
        "{organisation} desks have no competence for {event}",
        SECRETARIAT,
        "add the type of organisation to the competence table",
    ),
}
"""Every rule that can refuse a desk, by its code."""

WITHHOLDING: Final[Mapping[str, Rule]] = {
    Withheld.AUDIENCE: Rule(
        "",
        "the audience table of {event} does not give it to {organisation} desks",
        SECRETARIAT,
        "propose another audience table: it is part of the contract that every member agreed to",
    ),
    Withheld.FIELD_MASKED_PII: Rule(
        "R16",
        "a person's safety depends on what it holds (class P5), and this desk is not named",
        PUBLISHER,
        "name the desk in addressing.desks",
    ),
    Withheld.SMALL_CELL: Rule(
        "R18",
        "a count in it is below {small_cell} and may point at a person, and this desk is not named",
        PUBLISHER,
        "name the desk in addressing.desks, if it needs the counts for its work",
    ),
    Withheld.REACH: Rule(
        "",
        "the reasons for which this desk was chosen do not reach that far",
        PUBLISHER,
        "name the desk in addressing.desks",
    ),
    Withheld.PURPOSE_REACH: Rule(
        "R06",
        "the purpose {purpose} does not give it to {organisation} desks",
        SECRETARIAT,
        "widen the purpose's row for the type of organisation",
    ),
}
"""Every rule that can keep a compartment ("it") from a desk that gets the message, by its code."""
