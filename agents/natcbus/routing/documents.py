"""YAML text as values that remember the line they were written on.

Only what a table needs is let through: mappings with plain keys, lists and single values. Aliases
and tags are refused, so that a file means what it shows and is as small as it looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

import yaml

from natcbus.routing.errors import Located

_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_TAGS: Final = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Where something is written; lines are counted from 1."""

    file: str
    line: int


class Kind(Enum):
    """What YAML 1.1 takes a single value for."""

    TEXT = "a text"
    WHOLE = "a whole number"
    FLAG = "a truth value"
    NOTHING = "nothing"
    OTHER = "something else"


class Word(NamedTuple):
    """A single value, exactly as it is written."""

    text: str
    kind: Kind
    at: Place


class Items(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    at: Place


class Entry(NamedTuple):
    """A key of a mapping and what it holds."""

    key: Word
    value: Node


class Entries(NamedTuple):
    """A mapping; each key stands once."""

    entries: tuple[Entry, ...]
    at: Place


Node: TypeAlias = Word | Items | Entries

_KINDS: Final = {
    f"{_TAGS}str": Kind.TEXT,
    f"{_TAGS}int": Kind.WHOLE,
    f"{_TAGS}bool": Kind.FLAG,
    f"{_TAGS}null": Kind.NOTHING,
}
_RESOLVERS: Final = yaml.SafeLoader.yaml_implicit_resolvers
"""First character -> tags and what a value of each looks like; closed by what YAML 1.1 says."""


@dataclass(slots=True)
class Report:
    """Collects what is wrong, so that an author sees everything at once."""

    problems: list[Located] = field(default_factory=list)

    def add(self, at: Place, code: str, text: str, fix: str) -> None:
        """One more problem."""
        self.problems.append(Located(at.file, at.line, code, text, fix))


def read_document(file: str, text: str, report: Report) -> Node | None:
    """What ``file`` holds; None when it holds nothing or is not YAML, which is then reported.

    Reports BAD_YAML, NOT_PLAIN_YAML and DUPLICATE_KEY.
    """
    try:
        return _Reader(file, text, report).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        said = str(error.problem)
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        line = 1
        said = str(error)
    report.add(Place(file, line), "BAD_YAML", f"this is not YAML: {said}", "correct the notation")
    return None


class _Reader:
    """Reads one file event by event: the library's own tree would be several times as large."""

    def __init__(self, file: str, text: str, report: Report) -> None:
        self._report = report
        self._events = yaml.parse(text, Loader=_LOADER)
        self._at = Place(file, 1)
        self._kinds: dict[str, Kind] = {}

    def document(self) -> Node | None:
        root = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    at = self._place(event)
                    self._report.add(at, "NOT_PLAIN_YAML", "a second document begins", "remove ---")
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                root = node if documents == 1 else root
        return root

    def _node(self, event: yaml.Event) -> Node | None:
        """The node that begins with ``event``, read to its end; None when it is refused."""
        at = self._place(event)
        tag = getattr(event, "tag", None)
        node: Node | None = None
        if isinstance(event, yaml.ScalarEvent):
            node = Word(event.value, self._kind(event), at)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Items(tuple(self._items()), at)
        elif isinstance(event, yaml.MappingStartEvent):
            node = Entries(tuple(self._entries()), at)
        elif isinstance(event, yaml.AliasEvent):
            text = f"*{event.anchor} repeats another part of the file"
            self._report.add(at, "NOT_PLAIN_YAML", text, "write it out")
        if tag is not None:
            self._report.add(at, "NOT_PLAIN_YAML", f"the tag {tag} is not known here", "remove it")
            return None
        return node

    def _items(self) -> Iterator[Node]:
        for event in self._until(yaml.SequenceEndEvent):
            node = self._node(event)
            if node is not None:
                yield node

    def _entries(self) -> Iterator[Entry]:
        first: dict[str, Place] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event)
            value = self._node(next(self._events))
            if not isinstance(key, Word):
                at = self._place(event)
                self._report.add(at, "NOT_PLAIN_YAML", "a key is no single value", "write a word")
            elif key.text in first:
                line = first[key.text].line
                text = f"{key.text} stands here a second time (first on line {line})"
                self._report.add(key.at, "DUPLICATE_KEY", text, "keep one of them")
            else:
                first[key.text] = key.at
                if value is not None:
                    yield Entry(key, value)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        line = mark.line + 1 if mark is not None else 1
        if line != self._at.line:
            self._at = Place(self._at.file, line)
        return self._at

    def _kind(self, event: yaml.ScalarEvent) -> Kind:
        plain, _ = event.implicit
        if not plain:
            return Kind.TEXT
        kind = self._kinds.get(event.value)
        if kind is None:
            kind = self._kinds[event.value] = _kind_of(event.value)
        return kind


def _kind_of(text: str) -> Kind:
    candidates = _RESOLVERS.get(text[:1], []) + _RESOLVERS.get(None, [])
    tag = next((tag for tag, pattern in candidates if pattern.match(text)), f"{_TAGS}str")
    return _KINDS.get(tag, Kind.OTHER)
