"""Ids of messages, threads and deliveries, and what can be read from them.

Pure: the time and the randomness come in as arguments.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from natcbus.contract.formats import FORMATS
from natcbus.envelope.errors import BadIdError

ENTROPY_BYTES: Final = 10
"""Random bytes that a new id takes; 74 of their 80 bits are used."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_VERSION: Final = 7
_VARIANT: Final = 0b10


def new_message_id(now: datetime, entropy: bytes) -> str:
    """A UUID of version 7 (RFC 9562 section 5.7) that carries ``now`` to the millisecond.

    Unique within the sending member. Ids of different milliseconds sort by time.

    Raises
    ------
    BadIdError
        ``now`` is not aware or before 1970, or ``entropy`` is not 10 bytes.
    """
    if now.tzinfo is None:
        raise BadIdError("an aware time", now)
    if len(entropy) != ENTROPY_BYTES:
        raise BadIdError(f"{ENTROPY_BYTES} random bytes", f"{len(entropy)} bytes")
    milliseconds = (now - _EPOCH) // _MILLISECOND
    if milliseconds < 0:
        raise BadIdError("a time after 1970", now)
    random = int.from_bytes(entropy, "big")
    value = milliseconds << 80 | _VERSION << 76 | _VARIANT << 62
    value |= (random >> 62 & 0xFFF) << 64 | random & (1 << 62) - 1
    return str(UUID(int=value))


def new_thread_id(member: str, now: datetime, entropy: bytes) -> str:
    """A thread of ``member``, who owns it for ever: ``<member>.<uuid>``.

    Raises
    ------
    BadIdError
        As :func:`new_message_id`, or ``member`` is no member code.
    """
    return f"{_checked('member', member)}.{new_message_id(now, entropy)}"


def check_message_id(message_id: str) -> None:
    """Refuses what is not a UUID of version 7 in lower case.

    Raises
    ------
    BadIdError
        Always with the text that was found.
    """
    uuid = UUID(_checked("uuid", message_id))
    if uuid.version != _VERSION:
        raise BadIdError("a UUID of version 7", message_id)


def delivery_id(sender: str, message_id: str, desk: str) -> str:
    """``<member>/<message id>/<desk>``: the same for every attempt to deliver it.

    Raises
    ------
    BadIdError
        One of the three is malformed.
    """
    return _checked("delivery", f"{sender}/{message_id}/{desk}")


def owner_of(thread_id: str) -> str:
    """The member that a thread belongs to.

    Raises
    ------
    BadIdError
        ``thread_id`` is not ``<member>.<uuid>``.
    """
    return _checked("thread", thread_id).partition(".")[0]


def member_of(party: str) -> str:
    """The member that a desk belongs to; a member belongs to itself.

    Raises
    ------
    BadIdError
        ``party`` is neither a desk nor a member.
    """
    return _checked("party", party).partition(".")[0]


def is_desk(party: str) -> bool:
    """Whether ``party`` has the form of a desk."""
    return FORMATS["desk"].accepts(party)


def is_member(party: str) -> bool:
    """Whether ``party`` has the form of a member."""
    return FORMATS["member"].accepts(party)


def _checked(form: str, text: str) -> str:
    if not FORMATS[form].accepts(text):
        raise BadIdError(FORMATS[form].looks_like, text)
    return text
