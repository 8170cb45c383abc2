"""Text of others, safe to print: what would steer a terminal or turn writing round is shown."""

from __future__ import annotations

import re
from typing import Final

_DELETE: Final = 0x7F
_PICTURES: Final = 0x2400
_PICTURE_OF_DELETE: Final = "\u2421"

# C0, C1, Arabic letter mark, zero-width space, left-to-right and right-to-left marks, line and
# paragraph separators, bidirectional embeddings, overrides and isolates, the byte order mark,
# lone surrogates, and the invisible tags.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """``text`` on one line, with control and bidirectional characters in a form that can be seen.

    C0 becomes its control picture (a line feed: U+240A), everything else ``<U+202E>``.
    """
    return _UNSAFE.sub(_show, text)


def escaped(json_text: str) -> str:
    r"""The same JSON with those characters as ``\uXXXX``; line feeds between values stay.

    JSON text can hold them only inside strings, so the values do not change.
    """
    return _UNSAFE.sub(_escape, json_text)


def _show(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return _PICTURE_OF_DELETE if code == _DELETE else f"<U+{code:04X}>"


def _escape(match: re.Match[str]) -> str:
    if match[0] == "\n":
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
