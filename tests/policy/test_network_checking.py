"""What bad input gets: a network, its keys and its signatures, each problem with its place."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natcbus.client.keystore import signing_key_in
from natcbus.envelope.network_document import NetworkDocument, sign
from natcbus.operations.errors import KeysExistError, NetworkUnreadableError
from natcbus.operations.key_files import HOLDERS, init_keys, init_secretariat
from natcbus.operations.network_checking import check_directory, check_document
from natcbus.operations.network_files import (
    read_document,
    read_network_files,
    read_secretariat,
    secretariat_file,
    write_document,
)
from natcbus.operations.network_signing import draw_up
from natcbus.routing.errors import Located
from tests.support.command_line import NETWORK, CommandLine
from tests.support.networks import example_network

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A copy of the example network with the keys of its hub, of Serbia and of the secretariat."""
    folder = tmp_path / "network"
    shutil.copytree(NETWORK, folder)
    private = tmp_path / "private"
    init_secretariat(private, folder / "keys")
    for owner in ("hub", "rs"):
        init_keys(owner, example_network(), private / owner, folder / "keys", NOW)
    return folder


def signed(network: Path, signers: int, now: datetime = NOW) -> Path:
    """The document of ``network``, with so many signatures."""
    document = draw_up(network, now)
    for holder in HOLDERS[:signers]:
        key = network.parent / "private" / holder / f"{holder}.sign.pem"
        document = sign(document, signing_key_in(key))
    file = network.parent / "network-1.json"
    write_document(document, file)
    return file


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def of_document(file: Path, now: datetime = NOW) -> tuple[Located, ...]:
    trusted = read_secretariat(secretariat_file(file.parent / "network"))
    return check_document(file, trusted, now).problems


# A directory.


def test_a_right_directory_has_no_problem_and_signs_nothing(network: Path) -> None:
    found = check_directory(network, NOW)
    assert found.problems == ()
    assert found.network == example_network()
    assert found.document is None


def test_two_desks_with_one_key(network: Path) -> None:
    file = network / "keys" / "rs.json"
    keys = json.loads(file.read_text("utf-8"))
    desks = [each for each in keys["certificates"] if "." in each["subject"]]
    desks[1]["key"] = desks[0]["key"]
    file.write_text(json.dumps(keys), "utf-8")
    problems = check_directory(network, NOW).problems
    assert {problem.file for problem in problems} == {str(file)}
    # Serbia's root did not certify it for the second desk either.
    assert {problem.code for problem in problems} == {"BAD_CERTIFICATE"}


def test_the_hubs_key_as_that_of_a_member(network: Path) -> None:
    keys = json.loads((network / "keys" / "rs.json").read_text("utf-8"))
    hub = {"hub": {"key": keys["root"]["key"]}}
    (network / "keys" / "hub.json").write_text(json.dumps(hub), "utf-8")
    (problem,) = check_directory(network, NOW).problems
    assert problem.code == "SHARED_KEY"
    assert problem.fix


def test_policy_and_keys_are_looked_at_together(network: Path) -> None:
    rewrite(network / "policy" / "clocks.yaml", "read: PT15M", "read: PT1S")
    (network / "keys" / "hub.json").write_text("{", "utf-8")
    problems = check_directory(network, NOW).problems
    assert [problem.code for problem in problems] == ["MALFORMED_JSON", "CLOCKS_OUT_OF_ORDER"]


def test_what_is_no_directory_of_a_network(tmp_path: Path) -> None:
    with pytest.raises(NetworkUnreadableError):
        check_directory(tmp_path, NOW)


def test_line_ends_and_bytes_of_the_files_are_kept(network: Path) -> None:
    file = network / "network.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    text = read_network_files(network).policy["network.yaml"]
    assert text.encode() == file.read_bytes()


def test_the_secretariats_keys_are_no_part_of_the_network(network: Path) -> None:
    assert sorted(read_network_files(network).keys) == ["hub.json", "rs.json"]
    assert sorted(read_document(signed(network, 2)).key_files) == ["hub.json", "rs.json"]


# A document.


def test_a_document_that_two_have_signed_has_no_problem(network: Path) -> None:
    assert of_document(signed(network, 2)) == ()


def test_one_signature_of_two(network: Path) -> None:
    file = signed(network, 1)
    (problem,) = of_document(file)
    assert (problem.code, problem.file, problem.line) == ("TOO_FEW_SIGNATURES", str(file), 1)
    assert "signed with 1 of 2" in problem.text
    assert "natcbus network sign" in problem.fix


def test_an_expired_version_is_located_where_its_last_day_stands(network: Path) -> None:
    file = signed(network, 2)
    problems = of_document(file, datetime(2037, 1, 1, tzinfo=UTC))
    (problem,) = (each for each in problems if each.code == "EXPIRED")
    assert problem.file == f"{file}/network.yaml"
    line = (network / "network.yaml").read_text("utf-8").splitlines()[problem.line - 1]
    assert line.strip() == "expires: 2036-12-31"


def test_a_version_for_later(network: Path) -> None:
    file = signed(network, 2, NOW + timedelta(hours=1))
    assert [problem.code for problem in of_document(file)] == ["NOT_YET_VALID"]


def test_a_document_whose_files_were_changed(network: Path) -> None:
    file = signed(network, 2)
    file.write_bytes(file.read_bytes().replace(b"read: PT15M", b"read: PT16M"))
    assert [problem.code for problem in of_document(file)] == ["BAD_SIGNATURE", "DIGEST_MISMATCH"]


def test_a_document_is_replaced_whole(network: Path) -> None:
    file = signed(network, 1)
    once = read_document(file)
    again = read_document(signed(network, 2))
    assert isinstance(once, NetworkDocument)
    assert again.fingerprint == once.fingerprint
    assert [each.name for each in file.parent.glob("network-1*")] == ["network-1.json"]


# The command.


def test_the_command_says_everything_with_its_place(natcbus: CommandLine, network: Path) -> None:
    trusted = ("--trusted", secretariat_file(network))
    file = signed(network, 1, datetime.now(UTC))
    answer = natcbus("network", "check", file, *trusted, "--json")
    assert answer.code == 2
    (error,) = answer.json["errors"]
    assert (error["code"], error["file"], error["line"]) == ("TOO_FEW_SIGNATURES", str(file), 1)
    rewrite(network / "policy" / "clocks.yaml", "read: PT15M", "read: PT1S")
    shown = natcbus("network", "check", network)
    assert shown.code == 2
    assert (
        f"{network / 'policy' / 'clocks.yaml'}:6: CLOCKS_OUT_OF_ORDER: clocks.missing" in shown.err
    )


def test_a_version_is_compared_with_the_one_in_use(natcbus: CommandLine, network: Path) -> None:
    in_use = signed(network, 2)
    assert natcbus("network", "check", network, "--against", in_use).code == 0
    rewrite(network / "policy" / "clocks.yaml", "read: PT15M", "read: PT20M")
    answer = natcbus("network", "check", network, "--against", in_use, "--json")
    (error,) = answer.json["errors"]
    assert (error["code"], error["fix"]) == ("VERSION_NOT_RAISED", "write 2")
    assert error["file"] == str(network / "network.yaml")
    rewrite(network / "network.yaml", "version: 1", "version: 2")
    assert natcbus("network", "check", network, "--against", in_use).code == 0


# The keys of the secretariat.


def test_each_holder_gets_a_key_in_a_folder_of_its_own(network: Path) -> None:
    folders = [network.parent / "private" / holder for holder in HOLDERS]
    for holder, folder in zip(HOLDERS, folders, strict=True):
        assert [file.name for file in folder.iterdir()] == [f"{holder}.sign.pem"]
        assert stat.S_IMODE((folder / f"{holder}.sign.pem").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_keys_of_the_secretariat_are_never_replaced(network: Path, tmp_path: Path) -> None:
    before = secretariat_file(network).read_bytes()
    with pytest.raises(KeysExistError):
        init_secretariat(tmp_path / "other", network / "keys")
    with pytest.raises(KeysExistError):
        init_secretariat(tmp_path / "private", tmp_path / "elsewhere")
    assert secretariat_file(network).read_bytes() == before
    assert not (tmp_path / "other").exists()
    assert not (tmp_path / "elsewhere").exists()
