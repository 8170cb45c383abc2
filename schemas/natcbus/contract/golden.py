"""Publishes the current version of each event type: ``python -m natcbus.contract.golden``.

For every version there is, for ever, its schemas and one record in bytes, so that a test can show
that what was written then is read today. A published version is never written again.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.codec import (
    Signed,
    Tail,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
)
from natcbus.contract.reading import Defaults, Event, event_to_json, parse_json, read_event
from natcbus.contract.types.core import Parcel, Seal, Signature

EXAMPLE_DEFAULTS: Final = Defaults(
    message_id="01939e7e-8400-7000-8000-000000000001",
    thread_uuid="01939e7e-8400-7000-8000-000000000002",
    sent_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    lifetimes={},
)
"""What fills the gaps of an example in its golden form."""


def example(event_type: EventType) -> Event:
    """The event type's example, complete."""
    text = (_folder(event_type) / "example.json").read_text("utf-8")
    return read_event(parse_json(text), load_catalogue(), EXAMPLE_DEFAULTS)


def golden_files(event_type: EventType) -> dict[str, bytes]:
    """The files of the current version by name."""
    event = example(event_type)
    content = {f"{name}.avsc": _json(schema.definition) for name, schema in event_type.schemas()}
    content |= {
        f"{name}.bin": encode_compartment(event_type, name, native)
        for name, native in event.sealed.items()
    }
    return content | {"event.json": _json(event_to_json(event)), "message.bin": _message(event)}


def _message(event: Event) -> bytes:
    """The example as a framed record with place holders where keys would come in."""
    seals = tuple(
        Seal(
            compartment=name,
            schema_id=event.type.compartments[name].schema.id,
            ciphertext_sha256=bytes(32),
            key_commitment=bytes(range(32)),
        )
        for name in sorted(event.sealed)
    )
    parcels = tuple(
        Parcel(compartment=seal.compartment, ciphertext=b"ciphertext") for seal in seals
    )
    tail = Tail(Signature(key_id="0" * 16, value=bytes(64)), None, parcels, (), None)
    signed = encode_signed(event.type, Signed(event.header, event.open, seals))
    return frame(event.type.schema_id, signed + encode_tail(event.type, tail))


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _folder(event_type: EventType) -> Path:
    return (
        Path(__file__).parent / "events" / event_type.name / f"v{event_type.version.split('.')[0]}"
    )


def publish_new_versions() -> list[str]:
    """Writes the golden files of versions that have none yet; names what it wrote."""
    written = []
    for event_type in load_catalogue().types.values():
        folder = _folder(event_type) / "golden" / event_type.version
        if not folder.exists():
            folder.mkdir(parents=True)
            for name, content in golden_files(event_type).items():
                (folder / name).write_bytes(content)
            written.append(f"{event_type.name} {event_type.version}")
    return written


if __name__ == "__main__":
    sys.stdout.write("\n".join(publish_new_versions()) or "nothing new to publish")
    sys.stdout.write("\n")
