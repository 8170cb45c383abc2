"""What stands in the way of a desk that a message points at: the gates, in the order of the sheet.

Each gate is a question that is answered with yes when the desk must not have the message. All must
say no; the first that says yes is the code of the denial.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, date
from typing import Final

from tests.support.oracle_book import Party, Yaml
from tests.support.oracle_question import Question
from tests.support.oracle_reasons import Pointer

CLEARANCES: Final = ("NONE", "RESTRICTED", "CONFIDENTIAL", "SECRET")
TLP_LEVELS: Final = ("AMBER_STRICT", "AMBER", "GREEN", "CLEAR")


def objections(question: Question, party: Party, because: list[Pointer]) -> tuple[str, ...]:
    """The code of every gate that says no, in order."""
    return tuple(code for code, refuses in GATES if refuses(question, party, because))


def excluded_by_sender(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R02: the sender excluded the desk or its whole member."""
    return _lists(question.header.addressing.exclude, party)


def conflict_of_interest(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R17: the case concerns the desk or its member; being named does not help."""
    return _lists(question.header.conflicts, party)


def own_desk(question: Question, party: Party, _: list[Pointer]) -> bool:
    """The sending desk does not hear its own echo."""
    return party.id == question.header.from_


def unknown_code(question: Question, _: Party, __: list[Pointer]) -> bool:
    """R21: a kind of message that nobody here knows is given to nobody."""
    return question.header.kind == "UNKNOWN"


def suspended(_: Question, party: Party, __: list[Pointer]) -> bool:
    """R15: the member or the desk is suspended."""
    return bool(party.of.get("suspended") or party.desk.get("suspended"))


def partner_backflow(question: Question, party: Party, _: list[Pointer]) -> bool:
    """A partner gets what names it or what is for everybody."""
    if party.of["tier"] != "PARTNER":
        return False
    return not question.names(party.id) and question.header.handling.tlp != "CLEAR"


def status_isolation(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R12: exercises and tests reach the desks that are enrolled for them."""
    return question.header.status not in party.desk["statuses"]


def tlp_red(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R03: RED goes to named desks alone."""
    return question.header.handling.tlp == "RED" and not question.names(party.id)


def tlp_scope(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R04: the table says which tiers and organisation types a level covers; named desks pass.

    A restriction never adds a recipient: whoever a more open level leaves out stays out.
    """
    level = question.header.handling.tlp
    if level == "RED" or question.names(party.id):
        return False
    more_open = TLP_LEVELS[TLP_LEVELS.index(level) :]
    return not all(_tlp_covers(question, each, party) for each in more_open)


def _tlp_covers(question: Question, level: str, party: Party) -> bool:
    covered = question.book.section("tlp")[level].get(party.of["tier"], [])
    return covered == "ALL" or party.desk["organisation"] in covered


def no_provider_consent(question: Question, party: Party, because: list[Pointer]) -> bool:
    """R05: under H2 the provider must allow each further recipient.

    Named desks, the provider's own, and those whose country the sender put in a role are such.
    Neighbours, corridors, derived headings, topics and earlier messages are not enough.
    """
    if "H2" not in question.header.handling.europol:
        return False
    if question.names(party.id) or party.member == question.sending_member:
        return False
    return not any(pointer.direct for pointer in because)


def no_transfer_basis(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R07: between two members an agreement must cover the transfer, on the day it was sent."""
    if party.member == question.sending_member or question.header.handling.tlp == "CLEAR":
        return False
    agreements = question.book.section("agreements")
    return not any(_covers(question, party, agreement) for agreement in agreements)


def clearance(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R11: the desk holds less than the message asks for."""
    held = CLEARANCES.index(party.desk.get("clearance", "NONE"))
    return held < CLEARANCES.index(question.header.clearance)


def schema_unsupported(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R19: the desk does not read this major version; nor does anybody read a garbled one."""
    version = re.fullmatch(r"([1-9][0-9]*)\.[0-9]+", question.header.version)
    return version is None or int(version[1]) not in party.desk.get("majors", [1])


def purpose_mismatch(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R06: the purpose admits the organisation type, and the desk is accredited for it."""
    purpose = question.header.purpose
    row = question.book.section("purposes").get(purpose, {})
    return party.desk["organisation"] not in row or purpose not in party.desk["purposes"]


def competence(question: Question, party: Party, _: list[Pointer]) -> bool:
    """R10: the organisation type deals with such events."""
    table = question.book.section("competence")
    return party.desk["organisation"] not in table.get(question.message_type, [])


def _lists(parties: Collection[str], party: Party) -> bool:
    """Whether a list of desks and members speaks of this desk."""
    return party.id in parties or party.member in parties


def _covers(question: Question, party: Party, agreement: Yaml) -> bool:
    """Whether an agreement covers a transfer of this message to this desk."""
    groups = question.book.section("groups")
    return (
        _is_in(question.sending_member, agreement["from"], groups)
        and _is_in(party.member, agreement["to"], groups)
        and party.desk["regime"] in agreement["regimes"]
        and _in_force(agreement, question.header.sent_at.astimezone(UTC).date())
        and (bool(agreement.get("crossing")) or not _crosses(question, party))
    )


def _is_in(member: str, members_or_groups: list[str], groups: Yaml) -> bool:
    return any(member == each or member in groups.get(each, []) for each in members_or_groups)


def _in_force(agreement: Yaml, day: date) -> bool:
    until = agreement.get("until")
    return until is None or date.fromisoformat(str(until)) >= day


def _crosses(question: Question, party: Party) -> bool:
    """From the law of criminal proceedings (LED) to that of everybody else (GDPR)."""
    return question.header.legal_basis.regime == "LED" and party.desk["regime"] == "GDPR"


Gate = Callable[[Question, Party, list[Pointer]], bool]

GATES: Final[tuple[tuple[str, Gate], ...]] = (
    ("EXCLUDED_BY_SENDER", excluded_by_sender),
    ("CONFLICT_OF_INTEREST", conflict_of_interest),
    ("OWN_DESK", own_desk),
    ("UNKNOWN_CODE_FAIL_CLOSED", unknown_code),
    ("SUSPENDED", suspended),
    ("PARTNER_NO_BACKFLOW", partner_backflow),
    ("STATUS_ISOLATION", status_isolation),
    ("TLP_RED_NOT_NAMED", tlp_red),
    ("TLP_SCOPE", tlp_scope),
    ("H2_NO_PROVIDER_CONSENT", no_provider_consent),
    ("NO_TRANSFER_BASIS", no_transfer_basis),
    ("CLEARANCE", clearance),
    ("SCHEMA_UNSUPPORTED", schema_unsupported),
    ("PURPOSE_MISMATCH", purpose_mismatch),
    ("COMPETENCE", competence),
)
