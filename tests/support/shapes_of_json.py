"""Compares JSON with the example of it that a page of documentation gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

Json = Any

_SECTION: Final = re.compile(
    r"^### (?P<name>[^\n]+)\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)
_BLOCK: Final = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented_shapes(page: Path) -> dict[str, Json]:
    """The example of each section ``### name`` that has one."""
    text = page.read_text("utf-8")
    return {
        section["name"]: json.loads(block[1])
        for section in _SECTION.finditer(text)
        if (block := _BLOCK.search(section["body"]))
    }


def differences(documented: Json, real: Json, at: str = "") -> Iterator[str]:
    """Where ``real`` is not as documented: another field, a missing one, another kind of value.

    ``null`` in the documentation stands for anything, ``<word>`` as a key for any key.
    """
    if documented is None:
        return
    if _kind(documented) != _kind(real):
        yield f"{at or '/'}: documented {_kind(documented)}, found {_kind(real)}"
    elif isinstance(documented, dict):
        yield from _fields(documented, real, at)
    elif isinstance(documented, list):
        for index, each in enumerate(real):
            yield from differences(documented[0], each, f"{at}/{index}")


def _fields(documented: dict[str, Json], real: dict[str, Json], at: str) -> Iterator[str]:
    if len(documented) == 1 and next(iter(documented)).startswith("<"):
        for name, value in real.items():
            yield from differences(next(iter(documented.values())), value, f"{at}/{name}")
        return
    for name in documented.keys() ^ real.keys():
        yield f"{at}/{name}: {'not printed' if name in documented else 'not documented'}"
    for name in documented.keys() & real.keys():
        yield from differences(documented[name], real[name], f"{at}/{name}")


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    for kind, name in ((str, "a text"), (list, "a list"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return "null"
