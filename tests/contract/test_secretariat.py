"""The pinned file of the secretariat's keys: who may sign a version of the Network."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadIdError, KeyDirectoryError
from natcbus.envelope.issuing import issue_member_keys, issue_secretariat_keys
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.secretariat import Secretariat

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST, SECOND = (SigningKey.from_raw(bytes([each]) * 32) for each in (1, 2))


def test_the_secretariat_gets_a_key_for_each_holder() -> None:
    issued = issue_secretariat_keys(["ana", "boris"])
    secretariat = Secretariat.parse(issued.public_name, issued.public)
    keys = {name: SigningKey.from_pem(pem) for name, pem in issued.private.items()}
    assert set(keys) == {"ana.sign.pem", "boris.sign.pem"}
    assert set(secretariat.holders.values()) == {"ana", "boris"}
    assert secretariat.keys == {key.key_id: key.public for key in keys.values()}


def listing(*rows: tuple[str, SigningKey]) -> dict[str, Any]:
    return {"secretariat": [{"holder": name, "key": key.public.to_base64()} for name, key in rows]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "WRONG_SHAPE"),
        ({"secretariat": {}}, "WRONG_SHAPE"),
        ({"secretariat": [{"holder": "ana", "key": "AAAA"}]}, "BAD_KEY"),
        ({"secretariat": [{"holder": "ana b", "key": FIRST.public.to_base64()}]}, "WRONG_SHAPE"),
        (listing(("ana", FIRST)), "TOO_FEW_KEYS"),
        (listing(("ana", FIRST), ("boris", FIRST)), "SHARED_KEY"),
        (listing(("ana", FIRST), ("ana", SECOND)), "DUPLICATE"),
    ],
    ids=["empty", "no-list", "bad-key", "bad-name", "one-key", "one-key-twice", "one-holder-twice"],
)
def test_a_wrong_file_of_the_secretariat_is_refused(content: object, code: str) -> None:
    with pytest.raises(KeyDirectoryError) as error:
        Secretariat.parse("secretariat.json", json.dumps(content))
    assert [each.code for each in error.value.problems] == [code]
    assert [each.file for each in error.value.problems] == ["secretariat.json"]


def test_a_holder_has_a_short_name() -> None:
    with pytest.raises(BadIdError):
        issue_secretariat_keys(["ana", "../boris"])


def test_the_file_may_lie_beside_the_public_keys_and_is_none_of_them() -> None:
    text = json.dumps(listing(("ana", FIRST), ("boris", SECOND)))
    assert KeyDirectory.parse({"secretariat.json": text}).files == {}
    assert KeyDirectory.parse({"keys/secretariat.json": "{"}).files == {}


def test_no_member_can_be_called_secretariat() -> None:
    with pytest.raises(BadIdError):
        issue_member_keys("secretariat", [], NOON)
