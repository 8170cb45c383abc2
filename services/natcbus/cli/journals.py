"""``natcbus journal``: what this member has accepted and not sent yet."""

from __future__ import annotations

from typing import Annotated

import typer

from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.cli.options import MEMBERS_SIDE, ContextOption, JsonOption
from natcbus.cli.output import Output, moment, table
from natcbus.cli.visible import visible
from natcbus.client import Publisher, State, contexts
from natcbus.client.entries import Entry
from natcbus.client.journal import journal_path, read_queued
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant

group = typer.Typer(help="Messages that are queued here and will be sent.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="journal", rich_help_panel=MEMBERS_SIDE)


@group.command(name="list")
def list_queued(context: ContextOption = None, *, as_json: JsonOption = False) -> None:
    """List what is queued, in the order in which it will be sent."""
    output = Output(as_json=as_json)
    where = contexts.load(context)
    queued = read_queued(journal_path(where.state, where.member))
    if as_json:
        output.document({"queued": [_row(each) for each in queued]})
        return
    if not queued:
        output.say("Nothing is queued.")
        return
    rows = table("message", "thread", "since", "expires")
    for each in queued:
        ids = visible(each.message_id), visible(each.thread_id)
        rows.add_row(*ids, moment(each.accepted_at), moment(each.expires_at))
    output.show(rows)


@group.command()
def drain(
    context: ContextOption = None,
    *,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to try.")
    ] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Send what is queued; return when nothing is."""
    output = Output(as_json=as_json)
    with Publisher(contexts.load(context)) as publisher:
        why = publisher.drain(timeout)
        done = _became(publisher)
    known: dict[str, Json] = {
        "messages": [{"message_id": each.message_id, "state": state} for each, state in done]
    }
    if not as_json:
        for each, state in done:
            output.say(f"{state} {visible(each.message_id)}", whole=True)
        if not done:
            output.say("Nothing is queued.")
    left = sum(state is State.QUEUED for _, state in done)
    if left:
        text = f"{left} of {len(done)} are still queued and will be sent: {why}"
        raise CommandError(Exit.UNAVAILABLE, [Fault("QUEUED", text)], known)
    if as_json:
        output.document(known | {"errors": []})


def note_earlier(publisher: Publisher, output: Output) -> None:
    """Say what became of what an earlier command had queued."""
    done = _became(publisher)
    for each in done:
        if each[1] is State.EXPIRED:
            output.note(f"{each[0].message_id} expired while it was queued: it was not sent")
    for state, what in ((State.SENT, "was sent first"), (State.QUEUED, "is still queued")):
        count = sum(each[1] is state for each in done)
        if count:
            output.note(f"queued earlier: {count} {what}")


def _became(publisher: Publisher) -> list[tuple[Entry, State]]:
    return [(each, publisher.state(each.message_id) or State.SENT) for each in publisher.earlier]


def _row(entry: Entry) -> dict[str, Json]:
    return {
        "message_id": entry.message_id,
        "thread_id": entry.thread_id,
        "accepted_at": write_instant(entry.accepted_at),
        "expires_at": write_instant(entry.expires_at),
    }
