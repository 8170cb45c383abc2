"""What a message does to those before it in its case, and what must hold of the one it replaces.

======  =========  =====================================================
kind    change     means
======  =========  =====================================================
ALERT   NONE       It is new: it replaces nothing.
UPDATE  CORRECTED  The facts were wrong; here are the right ones.
CANCEL  ANNULLED   It was never true.
CANCEL  ENDED      It was true until now.
======  =========  =====================================================

An UPDATE or a CANCEL replaces the message that it names whole: it says everything anew, and nothing
of the two is merged. Each message is replaced once, so that a case is a chain and has one newest
state. Recipients act differently on what was never true and on what is over, so neither may be
guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Change, Header, Kind

CHANGES: Final[Mapping[Kind, frozenset[Change]]] = {
    Kind.ALERT: frozenset({Change.NONE}),
    Kind.UPDATE: frozenset({Change.CORRECTED}),
    Kind.CANCEL: frozenset({Change.ANNULLED, Change.ENDED}),
}
"""The changes that a kind of message may say; other kinds are not judged here."""

_SUPERSEDES: Final = "/header/supersedes"
_CHANGE: Final = "/header/change"
_SAYS: Final = {
    Kind.ALERT: "an ALERT is new: leave change out, or send an UPDATE or a CANCEL",
    Kind.UPDATE: "an UPDATE is CORRECTED: what was never true, or is over, is a CANCEL",
    Kind.CANCEL: "a CANCEL is ANNULLED (never true) or ENDED (true until now): say which",
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that was sent before; ``signed_sha256`` is of its signed bytes."""

    message_id: str
    thread_id: str
    type: str
    status: str
    signed_sha256: bytes


def change_problems(header: Header) -> Iterator[Problem]:
    """What kind, change and reference of a message say against one another.

    Codes: SUPERSEDES_MISSING, SUPERSEDES_NOT_ALLOWED, SUPERSEDES_ITSELF, CHANGE_NOT_ALLOWED.
    """
    allowed = CHANGES.get(header.kind)
    if allowed is None:
        return
    if header.change not in allowed:
        yield Problem(_CHANGE, "CHANGE_NOT_ALLOWED", _SAYS[header.kind])
    if header.kind is Kind.ALERT and header.supersedes is not None:
        text = "an ALERT replaces nothing: leave supersedes out, or send an UPDATE or a CANCEL"
        yield Problem(_SUPERSEDES, "SUPERSEDES_NOT_ALLOWED", text)
    if header.kind is not Kind.ALERT and header.supersedes is None:
        text = f"{header.kind} replaces an earlier message: name its message_id here"
        yield Problem(_SUPERSEDES, "SUPERSEDES_MISSING", text)
    if header.supersedes is not None and header.supersedes.message_id == header.message_id:
        text = "a message does not replace itself: name the earlier one, and take an id of your own"
        yield Problem(_SUPERSEDES, "SUPERSEDES_ITSELF", text)


def reference_problems(
    header: Header, earlier: Earlier | None, first: str | None
) -> Iterator[Problem]:
    """What is known to be wrong with the reference of an UPDATE or CANCEL.

    Codes: REFERENCE_UNKNOWN, REFERENCE_DIGEST, REFERENCE_MISMATCH, ALREADY_SUPERSEDED.

    Parameters
    ----------
    earlier
        The message that is referred to, where it is remembered; what is not is not judged.
    first
        The message that replaced it first, where one is remembered.
    """
    reference = header.supersedes
    if reference is None:
        return
    if earlier is not None:
        yield from _against(header, reference.signed_sha256, earlier)
    if first is not None and first != header.message_id:
        text = f"{reference.message_id} was replaced by {first}: replace the newest of the thread"
        yield Problem(_SUPERSEDES, "ALREADY_SUPERSEDED", text)


def unknown_reference(message_id: str) -> Problem:
    """The problem of a reference to a message of which nothing is known to have left."""
    text = (
        f"nothing of {message_id} is known to have left: `natcbus trace {message_id}` says what "
        "became of it; publish an ALERT if nothing did"
    )
    return Problem(_SUPERSEDES, "REFERENCE_UNKNOWN", text)


def _against(header: Header, signed_sha256: str, earlier: Earlier) -> Iterator[Problem]:
    if earlier.thread_id != header.thread_id:
        text = f"{earlier.message_id} is a message of {earlier.thread_id}: send on that thread"
        yield Problem(_SUPERSEDES, "REFERENCE_UNKNOWN", text)
    elif signed_sha256 != earlier.signed_sha256.hex():
        text = f"not the digest of {earlier.message_id}: leave signed_sha256 out, the SDK knows it"
        yield Problem(_SUPERSEDES, "REFERENCE_DIGEST", text)
    if (earlier.type, earlier.status) != (header.type, header.status):
        text = f"{earlier.message_id} is {earlier.type}, {earlier.status}: what replaces it is too"
        yield Problem(_SUPERSEDES, "REFERENCE_MISMATCH", text)
