"""A desk's subscriber and what it remembers, on a feed that is a list."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from natcbus.client import (
    Context,
    Delivery,
    IncompatibleError,
    Refused,
    Start,
    Subscriber,
    UnavailableError,
)
from natcbus.client.world import World
from natcbus.envelope.certificates import Use
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.issuing import private_file
from tests.support.mutations import Json, example
from tests.support.sides import NOW, sides

DESK = "hu.spoc"


@dataclass(frozen=True)
class Record:
    offset: int
    value: bytes | None
    timestamp: int = int(NOW.timestamp() * 1000)


class Feed:
    """What stands in for ``Follower``: a list of values, read from an offset to its end."""

    def __init__(self, values: Iterable[bytes | None]) -> None:
        self.values = list(values)
        self.at = 0

    def __call__(self, _: Context, topic: str) -> Feed:
        assert topic == f"desk.{DESK}.feed"
        self.at = 0
        return self

    def begin(self) -> None:
        self.at = 0

    def begin_at(self, offset: int, _: str) -> None:
        self.at = offset

    def records(self, **_: bool) -> Iterator[Record]:
        for offset in range(self.at, len(self.values)):
            yield Record(offset, self.values[offset])

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    feed = Feed(delivered())
    monkeypatch.setattr("natcbus.client.subscriber.Follower", feed)
    return feed


@cache
def delivered() -> tuple[bytes, ...]:
    """Three messages of one sender, as they came to the desk."""
    return tuple(fed(numbered(number)) for number in range(3))


def numbered(number: int) -> Json:
    event = example("missing_person", NOW)
    event["header"]["message_id"] = f"01939e7e-8400-7000-8000-00000000000{number}"
    return event


def fed(event: Json) -> bytes:
    return sides().feeds(sides().compose(event), "rs")[DESK]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    name = private_file(DESK, Use.SEAL)
    (keys / name).touch(mode=0o600)
    (keys / name).write_bytes(sides().parties.private[name])
    return Context(
        name="hu",
        bootstrap="nowhere:1",
        member="hu",
        network=tmp_path,
        keys=keys,
        state=tmp_path / "state",
    )


def subscriber(context: Context, **options: Any) -> Subscriber:  # noqa: ANN401 - those of Subscriber
    given = {"desk": DESK, "world": sides().world, "on_refused": unexpected, **options}
    return Subscriber(context, **given)


def unexpected(refused: Refused) -> None:
    raise AssertionError(refused)


def numbers(deliveries: Iterator[Delivery] | Subscriber) -> list[int]:
    return [int(each.message_id[-1]) for each in deliveries]


def test_what_was_being_handled_when_the_process_died_is_shown_again_and_nothing_twice(
    feed: Feed, context: Context
) -> None:
    with subscriber(context) as first:
        seen = iter(first)
        assert [next(seen).message_id[-1] for _ in range(2)] == ["0", "1"]
    with subscriber(context) as second:
        assert numbers(second) == [1, 2]
    with subscriber(context) as third:
        assert numbers(third) == []


def test_an_error_of_the_caller_leaves_the_delivery_to_come_again(
    feed: Feed, context: Context
) -> None:
    def handle(_: Delivery) -> int:
        return 1 // 0

    with pytest.raises(ZeroDivisionError), subscriber(context) as first:
        list(map(handle, first))
    with subscriber(context) as second:
        assert numbers(second) == [0, 1, 2]


def test_a_loop_that_was_left_goes_on_with_what_was_not_finished(
    feed: Feed, context: Context
) -> None:
    with subscriber(context) as reading:
        for delivery in reading:
            if delivery.message_id.endswith("1"):
                break
        assert numbers(reading) == [1, 2]


@pytest.mark.parametrize("start", [Start(), Start(beginning=True)])
def test_a_copy_is_dropped_without_a_word(feed: Feed, context: Context, start: Start) -> None:
    feed.values = [feed.values[0], *feed.values, *feed.values]
    with subscriber(context, start=start) as reading:
        assert numbers(reading) == [0, 1, 2]


@pytest.mark.parametrize("start", [Start(), Start(beginning=True)])
def test_another_message_under_an_id_that_was_shown_is_reported(
    feed: Feed, context: Context, start: Start
) -> None:
    feed.values.append(fed(numbered(1) | {"sealed": {**example("missing_person")["sealed"]}}))
    refused: list[Refused] = []
    with subscriber(context, start=start, on_refused=refused.append) as reading:
        assert numbers(reading) == [0, 1, 2]
    assert [(each.offset, each.code) for each in refused] == [(3, "ID_REUSED")]


def test_a_chosen_start_shows_again_and_changes_nothing_for_the_next_resume(
    feed: Feed, context: Context
) -> None:
    with subscriber(context) as reading:
        assert numbers(reading) == [0, 1, 2]
    with subscriber(context, start=Start(beginning=True)) as again:
        assert numbers(again) == [0, 1, 2]
    with subscriber(context) as resumed:
        assert numbers(resumed) == []


@pytest.mark.parametrize("garbage", [None, b"", b"garbage", b"\x01" * 300_000])
def test_what_is_no_delivery_is_reported_and_the_next_one_comes(
    feed: Feed, context: Context, garbage: bytes | None
) -> None:
    feed.values.insert(1, garbage)
    refused: list[Refused] = []
    with subscriber(context, on_refused=refused.append) as reading:
        assert numbers(reading) == [0, 1, 2]
    assert [each.offset for each in refused] == [1]
    assert refused[0].code in {"NOT_FRAMED", "MESSAGE_TOO_LARGE"}


def test_whoever_cannot_take_a_refusal_gets_it_again(feed: Feed, context: Context) -> None:
    feed.values.insert(1, b"garbage")
    with pytest.raises(AssertionError), subscriber(context) as first:
        numbers(first)
    with pytest.raises(AssertionError), subscriber(context) as second:
        numbers(second)


@pytest.mark.parametrize(
    "behind",
    [
        lambda keys: directory({name: each for name, each in keys.files.items() if name != "rs"}),
        lambda keys: directory({**keys.files, "rs": renamed(keys)}),
    ],
    ids=["MISSING_KEY", "WRONG_KEY"],
)
def test_who_catches_up_gets_what_could_not_be_believed_before(
    feed: Feed,
    context: Context,
    behind: Callable[[KeyDirectory], KeyDirectory],
) -> None:
    refused: list[Refused] = []
    old = replace(sides().world, keys=behind(sides().world.keys))
    with subscriber(context, world=old, on_refused=refused.append) as reading:
        assert numbers(reading) == []
    assert {each.code for each in refused} <= {"MISSING_KEY", "WRONG_KEY"}
    assert len(refused) == 3
    with subscriber(context) as caught_up:
        assert numbers(caught_up) == [0, 1, 2]
    with subscriber(context) as resumed:
        assert numbers(resumed) == []


def directory(files: Any) -> KeyDirectory:  # noqa: ANN401 - files of a directory
    return KeyDirectory._of(files, sides().world.keys.hub_key())  # noqa: SLF001 - some keys changed


def renamed(keys: KeyDirectory) -> Any:  # noqa: ANN401 - a file of the directory
    """Serbia's file with Hungary's signing key: as before Serbia made a new one."""
    (foreign,) = (
        each
        for each in keys.files["hu"].certificates
        if each.subject == "hu" and each.use is Use.SIGN
    )
    rest = [
        each
        for each in keys.files["rs"].certificates
        if not (each.subject == "rs" and each.use is Use.SIGN)
    ]
    return replace(keys.files["rs"], certificates=(*rest, replace(foreign, subject="rs")))


def test_a_desk_that_is_none_is_refused_with_the_nearest(context: Context) -> None:
    with pytest.raises(IncompatibleError) as caught:
        subscriber(context, desk="hu.spok")
    assert caught.value.code == "UNKNOWN_DESK"
    assert "did you mean hu.spoc" in caught.value.text


def test_without_the_hubs_key_nothing_is_read_and_nothing_passed_over(context: Context) -> None:
    keys = KeyDirectory._of(sides().world.keys.files, None)  # noqa: SLF001 - as above
    world = World(sides().world.network, keys, sides().world.catalogue)
    with pytest.raises(IncompatibleError) as caught:
        subscriber(context, world=world)
    assert caught.value.code == "BAD_NETWORK"
    assert "hub" in caught.value.text


def test_a_closed_subscriber_reads_nothing(feed: Feed, context: Context) -> None:
    with subscriber(context) as reading:
        """Closed at once."""
    with pytest.raises(IncompatibleError) as caught:
        numbers(reading)
    assert caught.value.code == "BAD_SETTINGS"


def test_a_second_process_is_told_which_one_reads_already(feed: Feed, context: Context) -> None:
    program = (
        "import sys; from pathlib import Path; from natcbus.client.shown import Shown\n"
        f"with Shown(Path({str(context.state / f'{DESK}.sqlite')!r})):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UnavailableError) as caught:
            subscriber(context)
        other.communicate()
    assert caught.value.code == "STATE_IN_USE"
    assert f"process {other.pid} " in caught.value.text
    with subscriber(context) as reading:
        assert numbers(reading) == [0, 1, 2]
