"""Keys in files: only their owner reads them, and none is ever replaced."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from natcbus.client.keystore import Keystore
from natcbus.client.world import read_keys
from natcbus.envelope.errors import KeyDirectoryError
from natcbus.envelope.keys import SigningKey
from natcbus.operations.errors import KeysExistError, NotInNetworkError
from natcbus.operations.key_files import HUB, init_every_key, init_keys
from tests.support.building import a_desk, a_network

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ONE_DESK = a_network(a_desk("rs.spoc"), a_desk("hu.spoc"))
TWO_DESKS = a_network(a_desk("rs.spoc"), a_desk("rs.border-police"), a_desk("hu.spoc"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_private_keys_are_for_their_owner_alone_and_fit_the_public_ones(tmp_path: Path) -> None:
    written = init_every_key(ONE_DESK, tmp_path / "private", tmp_path / "public", NOW)
    assert written.keys() == {HUB, "rs", "hu"}
    for each in written.values():
        for file in each.private:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    directory = read_keys(tmp_path / "public")
    keystore = Keystore(tmp_path / "private" / "rs")
    assert keystore.signing_key("rs").public == directory.signing_key("rs")
    assert keystore.sealing_key("rs.spoc").public == directory.desk_key("rs.spoc")
    hub = (tmp_path / "private" / HUB / "hub.sign.pem").read_bytes()
    assert SigningKey.from_pem(hub).public == directory.hub_key()


def test_a_new_desk_gets_its_key_and_the_others_keep_theirs(tmp_path: Path) -> None:
    private, public = tmp_path / "private", tmp_path / "public"
    init_keys("rs", ONE_DESK, private, public, NOW)
    before = contents(private)
    added = init_keys("rs", TWO_DESKS, private, public, NOW)
    assert [file.name for file in added.private] == ["rs.border-police.seal.pem"]
    assert before.items() <= contents(private).items()
    assert init_keys("rs", TWO_DESKS, private, public, NOW).private == ()


def test_keys_that_exist_are_never_replaced(tmp_path: Path) -> None:
    private, public = tmp_path / "private", tmp_path / "public"
    init_keys("rs", ONE_DESK, private, public, NOW)
    init_keys(HUB, ONE_DESK, private, public, NOW)
    before = contents(private) | contents(public)
    with pytest.raises(KeysExistError, match=r"rs\.json"):
        init_keys("rs", ONE_DESK, tmp_path / "elsewhere", public, NOW)
    with pytest.raises(KeysExistError, match=r"hub\.json"):
        init_keys(HUB, ONE_DESK, private, public, NOW)
    with pytest.raises(KeysExistError, match="pem"):
        init_keys("rs", ONE_DESK, private, tmp_path / "other", NOW)
    assert contents(private) | contents(public) == before


def test_only_members_of_the_network_and_the_hub_get_keys(tmp_path: Path) -> None:
    with pytest.raises(NotInNetworkError, match="natcbus network show"):
        init_keys("fr", ONE_DESK, tmp_path / "private", tmp_path / "public", NOW)
    assert not list(tmp_path.iterdir())


def test_a_public_file_that_was_tampered_with_is_not_added_to(tmp_path: Path) -> None:
    private, public = tmp_path / "private", tmp_path / "public"
    init_keys("rs", ONE_DESK, private, public, NOW)
    file = public / "rs.json"
    file.write_text(file.read_text("utf-8").replace("2026-11-24", "2026-11-25"), "utf-8")
    with pytest.raises(KeyDirectoryError, match="did not sign"):
        init_keys("rs", TWO_DESKS, private, public, NOW)
