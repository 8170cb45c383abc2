"""Which versions of the Network a running hub decides under, and which it leaves aside."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import pytest

from natcbus.client.keystore import signing_key_in
from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import NetworkDocument, Seen, sign
from natcbus.hub.errors import SettingsError
from natcbus.hub.following import Follower, world_of
from natcbus.hub.network_topic import NetworkTopic
from natcbus.hub.router import HubRouter, read_topics, written_topics
from natcbus.hub.state import StateFolder
from natcbus.hub.used_version import UsedVersion
from natcbus.hub.world import unlisted_problem
from natcbus.operations.key_files import HUB
from natcbus.routing.errors import VersionRefusedError
from natcbus.routing.versions import Versions
from tests.support.office import Office

NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LATER: Final = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office.opened(tmp_path_factory.mktemp("office"), ["rs"], NOW)


def signer(office: Office) -> SigningKey:
    return signing_key_in(office.private(HUB) / "hub.sign.pem")


def versions(office: Office, used: Seen | None = None) -> Versions:
    mine = signer(office)
    return Versions(
        office.secretariat.keys,
        load_catalogue().audiences,
        used,
        lambda opened: unlisted_problem(mine, opened.keys),
    )


def refusal(log: Versions, document: NetworkDocument | bytes) -> str:
    value = document if isinstance(document, bytes) else document.to_bytes()
    with pytest.raises(VersionRefusedError) as refused:
        log.add(value)
    return refused.value.code


def numbers(log: Versions, now: datetime = NOW) -> list[int]:
    return [version.number for version in log.begun(now)]


def test_the_newest_that_has_begun_comes_first(office: Office) -> None:
    log = versions(office)
    for number in (1, 2):
        log.add(office.signed(number).to_bytes())
    log.add(office.signed(3, not_before=LATER).to_bytes())
    assert numbers(log) == [2, 1]
    assert numbers(log, LATER) == [3, 2, 1]
    assert numbers(log, NOW - timedelta(seconds=1)) == []
    assert log.begun(NOW)[0].opened.network.version == 2


def test_the_same_version_twice_is_one(office: Office) -> None:
    log = versions(office)
    for _ in range(2):
        log.add(office.signed(1).to_bytes())
    assert numbers(log) == [1]


def test_what_the_secretariat_did_not_sign_changes_nothing(office: Office) -> None:
    log, good = versions(office), office.signed(2)
    log.add(good.to_bytes())
    others = [SigningKey.generate(), SigningKey.generate()]
    drawn = replace(office.signed(3), signatures=())
    assert refusal(log, b"") == "BAD_DOCUMENT"
    assert refusal(log, drawn) == "TOO_FEW_SIGNATURES"
    assert refusal(log, sign(sign(drawn, others[0]), others[1])) == "UNTRUSTED_KEY"
    assert refusal(log, office.signed(1)) == "ROLLED_BACK"
    assert refusal(log, office.signed(2, not_before=LATER)) == "FORKED"
    assert numbers(log) == [2]


def test_what_is_signed_and_cannot_be_read_here_changes_nothing_either(office: Office) -> None:
    log = versions(office)
    log.add(office.signed(1).to_bytes())
    second = office.signed(2)
    assert refusal(log, office.signed(2, digest=bytes(32))) == "DIGEST_MISMATCH"
    policy = {**second.files, "policy/clocks.yaml": "nonsense: true\n"}
    assert refusal(log, office.signed(3, files=policy)) == "BAD_NETWORK"
    keys = {**second.key_files, "rs.json": "{}"}
    assert refusal(log, office.signed(4, key_files=keys)) == "WRONG_SHAPE"
    keys = {**second.key_files, "hub.json": other_hub(office)}
    assert refusal(log, office.signed(5, key_files=keys)) == "UNUSABLE_HERE"
    assert numbers(log) == [1]
    log.add(office.signed(6).to_bytes())
    assert numbers(log) == [6, 1]


def other_hub(office: Office) -> str:
    other = Office.opened(office.folder / "other", [], NOW)
    return (other.network / "keys" / "hub.json").read_text("utf-8")


def test_a_hub_that_was_ahead_does_not_go_back(office: Office) -> None:
    second = office.signed(2)
    log = versions(office, second.seen)
    assert refusal(log, office.signed(1)) == "ROLLED_BACK"
    log.add(second.to_bytes())
    assert numbers(log) == [2]


def test_no_older_version_takes_the_place_of_one_that_has_expired(office: Office) -> None:
    log = versions(office)
    log.add(office.signed(1).to_bytes())
    office.expires("2026-12-31")
    log.add(office.signed(2).to_bytes())
    office.expires("2036-12-31")
    new_year = datetime(2027, 1, 2, tzinfo=UTC)
    newest = world_of(log.begun(new_year)[0], signer(office)).in_use
    assert (newest.version, newest.expired(new_year)) == (2, True)


# What was used is remembered.


def test_the_newest_version_used_is_remembered_beyond_the_process(tmp_path: Path) -> None:
    first, second = Seen(1, bytes(32)), Seen(2, bytes(range(32)))
    memory = UsedVersion(StateFolder(tmp_path))
    assert memory.read() is None
    memory.note(second)
    memory.note(first)
    assert UsedVersion(StateFolder(tmp_path)).read() == second


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 2}', '{"version": 2, "fingerprint": "x"}']
)
def test_a_damaged_memory_stops_the_hub_rather_than_being_forgotten(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "network.json").write_text(text)
    with pytest.raises(SettingsError, match=r"network\.json: damaged"):
        UsedVersion(StateFolder(tmp_path)).read()


# A worker and what follows the network beside it.


class Topic:
    """``hub.network`` with what a test puts there, and the names of topics that exist."""

    def __init__(self, topics: Collection[str]) -> None:
        self.coming: list[bytes] = []
        self.existing = set(topics)

    def new(self) -> list[bytes]:
        coming, self.coming = self.coming, []
        return coming

    def topics(self) -> Collection[str]:
        return self.existing

    def close(self) -> None:
        raise AssertionError("nobody closes it while it is looked at")


class Worker:
    """A worker whose event loop is between two records at all times."""

    def between_messages(self, change: Callable[[], None]) -> None:
        change()

    def start_again(self) -> None:
        raise AssertionError("only the follower's own thread starts a worker again")

    def network_refused(self, code: str) -> None:
        raise AssertionError(code)

    def abandon(self, error: Exception) -> None:
        raise error


@pytest.fixture
def followed(office: Office, tmp_path: Path) -> SimpleNamespace:
    log = versions(office)
    log.add(office.signed(1).to_bytes())
    (used,) = log.begun(NOW)
    world = world_of(used, signer(office))
    router = HubRouter(world)
    topic = Topic({*read_topics(world.network), *written_topics(world.network)})
    memory = UsedVersion(StateFolder(tmp_path))
    follower = Follower(cast(NetworkTopic, topic), log, world, router, memory, 0.0, lambda: NOW)
    return SimpleNamespace(follower=follower, topic=topic, router=router, memory=memory)


def look(followed: SimpleNamespace) -> list[str]:
    return list(followed.follower.look(Worker()))


def test_a_new_version_decides_from_the_next_record_on(
    office: Office, followed: SimpleNamespace
) -> None:
    followed.topic.coming = [office.signed(2).to_bytes(), b"nothing", office.signed(3).to_bytes()]
    assert look(followed) == ["BAD_DOCUMENT"]
    assert followed.router.network().version == 3
    assert followed.memory.read().version == 3
    assert look(followed) == []


def test_a_version_waits_for_its_topics_and_that_is_said_once(
    office: Office, followed: SimpleNamespace
) -> None:
    followed.topic.existing.remove("desk.hu.spoc.feed")
    followed.topic.coming = [office.signed(2).to_bytes()]
    assert look(followed) == ["TOPICS_MISSING"]
    assert look(followed) == []
    assert followed.router.network().version == 1
    followed.topic.existing.add("desk.hu.spoc.feed")
    assert look(followed) == []
    assert followed.router.network().version == 2
