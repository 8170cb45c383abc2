"""``natcbus network simulate``: what a changed network would do, before it does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from natcbus.cli.connections import brokers_of
from natcbus.cli.failures import CommandError, Exit, Fault, wrong_input
from natcbus.cli.inputs import the_time
from natcbus.cli.network_sources import TOPIC, TrustedOption, network_of
from natcbus.cli.options import BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output, screen
from natcbus.cli.simulation_views import Heard, show_simulation, simulation_json
from natcbus.operations.made_up_messages import made_up_messages
from natcbus.operations.message_sources import Unreadable, messages_in, messages_on
from natcbus.operations.simulating import Comparison, Message
from natcbus.routing.network import Network
from natcbus.routing.topics import out_topic

_STORY: Final = 1000
_FIRST_SEED: Final = 1
_NAMED: Final = 5


def add_to(group: typer.Typer) -> None:
    """Add the command of this module to ``natcbus network``."""
    group.command()(simulate)


def simulate(  # noqa: PLR0913 - each is an option of its own
    changed: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="The changed network.")],
    *,
    against: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help=f"The network in use: a directory, a signed document, or `{TOPIC}`.",
        ),
    ],
    messages: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help=f"Events in a file or a directory, or `{TOPIC}`: what members sent. Repeatable.",
        ),
    ] = None,
    story: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help=f"Make up N messages; {_STORY} where none are named."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Which ones: the same seed, the same messages.")
    ] = _FIRST_SEED,
    trusted: TrustedOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which deliveries each desk would gain and lose under a changed network, and why.

    Every message is decided under both networks, as the bus would; no key is needed and nothing is
    sent. Leaves with 1 when anybody gains, so that a review cannot overlook it.
    """
    output = Output(as_json=as_json)
    after = network_of(str(changed), trusted, bootstrap, context, output)
    before = network_of(against, trusted, bootstrap, context, output)
    if story is not None and messages:
        raise wrong_input("USAGE", "either --story N or --messages WHAT, not both")
    heard = Heard(story=None if messages else story or _STORY, seed=seed, sources=messages or ())
    comparison = Comparison(after, before)
    source = _messages(heard, before, bootstrap, context)
    unreadable = _compare(comparison, _watched(source, heard.story))
    found = comparison.simulation
    if not found.messages:
        raise CommandError(Exit.WRONG_INPUT, _nothing_read(heard, unreadable))
    if as_json:
        output.document(simulation_json(found, after, before, heard, unreadable))
    else:
        show_simulation(found, after, before, heard, unreadable, output)
    if found.somebody_gains:
        raise typer.Exit(Exit.REFUSED)


def _messages(
    heard: Heard, network: Network, bootstrap: str | None, context: str | None
) -> Iterator[Message | Unreadable]:
    if heard.story is not None:
        yield from made_up_messages(network, heard.story, the_time(), heard.seed)
    for source in heard.sources:
        if source == TOPIC and not Path(source).exists():
            brokers = brokers_of(bootstrap, context)
            topics = [out_topic(member) for member in network.members]
            yield from messages_on(brokers.bootstrap, topics, brokers.security)
        else:
            yield from messages_in(Path(source), network, the_time())


def _compare(
    comparison: Comparison, messages: Iterable[Message | Unreadable]
) -> Sequence[Unreadable]:
    unreadable = []
    for message in messages:
        if isinstance(message, Unreadable):
            unreadable.append(message)
        else:
            comparison.add(message)
    return unreadable


def _watched(
    messages: Iterable[Message | Unreadable], total: int | None
) -> Iterator[Message | Unreadable]:
    """The same messages; a person at a terminal sees how far it is."""
    console = screen(stderr=True)
    if not console.is_terminal:
        yield from messages
        return
    with _bar(console) as progress:
        task = progress.add_task("messages", total=total)
        for message in messages:
            yield message
            progress.advance(task)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True)


def _nothing_read(heard: Heard, unreadable: Sequence[Unreadable]) -> Iterator[Fault]:
    for each in unreadable[:_NAMED]:
        text = f"{each.name}: {each.problem.text}"
        yield Fault(each.problem.code, text, each.problem.pointer)
    if not unreadable:
        yield Fault("NO_MESSAGES", f"there is no message in {', '.join(heard.sources)}")
