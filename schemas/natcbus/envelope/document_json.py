"""A document of the Network as JSON: the form in which it travels and lies in a file.

Written as RFC 8785 (JSON Canonicalization Scheme) says: keys sorted, no spaces, UTF-8. A document
holds no number but its version, so that the part of that standard about numbers is not needed.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from natcbus.contract.assembly import Json
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.formats import FORMATS
from natcbus.contract.reading import parse_json
from natcbus.contract.types.core import Signature
from natcbus.envelope.errors import DocumentRefusedError

FORMAT: Final = "natcbus/1/network"
_FIELDS: Final = frozenset(
    {
        "format",
        "version",
        "digest",
        "not_before",
        "expires_at",
        "files",
        "key_files",
        "signatures",
    }
)
_SIGNATURE_BYTES: Final = 64


class DocumentFields(NamedTuple):
    """What the JSON says, each field in the type that it has in a document."""

    version: int
    digest: bytes
    not_before: datetime
    expires_at: datetime
    files: Mapping[str, str]
    key_files: Mapping[str, str]
    signatures: tuple[Signature, ...]


def write_document(fields: Mapping[str, Json], signatures: Sequence[Signature]) -> bytes:
    """The canonical bytes of a document."""
    whole = {
        **fields,
        "format": FORMAT,
        "signatures": [
            {"key_id": each.key_id, "value": base64.b64encode(each.value).decode()}
            for each in signatures
        ],
    }
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_document(data: bytes) -> DocumentFields:
    """The fields of a document, each of the right shape; what they mean together is not looked at.

    Raises
    ------
    DocumentRefusedError
        BAD_DOCUMENT.
    """
    whole = _object(_parsed(data), _FIELDS, "the document")
    if whole["format"] != FORMAT:
        raise DocumentRefusedError.unreadable(f"format is {FORMAT}")
    return DocumentFields(
        version=_whole(whole["version"]),
        digest=_hexadecimal(_text(whole["digest"], "digest"), "digest"),
        not_before=_instant(whole["not_before"], "not_before"),
        expires_at=_instant(whole["expires_at"], "expires_at"),
        files=_texts(whole["files"], "files"),
        key_files=_texts(whole["key_files"], "key_files"),
        signatures=_signatures(whole["signatures"]),
    )


def _parsed(data: bytes) -> Json:
    try:
        return parse_json(data.decode())
    except UnicodeDecodeError as error:
        raise DocumentRefusedError.unreadable("not UTF-8") from error
    except InvalidEventError as error:
        raise DocumentRefusedError.unreadable(error.problems[0].text) from error


def _object(value: Json, names: frozenset[str], at: str) -> dict[str, Json]:
    if not isinstance(value, dict) or value.keys() != names:
        raise DocumentRefusedError.unreadable(f"{at} has the fields {', '.join(sorted(names))}")
    return value


def _text(value: Json, at: str) -> str:
    if not isinstance(value, str):
        raise DocumentRefusedError.unreadable(f"{at} is a text")
    return value


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DocumentRefusedError.unreadable("version is a whole number")
    return value


def _hexadecimal(text: str, at: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise DocumentRefusedError.unreadable(f"{at} is hexadecimal") from error


def _instant(value: Json, at: str) -> datetime:
    try:
        return datetime.strptime(_text(value, at), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise DocumentRefusedError.unreadable(f"{at} is spelt 2026-11-24T08:00:00Z") from error


def _texts(value: Json, at: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise DocumentRefusedError.unreadable(f"{at} is an object of texts")
    return {name: _text(text, f"{at}/{name}") for name, text in value.items()}


def _signatures(value: Json) -> tuple[Signature, ...]:
    if not isinstance(value, list):
        raise DocumentRefusedError.unreadable("signatures is a list")
    return tuple(map(_signature, value))


def _signature(value: Json) -> Signature:
    fields = _object(value, frozenset({"key_id", "value"}), "a signature")
    key_id = _text(fields["key_id"], "key_id")
    if not FORMATS["key_id"].accepts(key_id):
        raise DocumentRefusedError.unreadable(f"key_id is {FORMATS['key_id'].looks_like}")
    try:
        octets = base64.b64decode(_text(fields["value"], "value"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DocumentRefusedError.unreadable("a signature's value is base64") from error
    if len(octets) != _SIGNATURE_BYTES:
        raise DocumentRefusedError.unreadable(f"a signature has {_SIGNATURE_BYTES} bytes")
    return Signature(key_id=key_id, value=octets)
