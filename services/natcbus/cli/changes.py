"""What an UPDATE or a CANCEL does to the message before it, in words, and its case so far."""

from __future__ import annotations

from typing import Final

from natcbus.cli.output import Output, listed
from natcbus.cli.visible import visible
from natcbus.client import contexts
from natcbus.client.threads import Thread, read_thread
from natcbus.contract.types.core import Change, Header

_WORDS: Final = {
    Change.CORRECTED: "replaces {}: facts corrected",
    Change.ANNULLED: "{} was never true",
    Change.ENDED: "{} was true until now",
}


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
        output.say(f"Had the case and gets this no more, owed a recall: {listed(desks)}", "yellow")


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
