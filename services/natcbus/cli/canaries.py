"""``natcbus canary``: a message that goes round, and says when it did not come back."""

from __future__ import annotations

import logging
import signal
from typing import Annotated

import typer

from natcbus.cli.failures import CommandError, Exit, Fault, unavailable
from natcbus.cli.options import HOSTS_SIDE, ContextOption, JsonOption
from natcbus.cli.output import Output
from natcbus.client import contexts
from natcbus.operations.canary.message import READS, SENDS


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel=HOSTS_SIDE)(canary)


def canary(  # noqa: PLR0913 - each is one option
    *,
    context: ContextOption = None,
    sends: Annotated[
        str, typer.Option("--from", metavar="DESK", help="The desk that sends it.")
    ] = SENDS,
    reads: Annotated[
        str, typer.Option("--desk", metavar="DESK", help="The desk that waits for it.")
    ] = READS,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, max=3600, help="How often.")
    ] = 60.0,
    within: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1, max=3600, help="How long it may take to come back."),
    ] = 20.0,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Of /ready and /metrics, on loopback; 0: a free one."),
    ] = 0,
    once: Annotated[
        bool, typer.Option("--once", help="Send one, wait for it, and leave: 0 back, 3 not.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send a message of status SYSTEM each minute through the whole bus, and wait for it.

    Both desks belong to the context's member, are enrolled for SYSTEM alone, and nobody sits there.
    Their state is theirs: run one canary for each context.
    """
    try:
        # Prometheus' client is an extra: no other command needs it.
        from natcbus.operations.canary.canary import Canary  # noqa: PLC0415
        from natcbus.operations.canary.pages import CanaryPages  # noqa: PLC0415
    except ModuleNotFoundError as error:
        text = f'{error.name} is not installed: pip install "natcbus[hub]"'
        raise unavailable("EXTRA_MISSING", text) from error

    with Canary(contexts.load(context), sends, reads, within) as bird:
        if once:
            _tell(bird.once(), bird.look(), Output(as_json=as_json))
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: bird.stop())
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"
        )
        with CanaryPages(bird.look, bird.figures.text, port) as pages:
            logging.getLogger(__name__).info("health and metrics on %s", pages.url)
            bird.run(every)


def _tell(seconds: float | None, obstacles: list[str], output: Output) -> None:
    if seconds is None:
        text = f"it did not come back: {'; '.join(obstacles)}: look at the hub's /ready"
        raise CommandError(Exit.UNAVAILABLE, [Fault("NOT_RETURNED", text)])
    if output.as_json:
        output.document({"seconds": round(seconds, 3)})
    else:
        output.say(f"It came back after {seconds:.2f} s.")
