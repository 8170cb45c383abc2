"""Messages for the oracle: addressed in every way there is, right or wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, TypeVar

from natcbus.contract.types.core import (
    Addressing,
    Change,
    Clearance,
    CountryInRole,
    CountryRole,
    EuropolCode,
    Handling,
    Header,
    Kind,
    LegalBasis,
    Pap,
    Purpose,
    Regime,
    Retention,
    Status,
    Tlp,
    Urgency,
)
from tests.support.oracle_book import Book
from tests.support.oracle_question import Question
from tests.support.oracle_worlds import compartment_names

T = TypeVar("T")

_TYPES: Final = ("missing_person",) * 5 + ("recruitment_ad",) * 3 + ("joint_action_day",) * 2
_USUAL: Final = {
    "missing_person": (Purpose.LOCATE_PERSON, Purpose.LOCATE_PERSON, Purpose.PROTECT_VICTIM),
    "recruitment_ad": (Purpose.PREVENT, Purpose.PREVENT, Purpose.INVESTIGATE),
    "joint_action_day": (Purpose.COORDINATE, Purpose.COORDINATE, Purpose.INVESTIGATE),
}
# Around midnight of the day on which an agreement ends, in UTC and elsewhere.
_SENT: Final = (
    datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 3, tzinfo=UTC),
    datetime(2026, 3, 3, 1, 30, tzinfo=timezone(timedelta(hours=2))),
    datetime(2027, 1, 1, tzinfo=UTC),
)
_VERSIONS: Final = ("1.0",) * 50 + ("1.4", "2.0", "3.1", "", "one", "1", "1.x", "0.9", " 1.0")
_ABROAD: Final = ("AT", "IT", "ZZ")
_ROLES: Final = tuple(CountryRole)


class Author:
    """Writes messages for one Network."""

    def __init__(self, chance: random.Random, book: Book) -> None:
        self._chance = chance
        self._book = book
        parties = list(book.parties())
        self._desks = [party.id for party in parties]
        self._members = sorted({party.member for party in parties})
        self._countries: list[str] = sorted(
            {party.of["country"] for party in parties if party.of.get("country")}
        )
        self._topics = [*book.section("topics"), "NO_SUCH_TOPIC"]
        self._corridors = [*(each["name"] for each in book.section("corridors")), "NO-SUCH"]
        self._points = list(book.section("border_points"))

    def question(self) -> Question:
        """One message, with who had the earlier ones of its thread."""
        event = self._chance.choice(_TYPES)
        names = compartment_names(self._book.audiences[event])
        header = self._header(event)
        return Question(
            message_type=event,
            header=header,
            open_part=self._open_part(event),
            present=self._subset(names, least=0),
            book=self._book,
            prior=self._prior(header.kind, names),
        )

    def _header(self, event: str) -> Header:
        sent_at = self._chance.choice(_SENT)
        kind = self._mostly(Kind.ALERT, (Kind.UPDATE, Kind.UPDATE, Kind.CANCEL, *Kind), 0.6)
        later = kind in (Kind.UPDATE, Kind.CANCEL)
        return Header(
            message_id="0195f3a0-0000-7000-8000-000000000001",
            thread_id="rs.0195f3a0-0000-7000-8000-000000000002",
            type=event,
            version=self._chance.choice(_VERSIONS),
            from_=self._mostly(self._chance.choice(self._desks), ("rs.nobody", "zz.spoc"), 0.97),
            kind=kind,
            status=self._mostly(Status.ACTUAL, tuple(Status), 0.85),
            urgency=self._mostly(Urgency.IMMEDIATE, tuple(Urgency), 0.5),
            sent_at=sent_at,
            expires_at=sent_at + timedelta(days=30),
            purpose=self._mostly(self._chance.choice(_USUAL[event]), tuple(Purpose), 0.8),
            legal_basis=LegalBasis(
                regime=self._mostly(Regime.LED, tuple(Regime), 0.4), reference="RS:ZKP-2011/Art.72"
            ),
            handling=self._handling(),
            addressing=self._addressing(),
            retention=Retention(review_by=date(2026, 6, 1), erase_by=date(2027, 3, 1)),
            change=Change.CORRECTED if later else Change.NONE,
            conflicts=self._parties(0.1),
            clearance=self._mostly(Clearance.NONE, tuple(Clearance), 0.7),
        )

    def _handling(self) -> Handling:
        return Handling(
            tlp=self._chance.choices(tuple(Tlp), (2, 2, 5, 6, 2))[0],
            europol=self._few(tuple(EuropolCode), (0, 0, 0, 1, 2)),
            pap=Pap.AMBER,
        )

    def _addressing(self) -> Addressing:
        roles = self._few(_ROLES, (0, 1, 2, 3, 5))
        return Addressing(
            desks=self._few((*self._desks, "rs.nobody", "zz.spoc"), (0, 0, 1, 1, 2, 5)),
            roles=roles,
            countries=tuple(
                CountryInRole(code=self._country(), role=self._chance.choice((*roles, *_ROLES)))
                for _ in range(self._chance.choice((0, 0, 1, 2, 4)))
            ),
            corridors=self._few(self._corridors, (0, 0, 1, 2)),
            topics=self._few(self._topics, (0, 0, 1, 2)),
            exclude=self._parties(0.15),
            only=self._chance.random() < 0.08,
        )

    def _open_part(self, event: str) -> dict[str, object]:
        match event:
            case "missing_person":
                return {"last_seen": self._last_seen(), "likely_heading": self._headings()}
            case "recruitment_ad":
                return {"targeted": self._some_countries(), "destination": self._some_countries()}
            case _:
                smallest = self._chance.choice((None, 0, 1, 2, 3, 4, 5, 6, 12))
                return {} if smallest is None else {"smallest_cell": smallest}

    def _last_seen(self) -> dict[str, object]:
        seen: dict[str, object] = {"country": self._country(), "day": date(2026, 3, 1)}
        if self._points and self._chance.random() < 0.6:
            point = self._chance.choice(self._points)
            seen["border_point"] = self._mostly(point["code"], ("ZZZZZ",), 0.9)
            if self._chance.random() < 0.8:
                seen["country"] = self._chance.choice(point["between"])
        elif self._chance.random() < 0.8:
            seen["border_point"] = None
        return seen

    def _headings(self) -> list[dict[str, object]]:
        return [
            {"country": country, "border_point": None, "certainty": "LIKELY", "reason": "TICKET"}
            for country in self._some_countries()
        ]

    def _some_countries(self) -> list[str]:
        return [self._country() for _ in range(self._chance.choice((0, 0, 1, 2)))]

    def _country(self) -> str:
        return self._mostly(self._chance.choice(self._countries), _ABROAD, 0.9)

    def _prior(self, kind: Kind, names: Sequence[str]) -> dict[str, frozenset[str]]:
        likely = 0.9 if kind in (Kind.UPDATE, Kind.CANCEL) else 0.1
        if self._chance.random() > likely:
            return {}
        desks = self._few((*self._desks, "rs.closed"), (0, 1, 3, 6))
        return {desk: self._subset(names, least=0) for desk in desks}

    def _parties(self, likely: float) -> tuple[str, ...]:
        if self._chance.random() > likely:
            return ()
        return self._few((*self._desks, *self._members, "zz"), (1, 2))

    def _few(self, values: Sequence[T], sizes: Sequence[int]) -> tuple[T, ...]:
        """Some of the values; the same may come twice."""
        return tuple(self._chance.choices(values, k=self._chance.choice(sizes)))

    def _subset(self, values: Sequence[str], least: int) -> frozenset[str]:
        size = self._mostly(len(values), range(least, len(values) + 1), 0.4)
        return frozenset(self._chance.sample(list(values), size))

    def _mostly(self, usual: T, others: Sequence[T], likely: float) -> T:
        return usual if self._chance.random() < likely else self._chance.choice(others)
