"""What an UPDATE or a CANCEL does to the message before it, in words, and the case so far."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from natcbus.cli.failures import wrong_input
from natcbus.cli.output import Output, listed
from natcbus.cli.visible import visible
from natcbus.client import contexts
from natcbus.client.composing import Preview
from natcbus.client.threads import Thread, read_thread
from natcbus.contract.assembly import Json
from natcbus.contract.types.core import Change, Header

_WORDS: Final = {
    Change.CORRECTED: "replaces {}: facts corrected",
    Change.ANNULLED: "{} was never true",
    Change.ENDED: "{} was true until now",
}


class ExampleKind(StrEnum):
    """What an example does."""

    ALERT = "ALERT"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"


_CHANGES: Final = {
    ExampleKind.UPDATE: Change.CORRECTED.value,
    ExampleKind.CANCEL: Change.ENDED.value,
}


def going_on(written: Json, kind: ExampleKind, of: str | None) -> Json:
    """An example as the next message of a case; as it is where ``of`` names no message.

    Raises
    ------
    CommandError
        USAGE: the kind needs such a message, or has none.
    """
    if (of is None) != (kind is ExampleKind.ALERT):
        text = "--of ID goes with --kind UPDATE or --kind CANCEL, and they with it"
        raise wrong_input("USAGE", text)
    header = written.get("header") if isinstance(written, dict) else None
    if of is None or not isinstance(written, dict) or not isinstance(header, dict):
        return written
    says: dict[str, Json] = {"kind": kind.value, "change": _CHANGES[kind]}
    return {**written, "header": {**header, **says, "supersedes": {"message_id": of}}}


def change_text(header: Header) -> str:
    """What becomes of the superseded message; empty for a message that supersedes none."""
    if header.supersedes is None:
        return ""
    return _WORDS.get(header.change, "replaces {}").format(visible(header.supersedes.message_id))


def say_change(header: Header, output: Output) -> None:
    """Print that on a line of its own, if there is something to say."""
    text = change_text(header)
    if text:
        output.say(text, "bold")


def say_recalls(desks: tuple[str, ...], output: Output) -> None:
    """Print who had the case and gets no more of it, if anybody."""
    if desks:
        output.say()
        output.say(f"Had earlier messages and not this one, owed a recall: {listed(desks)}")


def earlier_json(found: Preview) -> list[Json] | None:
    """Who has something of the case; None for one that goes on and was not read."""
    if found.thread is None and found.event.header.supersedes is not None:
        return None
    return [*sorted(found.prior)]


def thread_read(header: Header, context: str | None, output: Output) -> Thread | None:
    """The case that an UPDATE or CANCEL goes on, from the receipts of a context that was named.

    None, and said, where none was named; None for a message that supersedes none.

    Raises
    ------
    NatcbusError
        There is no such context, or its bus does not answer.
    """
    if header.supersedes is None:
        return None
    if context is None:
        text = "Who has what it replaces is not known here: name a --context to read its receipts."
        output.note(text)
        return None
    return read_thread(contexts.load(context), header.supersedes.message_id)
