"""Messages that may have been written, kept so that they are sent again byte by byte.

A message that is composed anew has new keys and another digest: under the id of one that was
written after all, hub and desks would take it for a contradiction and refuse it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from natcbus.client.composing import Composed, EventLike
from natcbus.client.errors import RejectedError
from natcbus.contract.assembly import Json
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import parse_json

_LIMIT: Final = 1_024
_IDS: Final = ("message_id", "thread_id")


class InDoubt:
    """What one publisher handed over without learning whether it is durable."""

    def __init__(self) -> None:
        self._messages: dict[str, tuple[bytes, Composed]] = {}

    def remember(self, event: EventLike, composed: Composed) -> None:
        """Keeps a message; the oldest goes when there are very many."""
        content, _ = _content_and_ids(event)
        self._messages[composed.message_id] = (content, composed)
        if len(self._messages) > _LIMIT:
            del self._messages[next(iter(self._messages))]

    def recall(self, event: EventLike) -> Composed | None:
        """The message that was made of this event, if it is published again under its id.

        Raises
        ------
        RejectedError
            ID_REUSED: it says something else now.
        """
        if not self._messages:
            return None
        try:
            content, (message_id, thread_id) = _content_and_ids(event)
        except (InvalidEventError, TypeError, ValueError):
            return None
        kept, composed = self._messages.get(str(message_id), (b"", None))
        if composed is not None and (
            kept != content or thread_id not in {None, composed.thread_id}
        ):
            text = "may have been written with other content: publish that first, or take a new id"
            raise RejectedError([Problem("/header/message_id", "ID_REUSED", text)])
        return composed

    def forget(self, composed: Composed) -> None:
        """The message is durable."""
        self._messages.pop(composed.message_id, None)


def _content_and_ids(event: EventLike) -> tuple[bytes, list[Json]]:
    """A digest of the event without its ids, and its ids as far as it states them."""
    value: Json = parse_json(event) if isinstance(event, str | bytes) else dict(event)
    header = value.get("header") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(header, dict):
        message = "an event has a header"
        raise TypeError(message)
    rest = {key: each for key, each in header.items() if key not in _IDS}
    text = json.dumps({**value, "header": rest}, sort_keys=True)
    return hashlib.sha256(text.encode()).digest(), [header.get(key) for key in _IDS]
