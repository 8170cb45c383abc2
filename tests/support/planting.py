"""Planting a token in what is sealed, and every way in which it could lie somewhere."""

from __future__ import annotations

import base64
from typing import Any, Final

_FREE: Final = frozenset(
    {
        *("full", "family", "given", "description", "clothing", "marks", "plate", "municipality"),
        *("text", "url", "name", "identifier", "handle", "police_record", "number", "reporter"),
    }
)


def planted(value: Any, token: str, at: str = "") -> Any:  # noqa: ANN401 - JSON
    """The content with the token in each text that is free enough to hold it."""
    if isinstance(value, dict):
        return {key: planted(each, token, key) for key, each in value.items()}
    if isinstance(value, list):
        return [planted(each, token, at) for each in value]
    return f"{token} {value}"[:20] if isinstance(value, str) and at in _FREE else value


def spellings(text: str) -> list[bytes]:
    """As bytes, as UTF-16, and as base64 at its three alignments."""
    raw = text.encode()
    shifted = (base64.b64encode(bytes(shift) + raw).rstrip(b"=") for shift in range(3))
    inner = [encoded[(4 * shift + 2) // 3 + 1 : -2] for shift, encoded in enumerate(shifted)]
    return [raw, text.encode("utf-16-le"), text.encode("utf-16-be"), *inner]
