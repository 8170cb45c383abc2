"""What the oracle reads: the YAML of a Network and the audience tables, as they are written.

Nothing is checked, compiled or indexed here. ``natcbus.routing`` reads the same texts with a reader
of its own, so a mistake in one of the two readers is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

Yaml = dict[str, Any]
"""A mapping as YAML gives it."""

_EVENTS: Final = Path(__file__).parents[2] / "schemas" / "natcbus" / "contract" / "events"


@dataclass(frozen=True)
class Party:
    """A desk and the member that it belongs to."""

    id: str
    desk: Yaml
    member: str
    of: Yaml
    """What the YAML says of the member."""


@dataclass(frozen=True)
class Book:
    """The rules of one Network.

    ``sections`` holds the YAML of all files together; ``audiences`` the audience table of each
    event type, with ``named_only`` added.
    """

    sections: Yaml
    audiences: Mapping[str, Yaml]

    def section(self, name: str) -> Any:  # noqa: ANN401 - YAML, as it is written
        """A section, or an empty one."""
        return self.sections.get(name) or {}

    def parties(self) -> Iterator[Party]:
        """Every desk of the Network, one after another."""
        for code, member in self.section("members").items():
            for desk_id, desk in (member.get("desks") or {}).items():
                yield Party(desk_id, desk, code, member)


def read_book(files: Mapping[str, str], audiences: Mapping[str, Yaml]) -> Book:
    """The Network that the files describe together; a section may be spread over several."""
    sections: Yaml = {}
    for text in files.values():
        for name, content in (yaml.safe_load(text) or {}).items():
            if isinstance(content, dict):
                sections.setdefault(name, {}).update(content)
            elif isinstance(content, list):
                sections.setdefault(name, []).extend(content)
            else:
                sections[name] = content
    return Book(sections, audiences)


def read_audiences() -> dict[str, Yaml]:
    """The audience table of every event type.

    A compartment with a field of class P5 opens for named desks alone; its schema says so, in the
    file that is named as the compartment is.
    """
    tables: dict[str, Yaml] = {}
    for file in sorted(_EVENTS.glob("*/v1/audience.yaml")):
        table = yaml.safe_load(file.read_text("utf-8"))
        table["named_only"] = [
            schema.stem
            for schema in sorted(file.parent.glob("*.avsc"))
            if schema.stem != "event" and '"pii": "P5"' in schema.read_text("utf-8")
        ]
        tables[table["event"]] = table
    return tables
