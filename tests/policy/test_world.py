"""What a hub must find when it starts, and what it says when it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from natcbus.envelope.certificates import Use
from natcbus.envelope.issuing import IssuedKeys, issue_hub_keys, issue_member_keys, private_file
from natcbus.hub.errors import SettingsError
from natcbus.hub.world import World, load_world
from tests.support.building import SENT_AT
from tests.support.networks import EXAMPLE

HUB_KEY: Final = private_file("hub", Use.SIGN)


class Files:
    """The files of a hub, in a directory of the test."""

    def __init__(self, directory: Path) -> None:
        self.keys = directory / "keys"
        self.private = directory / "private"
        self.keys.mkdir()
        self.private.mkdir()
        self.add(issue_hub_keys())
        self.add(issue_member_keys("rs", ["rs.spoc"], SENT_AT))

    def add(self, issued: IssuedKeys) -> None:
        (self.keys / issued.public_name).write_text(issued.public, "utf-8")
        for name, pem in issued.private.items():
            (self.private / name).write_bytes(pem)

    def load(self, network: Path = EXAMPLE) -> World:
        return load_world(network, self.keys, self.private / HUB_KEY)

    def problems(self, network: Path = EXAMPLE) -> str:
        """What loading says is wrong."""
        with pytest.raises(SettingsError) as refused:
            self.load(network)
        return "\n".join(refused.value.problems)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_hub_starts_with_the_network_everybodys_public_keys_and_its_own_key(files: Files) -> None:
    world = files.load()
    assert "rs.spoc" in world.network.desks
    assert world.keys.hub_key() == world.signer.public
    assert world.keys.desk_key("rs.spoc").key_id
    reference = world.network_ref
    assert (reference.version, reference.digest) == (world.network.version, world.network.digest)


def test_a_key_that_the_directory_does_not_list_signs_nothing(files: Files) -> None:
    other = issue_hub_keys()
    (files.private / HUB_KEY).write_bytes(other.private[HUB_KEY])
    assert "recipients would refuse every delivery" in files.problems()


def test_a_directory_without_the_hubs_key_is_refused(files: Files) -> None:
    (files.keys / "hub.json").unlink()
    assert "keys init" in files.problems()


def test_every_problem_is_said_at_once_and_none_shows_a_key(files: Files, tmp_path: Path) -> None:
    (files.keys / "rs.json").write_text("{", "utf-8")
    (files.private / HUB_KEY).write_text("a secret that is no key", "utf-8")
    problems = files.problems(tmp_path / "nowhere")
    assert "nowhere: no such directory" in problems
    assert "rs.json: MALFORMED_JSON" in problems
    assert f"{HUB_KEY}: expected an Ed25519 private key" in problems
    assert "a secret" not in problems


def test_problems_of_the_network_name_file_and_line(files: Files, tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "network.yaml").write_text("network:\n  version: first\n", "utf-8")
    assert "network.yaml:2:" in files.problems(tmp_path / "network")


def test_a_missing_key_file_and_one_that_is_no_text_are_named(files: Files) -> None:
    (files.private / HUB_KEY).unlink()
    (files.keys / "hu.json").write_bytes(b"\xff\xfe")
    problems = files.problems()
    assert f"{HUB_KEY}: No such file" in problems
    assert "hu.json: cannot be read as UTF-8 text" in problems


def test_files_that_are_no_part_of_it_are_not_read(files: Files) -> None:
    (files.keys / "README.md").write_text("Who may add a file here.", "utf-8")
    (files.keys / ".rs.json.swp").write_bytes(b"\xff")
    (files.keys / "old").mkdir()
    (files.keys / "old" / "rs.json").write_text("{", "utf-8")
    assert files.load().keys.signing_key("rs").key_id
