"""A version of the Network: two keys of the secretariat, a version that rises, and an end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Signature
from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import (
    MAX_DOCUMENT_BYTES,
    NetworkDocument,
    covered_bytes,
    sign,
    verify,
)
from natcbus.envelope.network_log import NetworkLog
from natcbus.routing.loading import load_network
from natcbus.routing.signed import open_network
from tests.support.networks import SMALL, SMALL_AUDIENCES

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST, SECOND, THIRD, STRANGER = (SigningKey.from_raw(bytes([each]) * 32) for each in (1, 2, 3, 4))
TRUSTED = {key.key_id: key.public for key in (FIRST, SECOND, THIRD)}


def a_document(version: int = 1, **changes: Any) -> NetworkDocument:  # noqa: ANN401
    fields: dict[str, Any] = {
        "version": version,
        "digest": bytes(range(32)),
        "not_before": NOON,
        "expires_at": NOON + timedelta(days=365),
        "files": {"network.yaml": "network: {}\n", "members/rs.yaml": "Србија"},
        "key_files": {"hub.json": "{}"},
    }
    return NetworkDocument(**(fields | changes))


def signed(version: int = 1, **changes: Any) -> NetworkDocument:  # noqa: ANN401
    return sign(sign(a_document(version, **changes), FIRST), SECOND)


SIGNED = signed()
BYTES = SIGNED.to_bytes()


def in_order(*signatures: Signature) -> tuple[Signature, ...]:
    return tuple(sorted(signatures, key=lambda each: each.key_id))


def code_of(refused: Callable[[], object]) -> str:
    with pytest.raises(DocumentRefusedError) as error:
        refused()
    return error.value.code


def read_and_verify(data: bytes) -> NetworkDocument:
    document = NetworkDocument.from_bytes(data)
    verify(document, TRUSTED, NOON)
    return document


# What holds.


def test_two_keys_of_the_secretariat_make_a_version_valid() -> None:
    assert read_and_verify(BYTES) == SIGNED


def test_a_third_signature_does_no_harm_and_signing_again_changes_nothing() -> None:
    three = sign(SIGNED, THIRD)
    verify(three, TRUSTED, NOON)
    assert sign(three, THIRD) == three
    assert three.fingerprint == SIGNED.fingerprint


# What is refused.


@given(at=st.integers(0, len(BYTES) - 1), mask=st.integers(1, 255))
def test_any_change_of_any_byte_is_refused(at: int, mask: int) -> None:
    changed = bytearray(BYTES)
    changed[at] ^= mask
    code_of(lambda: read_and_verify(bytes(changed)))


@given(at=st.integers(0, len(BYTES)), what=st.binary(min_size=1, max_size=4))
def test_anything_put_in_between_is_refused(at: int, what: bytes) -> None:
    code_of(lambda: read_and_verify(BYTES[:at] + what + BYTES[at:]))


@given(start=st.integers(0, len(BYTES) - 1), length=st.integers(1, 40))
def test_anything_left_out_is_refused(start: int, length: int) -> None:
    code_of(lambda: read_and_verify(BYTES[:start] + BYTES[start + length :]))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"digest": bytes(32)},
        {"not_before": NOON - timedelta(days=1)},
        {"expires_at": NOON + timedelta(days=366)},
        {"files": {"network.yaml": "network: {}\n", "members/rs.yaml": "Srbija"}},
        {"files": {"network.yaml": "network: {}\n", "members/hu.yaml": "Србија"}},
        {"files": {"network.yaml": "network: {}\n"}},
        {"key_files": {}},
        {"key_files": {"hub.json": "{}", "rs.json": "{}"}},
    ],
    ids="-".join,
)
def test_every_field_is_signed(change: dict[str, Any]) -> None:
    changed = replace(SIGNED, **change)
    assert code_of(lambda: verify(changed, TRUSTED, NOON)) == "BAD_SIGNATURE"


def test_a_file_does_not_pass_from_policy_to_keys() -> None:
    policy = {**SIGNED.files}
    moved = replace(
        SIGNED,
        files={"network.yaml": policy.pop("network.yaml")},
        key_files={**SIGNED.key_files, **policy},
    )
    assert code_of(lambda: verify(moved, TRUSTED, NOON)) == "BAD_SIGNATURE"


def test_one_signature_of_two_is_too_few() -> None:
    once = sign(a_document(), FIRST)
    assert code_of(lambda: verify(once, TRUSTED, NOON)) == "TOO_FEW_SIGNATURES"
    assert code_of(lambda: verify(a_document(), TRUSTED, NOON)) == "TOO_FEW_SIGNATURES"


def test_one_key_that_is_trusted_under_two_ids_counts_once() -> None:
    once = sign(a_document(), FIRST)
    again = Signature(key_id="f" * 16, value=once.signatures[0].value)
    twice = replace(once, signatures=in_order(*once.signatures, again))
    trusted = TRUSTED | {"f" * 16: FIRST.public}
    assert code_of(lambda: verify(twice, trusted, NOON)) == "TOO_FEW_SIGNATURES"


def test_a_stranger_does_not_count_and_spoils_it() -> None:
    by_a_stranger = sign(sign(a_document(), FIRST), STRANGER)
    assert code_of(lambda: verify(by_a_stranger, TRUSTED, NOON)) == "UNTRUSTED_KEY"
    assert code_of(lambda: verify(sign(SIGNED, STRANGER), TRUSTED, NOON)) == "UNTRUSTED_KEY"


def test_a_signature_of_another_kind_does_not_hold() -> None:
    covered = covered_bytes(SIGNED).replace(b"natcbus/1/network", b"natcbus/1/message")
    forged = Signature(key_id=FIRST.key_id, value=FIRST.sign(covered))
    others = [each for each in SIGNED.signatures if each.key_id != FIRST.key_id]
    document = replace(SIGNED, signatures=in_order(*others, forged))
    assert code_of(lambda: verify(document, TRUSTED, NOON)) == "BAD_SIGNATURE"


def test_it_holds_from_its_beginning_to_its_end_and_no_longer() -> None:
    before, last = NOON - timedelta(seconds=1), SIGNED.expires_at - timedelta(seconds=1)
    assert code_of(lambda: verify(SIGNED, TRUSTED, before)) == "NOT_YET_VALID"
    verify(SIGNED, TRUSTED, NOON)
    verify(SIGNED, TRUSTED, last)
    assert code_of(lambda: verify(SIGNED, TRUSTED, SIGNED.expires_at)) == "EXPIRED"


def test_a_version_only_rises() -> None:
    second = signed(2)
    verify(second, TRUSTED, NOON, SIGNED.seen)
    verify(second, TRUSTED, NOON, second.seen)
    assert code_of(lambda: verify(SIGNED, TRUSTED, NOON, second.seen)) == "ROLLED_BACK"


def test_one_version_has_one_content_also_in_its_keys() -> None:
    other = signed(1, key_files={"hub.json": '{"hub": {}}'})
    assert code_of(lambda: verify(other, TRUSTED, NOON, SIGNED.seen)) == "FORKED"


def test_what_is_signed_with_more_keys_is_still_the_same() -> None:
    verify(sign(SIGNED, THIRD), TRUSTED, NOON, SIGNED.seen)


# The form.


@given(
    texts=st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z0-9][a-z0-9._-]{0,3})?", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_the_files_say_comes_back_and_stays_signed(texts: dict[str, str]) -> None:
    document = signed(files=texts)
    assert read_and_verify(document.to_bytes()) == document


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"version":1', '"version":1.0'),
        lambda text: text.replace('"version":1', '"version":true'),
        lambda text: text.replace('"version":1', '"version":0'),
        lambda text: text.replace('"version":1', '"version":2147483648'),
        lambda text: text.replace('"version":1', '"version": 1'),
        lambda text: text.replace("natcbus/1/network", "natcbus/2/network"),
        lambda text: text.replace('"digest":"00', '"digest":"'),
        lambda text: text.replace('"digest":"00', '"digest":"0 0'),
        lambda text: text.replace("12:00:00Z", "12:00:00+00:00"),
        lambda text: text.replace("\u0421", "\\u0421"),
        lambda text: text.replace("Србија", "\\ud800"),
        lambda text: text.replace("members/rs", "../members/rs"),
        lambda text: text.replace("members/rs", "/members/rs"),
        lambda text: text.replace("members/rs", "members//rs"),
        lambda text: text.replace("hub.json", "hüb.json"),
        lambda text: text.replace('"key_files":{', '"key_files":{"a.json":1,'),
        lambda text: text[:-1] + ',"more":1}',
        lambda text: text + "\n",
        lambda text: "\ufeff" + text,
        lambda text: "[" + text + "]",
        lambda text: text[:0] + "null",
    ],
)
def test_there_is_one_spelling_and_every_other_is_refused(spoil: Callable[[str], str]) -> None:
    spoilt = spoil(BYTES.decode())
    assert spoilt != BYTES.decode()
    assert code_of(lambda: NetworkDocument.from_bytes(spoilt.encode())) == "BAD_DOCUMENT"


def test_signatures_stand_once_and_in_order() -> None:
    read = json.loads(BYTES)
    for signatures in (read["signatures"][::-1], read["signatures"][:1] * 2):
        spoilt = json.dumps(
            read | {"signatures": signatures},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )
        assert code_of(partial(NetworkDocument.from_bytes, spoilt.encode())) == "BAD_DOCUMENT"


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_and_raise_nothing_else(data: bytes) -> None:
    assert code_of(lambda: NetworkDocument.from_bytes(data)) == "BAD_DOCUMENT"


def test_a_document_has_a_largest_size() -> None:
    large = a_document(files={"network.yaml": "x" * MAX_DOCUMENT_BYTES})
    assert code_of(large.to_bytes) == "BAD_DOCUMENT"
    assert code_of(lambda: NetworkDocument.from_bytes(b" " * (MAX_DOCUMENT_BYTES + 1))) == (
        "BAD_DOCUMENT"
    )


def test_times_are_aware_and_kept_to_the_second() -> None:
    with pytest.raises(DocumentRefusedError):
        a_document(not_before=datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001
    late = a_document(not_before=NOON + timedelta(microseconds=999_999))
    assert late.not_before == NOON


# What its files say.


def small_document(**changes: Any) -> NetworkDocument:  # noqa: ANN401
    files = {**SMALL}
    files["network.yaml"] = files["network.yaml"].replace(
        "version: 3", "version: 3\n  expires: 2027-06-30"
    )
    network = load_network(files, SMALL_AUDIENCES)
    fields: dict[str, Any] = {
        "version": 3,
        "digest": network.digest,
        "expires_at": datetime(2027, 7, 1, tzinfo=UTC),
        "files": files,
        "key_files": {},
    }
    return a_document(**(fields | changes))


def test_an_opened_document_is_the_network_of_its_files() -> None:
    document = small_document()
    opened = open_network(document, SMALL_AUDIENCES)
    assert opened.network.digest == document.digest
    assert opened.network.expires_at == document.expires_at
    assert opened.keys.files == {}


@pytest.mark.parametrize(
    "stated",
    [
        {"version": 8},
        {"digest": bytes(32)},
        {"expires_at": datetime(2027, 7, 2, tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_is_stated_beside_the_files_must_be_what_they_say(stated: dict[str, Any]) -> None:
    document = small_document(**stated)
    assert code_of(lambda: open_network(document, SMALL_AUDIENCES)) == "DIGEST_MISMATCH"


# The log of all versions.


def test_the_log_takes_rising_versions_and_uses_the_newest() -> None:
    log = NetworkLog(TRUSTED)
    assert log.in_use(NOON) is None
    for version in (1, 2, 5):
        log.add(signed(version).to_bytes())
    assert log.in_use(NOON) == signed(5)
    assert log.newest == signed(5).seen


def test_a_refused_record_changes_nothing() -> None:
    log = NetworkLog(TRUSTED)
    log.add(signed(2).to_bytes())
    once = sign(a_document(9), FIRST)
    forked = signed(2, key_files={})
    for value, code in (
        (b"nothing", "BAD_DOCUMENT"),
        (once.to_bytes(), "TOO_FEW_SIGNATURES"),
        (SIGNED.to_bytes(), "ROLLED_BACK"),
        (forked.to_bytes(), "FORKED"),
    ):
        assert code_of(partial(log.add, value)) == code
        assert log.in_use(NOON) == signed(2)


def test_the_same_version_twice_is_no_mistake() -> None:
    log = NetworkLog(TRUSTED)
    log.add(BYTES)
    log.add(sign(SIGNED, THIRD).to_bytes())
    assert log.in_use(NOON) == SIGNED


def test_a_version_for_later_waits_and_the_one_in_use_goes_on() -> None:
    later = signed(2, not_before=NOON + timedelta(days=1))
    log = NetworkLog(TRUSTED)
    log.add(BYTES)
    log.add(later.to_bytes())
    assert log.in_use(NOON) == SIGNED
    assert log.latest == later
    assert log.in_use(NOON + timedelta(days=1)) == later


def test_when_the_newest_has_expired_no_older_one_takes_its_place() -> None:
    log = NetworkLog(TRUSTED)
    log.add(signed(1, expires_at=NOON + timedelta(days=100)).to_bytes())
    log.add(signed(2, expires_at=NOON + timedelta(days=2)).to_bytes())
    assert code_of(lambda: log.in_use(NOON + timedelta(days=3))) == "EXPIRED"


def test_who_remembers_the_newest_is_given_no_older_one() -> None:
    log = NetworkLog(TRUSTED, newest=signed(3).seen)
    assert code_of(lambda: log.add(signed(2).to_bytes())) == "ROLLED_BACK"
    log.add(signed(3).to_bytes())
    assert log.in_use(NOON) == signed(3)
