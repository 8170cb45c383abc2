"""The story of the demo, read from a directory: chapters in ``story.yaml``, events beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import yaml

from natcbus.contract.assembly import Json
from natcbus.contract.reading import parse_json
from natcbus.operations.errors import StoryError
from natcbus.operations.freshening import freshened

STORY_FILE: Final = "story.yaml"
_CHAPTER: Final = frozenset({"title", "tell", "publish", "look_at"})


@dataclass(frozen=True, slots=True)
class Scene:
    """One event that is handed to the bus; ``sender`` is the desk that it comes from."""

    name: str
    sender: str
    event: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some events with what to tell about them; ``look_at`` is a desk whose view is shown."""

    title: str
    tell: str
    scenes: tuple[Scene, ...]
    look_at: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """What is played, and the desks whose feeds are read meanwhile."""

    desks: tuple[str, ...]
    chapters: tuple[Chapter, ...]

    def scenes(self) -> Iterator[Scene]:
        """Every event of every chapter."""
        return (scene for chapter in self.chapters for scene in chapter.scenes)


def read_story(folder: Path, now: datetime) -> Story:
    """The story in ``folder``, its events made for ``now``.

    Raises
    ------
    StoryError
        A file is missing or is not what the demo can play.
    """
    file = folder / STORY_FILE
    try:
        written = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StoryError(file, str(error)) from error
    if not isinstance(written, dict) or written.keys() != {"desks", "chapters"}:
        raise StoryError(file, "it has the keys desks and chapters, and no other")
    return Story(
        desks=_words(written["desks"], file, "desks"),
        chapters=tuple(_chapter(each, file, now) for each in written["chapters"]),
    )


def _chapter(written: object, file: Path, now: datetime) -> Chapter:
    if not isinstance(written, Mapping) or not written.keys() <= _CHAPTER:
        raise StoryError(file, f"a chapter has {', '.join(sorted(_CHAPTER))}")
    names = _words(written.get("publish"), file, "publish")
    look_at = written.get("look_at")
    return Chapter(
        title=str(written.get("title", "")),
        tell=str(written.get("tell", "")),
        scenes=tuple(_scene(file.parent / name, now) for name in names),
        look_at=None if look_at is None else str(look_at),
    )


def _scene(file: Path, now: datetime) -> Scene:
    try:
        event = freshened(parse_json(file.read_bytes()), now)
    except OSError as error:
        raise StoryError(file, str(error)) from error
    header = event.get("header") if isinstance(event, dict) else None
    sender = header.get("from") if isinstance(header, dict) else None
    if not isinstance(event, dict) or not isinstance(sender, str):
        raise StoryError(file, "the event names no sender in header.from")
    return Scene(file.stem, sender, event)


def _words(written: object, file: Path, key: str) -> tuple[str, ...]:
    if not isinstance(written, Sequence) or isinstance(written, str):
        raise StoryError(file, f"{key} is a list")
    return tuple(str(each) for each in written)
