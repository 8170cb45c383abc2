"""YAML text as values that remember the line they were written on.

Only what a table needs is let through: mappings with plain keys, lists and single values. Aliases and tags
are refused, so that a file means what it shows and stays as small as it looks.
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
_IMPLICIT: Final = frozenset({*_KINDS, *(_TAGS + name for name in ("float", "timestamp", "merge", "value", "map", "seq"))})


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
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        report.add(Place(file, line), "BAD_YAML", f"this is not YAML: {error.problem}", "correct the notation")
        return None
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        report.add(Place(file, 1), "BAD_YAML", f"this is not YAML: {error}", "correct the notation")
        return None
    return _Reader(file, report).read(root) if root is not None else None


class _Reader:
    """Turns the nodes of one file into values."""

    def __init__(self, file: str, report: Report) -> None:
        self._file = file
        self._report = report
        self._seen: set[int] = set()

    def read(self, node: yaml.Node) -> Node | None:
        at = Place(self._file, node.start_mark.line + 1)
        # The composer hands out one and the same node for an anchor and every alias of it.
        if id(node) in self._seen:
            self._refuse(at, "an alias repeats another part of the file", "write it out")
            return None
        self._seen.add(id(node))
        if node.tag not in _IMPLICIT:
            self._refuse(at, f"the tag {node.tag} is not known here", "leave the tag out")
            return None
        if isinstance(node, yaml.ScalarNode):
            return Word(node.value, _KINDS.get(node.tag, Kind.OTHER), at)
        if isinstance(node, yaml.SequenceNode):
            found = (self.read(item) for item in node.value)
            return Items(tuple(item for item in found if item is not None), at)
        return Entries(tuple(self._entries(node)), at)

    def _entries(self, node: yaml.Node) -> Iterator[Entry]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self.read(key_node)
            value = self.read(value_node)
            if not isinstance(key, Word):
                self._refuse(Place(self._file, key_node.start_mark.line + 1), "a key is no single value", "write a word")
            elif key.text in first:
                self._report.add(
                    key.at,
                    "DUPLICATE_KEY",
                    f"{key.text} stands here a second time (first on line {first[key.text]})",
                    "keep one of them",
                )
            else:
                first[key.text] = key.at.line
                if value is not None:
                    yield Entry(key, value)

    def _refuse(self, at: Place, text: str, fix: str) -> None:
        self._report.add(at, "NOT_PLAIN_YAML", text, fix)
