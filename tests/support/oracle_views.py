"""What a desk that gets a message may open (section 6 of the design, R16 and R18)."""

from __future__ import annotations

from tests.support.oracle_book import Party
from tests.support.oracle_question import Question
from tests.support.oracle_reasons import Pointer


def compartments(question: Question, party: Party, because: list[Pointer]) -> set[str]:
    """The compartments of the message that nothing withholds from the desk."""
    return {
        name for name in question.present if why_withheld(question, party, because, name) is None
    }


def withheld(
    question: Question, party: Party, because: list[Pointer]
) -> tuple[tuple[str, str], ...]:
    """Every compartment of the message that the desk does not open, and the first reason why."""
    return tuple(
        (name, code)
        for name in sorted(question.present)
        if (code := why_withheld(question, party, because, name)) is not None
    )


def why_withheld(question: Question, party: Party, because: list[Pointer], name: str) -> str | None:
    """The first rule that keeps this compartment from this desk."""
    if name not in _row_of(question, party):
        return "AUDIENCE"
    if name in question.audience["named_only"] and not question.names(party.id):
        return "FIELD_MASKED_PII"
    if name == "results" and small_cell(question) and not question.names(party.id):
        return "SMALL_CELL"
    if not any(name in pointer.opens for pointer in because):
        return "REACH"
    if not _purpose_reaches(question, party, name):
        return "PURPOSE_REACH"
    return None


def view(question: Question, opens: set[str]) -> str:
    """What people call it."""
    if not opens:
        return "notice"
    return "full" if opens == question.present else "reduced"


def small_cell(question: Question) -> bool:
    """R18: a count of a few persons can point at one of them; 0 says that none is sealed."""
    smallest = question.open_part.get("smallest_cell")
    least = question.book.sections.get("small_cell")
    if not isinstance(smallest, int) or not isinstance(least, int):
        return False
    return 0 < smallest < least


def _row_of(question: Question, party: Party) -> list[str]:
    row: list[str] = question.audience["compartments"].get(party.desk["organisation"], [])
    return row


def _purpose_reaches(question: Question, party: Party, name: str) -> bool:
    """The purpose's row narrows: F nothing, R to what a reduced view keeps, N to nothing at all."""
    row = question.book.section("purposes").get(question.header.purpose, {})
    reach = row.get(party.desk["organisation"])
    return reach == "F" or (reach == "R" and name in question.audience["reduced"])
