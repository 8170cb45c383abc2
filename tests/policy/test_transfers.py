"""Which agreements let a member give personal data to another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from natcbus.routing.network import Agreement
from natcbus.routing.transfers import covering, transfers_by_sender

GROUPS = {"eu": frozenset({"hu", "si"}), "see": frozenset({"rs", "mk"})}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def agreement(
    *from_: str, to: str, until: date | None = None, crossing: bool = False, regimes: str = "LED"
) -> Agreement:
    return Agreement(
        name="An agreement",
        from_=frozenset(from_),
        to=frozenset({to}),
        regimes=frozenset(regimes.split()),
        basis="AGREEMENT",
        until=until,
        crossing=crossing,
    )


def receivers(
    *agreements: Agreement, sender: str = "rs", regime: str = "LED", sent_at: datetime = NOON
) -> dict[str, set[str]]:
    transfers = transfers_by_sender(agreements, GROUPS).get(sender, ())
    covered = covering(transfers, regime, sent_at)
    return {receiving: set().union(*each) for receiving, each in covered.items()}


@pytest.fixture
def in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose wall clock is twelve hours ahead of UTC."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "NZST-12")
        time.tzset()
        yield
    time.tzset()


def test_groups_stand_for_their_members() -> None:
    assert receivers(agreement("see", to="eu")) == {"LED": {"hu", "si"}}
    assert receivers(agreement("rs", to="mk")) == {"LED": {"mk"}}
    assert receivers(agreement("eu", to="see")) == {}


def test_agreements_add_to_one_another() -> None:
    assert receivers(agreement("rs", to="mk"), agreement("see", to="eu")) == {
        "LED": {"mk", "hu", "si"}
    }


def test_an_agreement_ends_with_its_last_day_in_utc() -> None:
    last_day = agreement("rs", to="hu", until=date(2026, 3, 2))
    in_belgrade = timezone(timedelta(hours=1))

    assert receivers(last_day, sent_at=datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert not receivers(last_day, sent_at=datetime(2026, 3, 3, tzinfo=UTC))
    assert receivers(last_day, sent_at=datetime(2026, 3, 3, 0, 30, tzinfo=in_belgrade))


def test_the_time_zone_of_the_machine_that_decides_is_nothing(in_auckland: None) -> None:
    last_day = agreement("rs", to="hu", until=date(2026, 3, 2))

    assert receivers(last_day, sent_at=datetime(2026, 3, 2, 23, 59, tzinfo=UTC))


def test_what_was_collected_under_led_crosses_to_gdpr_only_where_it_is_said() -> None:
    both = agreement("rs", to="hu", regimes="LED GDPR")
    crossing = agreement("rs", to="hu", regimes="GDPR", crossing=True)

    assert receivers(both) == {"LED": {"hu"}}
    assert receivers(both, regime="GDPR") == {"LED": {"hu"}, "GDPR": {"hu"}}
    assert receivers(crossing) == {"GDPR": {"hu"}}
