"""Private keys that others could read are not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from natcbus.client.errors import IncompatibleError
from natcbus.client.keystore import Keystore
from natcbus.envelope.keys import SealingKey, SigningKey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    for name, pem in (
        ("rs.sign.pem", SigningKey.generate().to_pem()),
        ("rs.spoc.seal.pem", SealingKey.generate().to_pem()),
        ("rs.seal.pem", b"no key"),
    ):
        (folder / name).write_bytes(pem)
        (folder / name).chmod(0o600)
    return folder


def code(folder: Path, party: str) -> IncompatibleError:
    with pytest.raises(IncompatibleError) as caught:
        Keystore(folder).sealing_key(party)
    return caught.value


def test_keys_are_read(folder: Path) -> None:
    assert Keystore(folder).signing_key("rs").key_id
    assert Keystore(folder).sealing_key("rs.spoc").key_id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_mend(folder: Path, mode: int) -> None:
    (folder / "rs.spoc.seal.pem").chmod(mode)
    error = code(folder, "rs.spoc")
    assert error.code == "KEY_READABLE"
    assert f"chmod go-rwx {folder / 'rs.spoc.seal.pem'}" in error.text


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o750)
    assert code(folder, "rs.spoc").code == "KEY_READABLE"


def test_a_missing_key_says_how_to_make_it(folder: Path) -> None:
    error = code(folder, "rs.thb-police")
    assert error.code == "NO_PRIVATE_KEY"
    assert "natcbus keys init" in error.text


def test_a_file_that_holds_no_key_is_refused(folder: Path) -> None:
    assert code(folder, "rs").code == "BAD_PRIVATE_KEY"
