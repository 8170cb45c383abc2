"""The Network as it is written: each entry with the lines it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple, TypeAlias, TypeVar

from natcbus.routing.notation import At, Row

T = TypeVar("T")

Words: TypeAlias = tuple[At[str], ...]
Rows: TypeAlias = Mapping[str, Row[T]]
Scope: TypeAlias = "str | Words"
"""ALL, or organisation types."""


class About(NamedTuple):
    """What the Network says of itself."""

    version: At[int]
    name: At[str]
    example: At[bool]
    about: At[str] | None = None
    designations: At[Rows[str]] | None = None
    expires: At[date] | None = None


class DeskEntry(NamedTuple):
    """A desk as it is written."""

    name: At[str]
    organisation: At[str]
    purposes: At[Words]
    statuses: At[Words]
    regime: At[str]
    languages: At[Words]
    hours: At[str]
    competences: At[Words] | None = None
    local_names: At[Rows[str]] | None = None
    clearance: At[str] | None = None
    majors: At[tuple[At[int], ...]] | None = None
    suspended: At[bool] | None = None


class MemberEntry(NamedTuple):
    """A member as it is written."""

    name: At[str]
    tier: At[str]
    country: At[str] | None = None
    local_names: At[Rows[str]] | None = None
    suspended: At[bool] | None = None
    desks: At[Rows[DeskEntry]] | None = None


class AgreementEntry(NamedTuple):
    """An agreement as it is written."""

    name: At[str]
    from_: At[Words]
    to: At[Words]
    regimes: At[Words]
    basis: At[str]
    until: At[date | None] | None = None
    crossing: At[bool] | None = None


class CorridorEntry(NamedTuple):
    """A corridor as it is written."""

    name: At[str]
    version: At[int]
    countries: At[Words]


class BorderPointEntry(NamedTuple):
    """A border point as it is written."""

    code: At[str]
    name: At[str]
    between: At[Words]
    locode: At[bool] | None = None


class CellEntry(NamedTuple):
    """A cell that says to whom."""

    reach: At[str]
    to: At[Scope] | None = None


class RoleRowEntry(NamedTuple):
    """What an event type brings to the countries in a role."""

    roles: At[Rows[str | CellEntry]]
    to: At[Scope] | None = None
    topics: At[str | CellEntry] | None = None


class TierEntry(NamedTuple):
    """What a tier may do."""

    publishes: At[Words]


class Draft(NamedTuple):
    """All sections; None where one is missing or could not be read at all."""

    network: At[About] | None
    topics: At[Rows[str]] | None
    members: At[Rows[MemberEntry]] | None
    adjacency: At[Rows[Words]] | None
    roles: At[Rows[Rows[RoleRowEntry]]] | None
    purposes: At[Rows[Rows[str]]] | None
    tlp: At[Rows[Rows[Scope]]] | None
    competence: At[Rows[Words]] | None
    tiers: At[Rows[TierEntry]] | None
    clocks: At[Rows[Rows[Rows[timedelta]]]] | None
    lifetimes: At[Rows[timedelta]] | None
    groups: At[Rows[Words]] | None
    agreements: At[tuple[At[AgreementEntry], ...]] | None
    corridors: At[tuple[At[CorridorEntry], ...]] | None
    border_points: At[tuple[At[BorderPointEntry], ...]] | None
    small_cell: At[int] | None


def rows_of(table: At[Rows[T]] | None) -> Iterator[tuple[str, At[T]]]:
    """The rows of a table that could be read; none where the table itself is left out."""
    if table is not None:
        for key, row in table.value.items():
            if row.value is not None:
                yield key, row.value


def items_of(items: At[tuple[At[T], ...]] | None) -> Iterator[T]:
    """The items of a list; none where the list itself is left out."""
    if items is not None:
        for item in items.value:
            yield item.value
