"""Why a message points at a desk (C.1 step 3, section 6 of the design)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.oracle_book import Party, Yaml
from tests.support.oracle_question import Question, at


@dataclass(frozen=True)
class Pointer:
    """One reason why a desk is pointed at, and the compartments that this reason would open.

    ``direct`` says that a country role brought it which the sender stated, as rule 9 asks.
    """

    code: str
    opens: frozenset[str]
    direct: bool = False


def pointers(question: Question, party: Party) -> list[Pointer]:
    """Every reason; none means that the desk has nothing to do with the message."""
    if question.header.addressing.only:  # being named stops the union
        return list(_named(question, party))
    return [
        *_named(question, party),
        *_country_roles(question, party),
        *_derived_heading(question, party),
        *_competence(question, party),
        *_prior(question, party),
    ]


def _named(question: Question, party: Party) -> Iterator[Pointer]:
    """A named desk may open everything that its organisation type may."""
    if question.names(party.id):
        yield Pointer("NAMED", question.present)


def _country_roles(question: Question, party: Party) -> Iterator[Pointer]:
    """The desks of a country that plays a role, as far as the role's cell in the matrix reaches."""
    for role in question.header.addressing.roles:
        reach = _reach_of_role(question, role, party)
        if reach is not None and party.of.get("country") in countries_in_role(question, role):
            direct = role not in ("ADJACENT", "CORRIDOR")
            yield Pointer(f"ROLE_{role}", _within(question, reach), direct)


def _derived_heading(question: Question, party: Party) -> Iterator[Pointer]:
    """Nobody knows where the person is heading, but a border is near: the other side looks out."""
    reach = _reach_of_role(question, "HEADING", party)
    if reach is not None and party.of.get("country") in derived_headings(question):
        at_most_reduced = "R" if reach == "F" else reach
        yield Pointer("ROLE_HEADING", _within(question, at_most_reduced))


def _competence(question: Question, party: Party) -> Iterator[Pointer]:
    """A desk with a competence among the topics that the sender asks for."""
    reach = _reach_of_topics(question, party)
    competences = party.desk.get("competences") or []
    if reach is not None and any(
        topic in competences for topic in question.header.addressing.topics
    ):
        yield Pointer("COMPETENCE", _within(question, reach))


def _prior(question: Question, party: Party) -> Iterator[Pointer]:
    """A desk that had an earlier message of the thread may open again what it could open then."""
    if party.id in question.prior:
        yield Pointer("PRIOR", question.prior[party.id])


def countries_in_role(question: Question, role: str) -> set[str]:
    """Countries that the open part puts in a role, and those that the addressing adds.

    Neighbours are those of the places where a person was last seen, which are not their own
    neighbours, also when there are two of them with a common border.
    """
    countries = {entry.code for entry in question.header.addressing.countries if entry.role == role}
    for pointer in question.audience["country_roles"].get(role, []):
        countries.update(str(found) for found in at(question.open_part, pointer))
    if role == "ADJACENT":
        places = countries_in_role(question, "LAST_SEEN")
        for place in places:
            neighbours = question.book.section("adjacency").get(place, [])
            countries.update(each for each in neighbours if each not in places)
    if role == "CORRIDOR":
        for corridor in question.book.section("corridors"):
            if corridor["name"] in question.header.addressing.corridors:
                countries.update(corridor["countries"])
    return countries


def derived_headings(question: Question) -> set[str]:
    """The far side of the border point where a person was last seen.

    Only when the sender asks for the role HEADING, says of no country that it plays it, and minutes
    count.
    """
    header = question.header
    if "HEADING" not in header.addressing.roles or header.urgency != "IMMEDIATE":
        return set()
    if countries_in_role(question, "HEADING"):
        return set()
    headings: set[str] = set()
    for point in question.book.section("border_points"):
        if point["code"] in at(question.open_part, "/last_seen/border_point"):
            sides = set(point["between"])
            here = set(at(question.open_part, "/last_seen/country"))
            headings.update(sides - here if sides & here else ())
    return headings


def _row(question: Question) -> Yaml:
    """The matrix row of the event type: of this urgency, else the one for every other."""
    rows: Yaml = question.book.section("roles").get(question.message_type, {})
    row: Yaml = rows.get(question.header.urgency) or rows.get("OTHERWISE") or {}
    return row


def _reach_of_role(question: Question, role: str, party: Party) -> str | None:
    row = _row(question)
    return _reach(row, row.get("roles", {}).get(role), party)


def _reach_of_topics(question: Question, party: Party) -> str | None:
    row = _row(question)
    return _reach(row, row.get("topics"), party)


def _reach(row: Yaml, cell: str | Yaml | None, party: Party) -> str | None:
    """F, R or N for this organisation type; None when the cell is empty or for others."""
    if cell is None:
        return None
    whole: Yaml = {"reach": cell} if isinstance(cell, str) else cell
    to = whole["to"] if "to" in whole else row.get("to", "ALL")
    return whole["reach"] if to == "ALL" or party.desk["organisation"] in to else None


def _within(question: Question, reach: str) -> frozenset[str]:
    """F all compartments, R those that a reduced view of this event type keeps, N none."""
    if reach == "F":
        return question.present
    if reach == "R":
        return question.present & frozenset(question.audience["reduced"])
    return frozenset()
