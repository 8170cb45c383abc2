"""Ids carry who owns what, so that ownership is checked without any state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.formats import FORMATS
from natcbus.envelope.errors import BadIdError
from natcbus.envelope.ids import (
    check_message_id,
    delivery_id,
    is_desk,
    is_member,
    member_of,
    new_message_id,
    new_thread_id,
    owner_of,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ENTROPY = st.binary(min_size=10, max_size=10)


@given(INSTANTS, ENTROPY)
def test_a_message_id_is_a_uuid_of_version_7_that_tells_its_millisecond(
    now: datetime, entropy: bytes
) -> None:
    uuid = UUID(new_message_id(now, entropy))
    assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
    assert uuid.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(INSTANTS, ENTROPY)
def test_a_new_message_id_has_the_form_of_the_contract(now: datetime, entropy: bytes) -> None:
    made = new_message_id(now, entropy)
    check_message_id(made)
    assert FORMATS["uuid"].accepts(made)


@given(ENTROPY, ENTROPY)
def test_ids_of_different_milliseconds_sort_by_time(first: bytes, second: bytes) -> None:
    later = NOON + timedelta(milliseconds=1)
    assert new_message_id(NOON, first) < new_message_id(later, second)


@given(st.integers(0, 2**74 - 1))
def test_74_random_bits_tell_ids_of_one_millisecond_apart(bits: int) -> None:
    entropy = bits.to_bytes(10, "big")
    other = (bits ^ 1).to_bytes(10, "big")
    assert new_message_id(NOON, entropy) != new_message_id(NOON, other)


def test_the_zone_of_the_clock_does_not_matter() -> None:
    abroad = NOON.astimezone(timezone(timedelta(hours=5)))
    assert new_message_id(NOON, bytes(10)) == new_message_id(abroad, bytes(10))


@pytest.mark.parametrize(
    ("now", "entropy"),
    [
        (datetime(2026, 11, 24), bytes(10)),  # noqa: DTZ001
        (datetime(1969, 12, 31, tzinfo=UTC), bytes(10)),
        (NOON, bytes(9)),
        (NOON, bytes(11)),
    ],
)
def test_an_id_is_made_of_an_aware_time_and_ten_bytes(now: datetime, entropy: bytes) -> None:
    with pytest.raises(BadIdError, match="BAD_ID"):
        new_message_id(now, entropy)


def test_a_thread_belongs_to_the_member_that_began_it() -> None:
    thread = new_thread_id("rs", NOON, bytes(10))
    assert owner_of(thread) == "rs"
    assert thread == f"rs.{new_message_id(NOON, bytes(10))}"


def test_a_desk_belongs_to_its_member_and_a_member_to_itself() -> None:
    assert member_of("rs.border-police") == member_of("rs") == "rs"
    assert is_desk("rs.spoc")
    assert not is_desk("rs")
    assert is_member("rs")
    assert not is_member("rs.spoc")


def test_a_delivery_is_named_by_sender_message_and_desk() -> None:
    message_id = new_message_id(NOON, bytes(10))
    assert delivery_id("rs", message_id, "hu.spoc") == f"rs/{message_id}/hu.spoc"


@pytest.mark.parametrize(
    "party", ["", "RS", "rs.", ".spoc", "rs.spoc.x", "rs/spoc", "rs\n", "\u0455\u0440\u0431"]
)
def test_what_is_no_party_is_refused(party: str) -> None:
    with pytest.raises(BadIdError):
        member_of(party)


@pytest.mark.parametrize(
    "thread", ["rs", "01939e7e-8400-7000-8000-000000000001", "rs.1", "rs.spoc"]
)
def test_what_is_no_thread_has_no_owner(thread: str) -> None:
    with pytest.raises(BadIdError):
        owner_of(thread)


@pytest.mark.parametrize(
    "message_id",
    [
        "01939e7e-8400-4000-8000-000000000001",
        "01939E7E-8400-7000-8000-000000000001",
        "{01939e7e-8400-7000-8000-000000000001}",
        "01939e7e84007000800000000000001",
    ],
)
def test_a_message_id_of_another_version_or_spelling_is_refused(message_id: str) -> None:
    with pytest.raises(BadIdError):
        check_message_id(message_id)


def test_a_delivery_cannot_be_named_with_a_malformed_desk() -> None:
    with pytest.raises(BadIdError, match="BAD_ID"):
        delivery_id("rs", new_message_id(NOON, bytes(10)), "hu.spoc/ro.spoc")


def test_a_long_text_is_not_repeated_whole_in_the_error() -> None:
    with pytest.raises(BadIdError) as caught:
        member_of("x" * 10_000)
    assert len(str(caught.value)) < 300
