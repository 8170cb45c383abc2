"""By when a message is due."""

from __future__ import annotations

from datetime import UTC, datetime

from natcbus.contract.types.core import Urgency
from natcbus.contract.types.hub import Due
from natcbus.routing.clocks import due_times
from tests.support.building import MISSING, a_desk, a_header, a_network

NETWORK = a_network(a_desk("rs.spoc"))
RECEIVED = datetime(2026, 3, 28, 23, 50, tzinfo=UTC)


def test_the_clocks_of_the_urgency_run_from_receipt_the_earliest_first() -> None:
    assert due_times(MISSING, a_header(), RECEIVED, NETWORK) == (
        Due(clock="read", at=datetime(2026, 3, 29, 0, 5, tzinfo=UTC)),
        Due(clock="acted", at=datetime(2026, 3, 29, 7, 50, tzinfo=UTC)),
    )


def test_any_other_urgency_has_the_general_row() -> None:
    for urgency in (Urgency.EXPECTED, Urgency.UNKNOWN):
        assert due_times(MISSING, a_header(urgency=urgency), RECEIVED, NETWORK) == (
            Due(clock="read", at=datetime(2026, 3, 29, 7, 50, tzinfo=UTC)),
        )


def test_an_event_without_clocks_is_never_due() -> None:
    assert due_times("weather", a_header(), RECEIVED, NETWORK) == ()
