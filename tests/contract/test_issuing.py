"""What ``keys init`` makes is what the directory reads, and it can be added to."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from natcbus.envelope.certificates import Use
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadIdError, BadKeyError, MissingKeyError
from natcbus.envelope.issuing import (
    IssuedKeys,
    issue_desk_keys,
    issue_hub_keys,
    issue_member_keys,
    private_file,
    root_file,
)
from natcbus.envelope.keys import SealingKey, SigningKey

NOON = datetime(2026, 11, 24, 12, 0, 0, 750_000, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def directory_of(*issued: IssuedKeys) -> KeyDirectory:
    return KeyDirectory.parse({each.public_name: each.public for each in issued})


def test_a_member_gets_a_root_its_own_two_keys_and_one_for_each_desk() -> None:
    issued = issue_member_keys("rs", ["rs.spoc", "rs.border", "rs.spoc"], NOON)
    assert set(issued.private) == {
        "rs.root.pem",
        "rs.sign.pem",
        "rs.seal.pem",
        "rs.spoc.seal.pem",
        "rs.border.seal.pem",
    }
    assert issued.public_name == "rs.json"


def test_the_public_file_has_the_public_half_of_every_private_key() -> None:
    issued = issue_member_keys("rs", ["rs.spoc"], NOON)
    directory, private = directory_of(issued), issued.private
    signing = SigningKey.from_pem(private[private_file("rs", Use.SIGN)])
    assert directory.signing_key("rs") == signing.public
    assert directory.member_key("rs") == SealingKey.from_pem(private["rs.seal.pem"]).public
    assert directory.desk_key("rs.spoc") == SealingKey.from_pem(private["rs.spoc.seal.pem"]).public
    assert directory.files["rs"].root == SigningKey.from_pem(private[root_file("rs")]).public


def test_the_public_file_says_when_and_holds_nothing_private() -> None:
    issued = issue_member_keys("rs", ["rs.spoc"], NOON)
    certificates = json.loads(issued.public)["certificates"]
    assert {each["not_before"] for each in certificates} == {"2026-11-24T12:00:00Z"}
    for pem in issued.private.values():
        assert not any(line in issued.public for line in pem.decode().splitlines())
    assert "private" not in repr(issued)


def test_members_and_hub_share_a_directory() -> None:
    issued = [issue_member_keys(name, [f"{name}.spoc"], NOON) for name in ("rs", "hu")]
    hub = issue_hub_keys()
    directory = directory_of(*issued, hub)
    assert hub.public_name == "hub.json"
    assert directory.hub_key() == SigningKey.from_pem(hub.private["hub.sign.pem"]).public


def test_a_new_desk_is_added_and_nothing_else_changes() -> None:
    first = issue_member_keys("rs", ["rs.spoc"], NOON)
    root = SigningKey.from_pem(first.private["rs.root.pem"])
    second = issue_desk_keys(directory_of(first), "rs", root, ["rs.spoc", "rs.border"], LATER)
    assert set(second.private) == {"rs.border.seal.pem"}
    before, after = (json.loads(each.public)["certificates"] for each in (first, second))
    assert after[:-1] == before
    assert directory_of(second).desk_key("rs.border").key_id


def test_adding_no_desk_changes_nothing() -> None:
    first = issue_member_keys("rs", ["rs.spoc"], NOON)
    root = SigningKey.from_pem(first.private["rs.root.pem"])
    again = issue_desk_keys(directory_of(first), "rs", root, ["rs.spoc"], LATER)
    assert (again.private, again.public) == ({}, first.public)


def test_only_the_members_own_root_adds_a_desk() -> None:
    directory = directory_of(issue_member_keys("rs", [], NOON))
    with pytest.raises(BadKeyError, match="the root key of rs"):
        issue_desk_keys(directory, "rs", SigningKey.generate(), ["rs.spoc"], LATER)
    with pytest.raises(MissingKeyError, match="MISSING_KEY"):
        issue_desk_keys(directory, "hu", SigningKey.generate(), ["hu.spoc"], LATER)


@pytest.mark.parametrize("desk", ["hu.spoc", "rs", "rs.", "spoc"])
def test_keys_are_made_for_the_members_own_desks_alone(desk: str) -> None:
    with pytest.raises(BadIdError, match="a desk of rs"):
        issue_member_keys("rs", [desk], NOON)


@pytest.mark.parametrize("member", ["hub", "RS", "rs.spoc", ""])
def test_a_member_is_named_as_one_and_never_hub(member: str) -> None:
    with pytest.raises(BadIdError, match="a member code"):
        issue_member_keys(member, [], NOON)
