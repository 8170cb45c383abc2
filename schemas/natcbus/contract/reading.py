"""The event as it is written, in JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Final

from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import Catalogue, EventType
from natcbus.contract.changes import Earlier
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.rules import (
    check_meaning,
    check_sealed,
    compartment_shape,
    header_shape,
    open_shape,
)
from natcbus.contract.shapes import escape, write_instant
from natcbus.contract.types.core import Header, Native

_REVIEW_AFTER: Final = timedelta(days=90)
_ERASE_AFTER: Final = timedelta(days=365)
_EVENT_KEYS: Final = ("type", "header", "open", "sealed")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the SDK fills in where the author left it out.

    Attributes
    ----------
    lifetimes
        How long a message of an event type lives when ``expires_at`` is absent.
    earlier
        Messages that were sent before, by id: what supersedes one of them is on its thread, and
        need not state its digest.
    unread_digest
        Stands in for the digest of a superseded message that is not among ``earlier``. Such an
        event is good for a preview and must not be sent. None: the digest is missing.
    """

    message_id: str
    thread_uuid: str
    sent_at: datetime
    lifetimes: Mapping[str, timedelta]
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    unread_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event. ``open`` and the compartments in ``sealed`` are in the codec's native form."""

    type: EventType
    header: Header
    open: Native
    sealed: Mapping[str, Native]


def parse_json(text: str | bytes) -> Json:
    """JSON text, strictly: no duplicate keys, no NaN.

    Raises
    ------
    InvalidEventError
        MALFORMED_JSON with line and column, or DUPLICATE_KEY.
    """
    try:
        value: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError([Problem("", "MALFORMED_JSON", str(error)[:200])]) from error
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidEventError(
            [Problem(f"/{escape(twice)}", "DUPLICATE_KEY", "the key stands twice in one object")]
        )
    return found


def _refuse_constant(name: str) -> Json:
    message = f"{name} is not JSON"
    raise ValueError(message)


def read_event(value: Json, catalogue: Catalogue, defaults: Defaults) -> Event:
    """A valid event from its JSON value.

    Raises
    ------
    InvalidEventError
        With every problem, each with its pointer.
    """
    event_type, body = _event_type(value, catalogue)
    problems: list[Problem] = [
        Problem(f"/{escape(key)}", "UNKNOWN_FIELD", f"an event has {', '.join(_EVENT_KEYS)}")
        for key in body.keys() - set(_EVENT_KEYS)
    ]
    problems += [
        Problem(f"/{key}", "MISSING_FIELD", "required")
        for key in ("header", "open")
        if key not in body
    ]
    if problems:
        raise InvalidEventError(problems)
    header = _fill(body.get("header"), event_type, defaults)
    native_header = header_shape(event_type).read(header, "/header", problems)
    open_part = open_shape(event_type).read(body.get("open"), "/open", problems)
    sealed = _read_sealed(body.get("sealed", {}), event_type, problems)
    if problems or not isinstance(native_header, dict) or not isinstance(open_part, dict):
        raise InvalidEventError(problems)
    event = Event(event_type, Header.from_native(native_header), open_part, sealed)
    problems = [
        *check_meaning(event_type, event.header, event.open, sealed),
        *check_sealed(event_type, event.open, sealed),
    ]
    if problems:
        raise InvalidEventError(problems)
    return event


def _event_type(value: Json, catalogue: Catalogue) -> tuple[EventType, dict[str, Json]]:
    if not isinstance(value, dict):
        raise InvalidEventError(
            [Problem("", "WRONG_TYPE", f"an event is an object with {', '.join(_EVENT_KEYS)}")]
        )
    name = value.get("type")
    if not isinstance(name, str) or name not in catalogue.types:
        near = get_close_matches(str(name), catalogue.types, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known types: {', '.join(catalogue.types)}"
        code = "MISSING_FIELD" if name is None else "UNKNOWN_TYPE"
        raise InvalidEventError([Problem("/type", code, hint)])
    return catalogue.types[name], value


def _fill(header: Json, event_type: EventType, defaults: Defaults) -> Json:
    if not isinstance(header, dict):
        return header
    sender = str(header.get("from", ""))
    lifetime = defaults.lifetimes.get(event_type.name, timedelta(days=3))
    filled: dict[str, Json] = {
        "message_id": defaults.message_id,
        "thread_id": f"{sender.split('.', maxsplit=1)[0]}.{defaults.thread_uuid}",
        "type": event_type.name,
        "version": event_type.version,
        "sent_at": write_instant(defaults.sent_at),
        "expires_at": write_instant(defaults.sent_at + lifetime),
        "retention": {
            "review_by": _day(defaults.sent_at + _REVIEW_AFTER).isoformat(),
            "erase_by": _day(defaults.sent_at + _ERASE_AFTER).isoformat(),
        },
    }
    return filled | _continued(header, defaults)


def _continued(header: dict[str, Json], defaults: Defaults) -> dict[str, Json]:
    """The header with what is known of the message that it supersedes."""
    stated = header.get("supersedes")
    if not isinstance(stated, dict):
        return header
    earlier = defaults.earlier.get(str(stated.get("message_id")))
    if earlier is not None:
        reference: dict[str, Json] = {"signed_sha256": earlier.signed_sha256.hex(), **stated}
        return {"thread_id": earlier.thread_id, **header, "supersedes": reference}
    if defaults.unread_digest is not None:
        return {**header, "supersedes": {"signed_sha256": defaults.unread_digest, **stated}}
    return header


def _day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _read_sealed(value: Json, event_type: EventType, problems: list[Problem]) -> dict[str, Native]:
    if not isinstance(value, dict):
        problems.append(Problem("/sealed", "WRONG_TYPE", "expected an object of compartments"))
        return {}
    sealed: dict[str, Native] = {}
    for name, content in value.items():
        if name not in event_type.compartments:
            known = ", ".join(event_type.compartments)
            problems.append(
                Problem(f"/sealed/{escape(name)}", "UNKNOWN_COMPARTMENT", f"known here: {known}")
            )
            continue
        native = compartment_shape(event_type, name).read(content, f"/sealed/{name}", problems)
        sealed[name] = native if isinstance(native, dict) else {}
    return sealed


def header_to_json(event_type: EventType, header: Header) -> Json:
    """The header as it is written."""
    return header_shape(event_type).write(header.to_native())


def open_to_json(event_type: EventType, open_part: Native) -> Json:
    """The open part as it is written."""
    return open_shape(event_type).write(open_part)


def compartment_to_json(event_type: EventType, name: str, content: Native) -> Json:
    """A compartment as it is written."""
    return compartment_shape(event_type, name).write(content)


def event_to_json(event: Event) -> dict[str, Json]:
    """The whole event as it is written."""
    return {
        "type": event.type.name,
        "header": header_to_json(event.type, event.header),
        "open": open_to_json(event.type, event.open),
        "sealed": {
            name: compartment_to_json(event.type, name, each) for name, each in event.sealed.items()
        },
    }
