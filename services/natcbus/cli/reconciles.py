"""``natcbus reconcile``: what the topics hold against what was promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from natcbus.cli.connections import Brokers, brokers_of
from natcbus.cli.failures import Exit
from natcbus.cli.inputs import network_directory, the_time
from natcbus.cli.moments import moment_in
from natcbus.cli.network_sources import TrustedOption
from natcbus.cli.options import HOSTS_SIDE, BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output, screen
from natcbus.cli.reconciliation_views import report_json, show_report
from natcbus.client import contexts
from natcbus.operations.network_files import read_secretariat, secretariat_file
from natcbus.operations.reconciling import GRACE, reconcile
from natcbus.operations.reconciling.reconcile import Progress as Watch
from natcbus.operations.reconciling.rules import published_rules, rules_in
from natcbus.routing.signed import OpenedNetwork

_EVERY: Final = 250

NetworksOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--network",
        metavar="DIR|FILE",
        envvar="NATCBUS_NETWORK",
        help="A version of the network: YAML or a signed document; else the context's. Repeatable.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(name="reconcile", rich_help_panel=HOSTS_SIDE)(reconcile_topics)


def reconcile_topics(  # noqa: PLR0913 - each is an option of its own
    networks: NetworksOption = None,
    public: Annotated[
        Path | None,
        typer.Option("--public", metavar="DIR", help="Public keys, where not in the network."),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Judge what was sent since: an instant, or 2h, 7d."),
    ] = None,
    grace: Annotated[
        int,
        typer.Option(metavar="SECONDS", min=0, help="What is missing for less than this, waits."),
    ] = int(GRACE.total_seconds()),
    trusted: TrustedOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare all topics with what was promised, independent of the hub, and name each fault.

    Every message is decided again under the network version that its decision names: the versions
    of --network, and those on `hub.network` where the secretariat's keys are at hand. No private
    key is needed and nothing sealed is opened. Leaves with 1 when a promise was not kept.
    """
    output = Output(as_json=as_json)
    now = the_time()
    begin = None if since is None else moment_in(since, now)
    brokers = brokers_of(bootstrap, context)
    rules = _rules(networks, public, trusted, context, brokers, output)
    with _watching() as watch:
        report = reconcile(
            brokers.bootstrap,
            rules,
            security=brokers.security,
            grace=timedelta(seconds=grace),
            since=begin,
            now=now,
            progress=watch,
        )
    if as_json:
        output.document(report_json(report, rules, grace, begin))
    else:
        show_report(report, rules, begin, output)
    if not report.kept:
        raise typer.Exit(Exit.REFUSED)


def _rules(
    networks: Sequence[Path] | None,
    public: Path | None,
    trusted: Path | None,
    context: str | None,
    brokers: Brokers,
    output: Output,
) -> list[OpenedNetwork]:
    """What is named, and what the bus itself holds, each version once."""
    if networks:
        directories = list(networks)
    else:
        directories = [network_directory(None, output, context)]
        chosen = context or contexts.current_name()
        public = public or (contexts.load(chosen).public_keys if chosen is not None else None)
    rules = [rules_in(each, public) for each in directories]
    secretariat = trusted or secretariat_file(directories[0])
    if trusted is not None or secretariat.is_file():
        known = read_secretariat(secretariat)
        rules += published_rules(brokers.bootstrap, known, brokers.security)
    # What is named wins over what was published: its keys are the newer ones.
    return list(
        {(each.network.version, each.network.digest): each for each in rules[::-1]}.values()
    )


@contextmanager
def _watching() -> Iterator[Watch]:
    """A bar for each kind of topic, for a person at a terminal."""
    console = screen(stderr=True)
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        tasks = {}

        def watch(kind: str, done: int, total: int) -> None:
            if kind not in tasks:
                tasks[kind] = bar.add_task(kind, total=total)
            if done % _EVERY == 0 or done == total:
                bar.update(tasks[kind], completed=done)

        yield watch
