"""``natcbus demo``: a whole bus on this machine that plays a story."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from natcbus.cli.demo_screen import DemoScreen
from natcbus.cli.demo_views import JsonView, PlainView, summary_line
from natcbus.cli.failures import unavailable
from natcbus.cli.inputs import the_time
from natcbus.cli.options import JsonOption
from natcbus.cli.output import Output
from natcbus.contract.assembly import Json
from natcbus.operations.demo.desks import WatchedDesks
from natcbus.operations.demo.playing import Director, Summary, sides
from natcbus.operations.demo.stage import Stage, Tell
from natcbus.operations.demo.story import Story, read_story
from natcbus.operations.examples import example_network, example_story

HUB_COMMAND: Final = (sys.executable, "-m", "natcbus.cli.main", "hub")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel="To see it work")(demo)


def demo(
    *,
    bootstrap: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="A Kafka to use; else an in-memory stand-in."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up afterwards, with contexts ready, until Ctrl-C.")
    ] = False,
    pace: Annotated[
        float, typer.Option(metavar="N", min=0, help="Pauses for reading: 1 as told, 0 none.")
    ] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Start a whole bus on this machine, play a story of about a minute, and stop everything.

    Alerts are published by one country, arrive sealed at the right desks of others, and are opened
    there with their own keys. Nothing but Python is needed.
    """
    output = Output(as_json=as_json)
    network, folder = example_network(), example_story()
    if network is None or folder is None:
        text = "the example network and the story are not installed: run the demo in a checkout"
        raise unavailable("NO_EXAMPLE", text)
    story = read_story(folder, the_time())
    with (
        _ended_by_signals(),
        _told(output) as tell,
        Stage(network, HUB_COMMAND, bootstrap, tell) as stage,
    ):
        tell("")
        _say_opening(stage, story, output)
        summary = _play(story, stage, pace, output)
        commands = _next_commands(summary, folder, keep=keep)
        _say_summary(summary, commands, output, embedded=bootstrap is None)
        if keep:
            _stay(stage, output)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A supervisor's SIGTERM, and a terminal that closes, end the demo as Ctrl-C does: in order."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        # Under nohup it is ignored, and stays so.
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _told(output: Output) -> Iterator[Tell]:
    """Where the stage says what it is doing: a spinner, lines, or JSON lines; "" ends it."""
    if output.as_json:
        yield lambda text: output.record({"event": "progress", "text": text}) if text else None
    elif not output.screen.is_terminal:
        yield lambda text: output.say(f"{text} ...") if text else None
    else:
        with output.screen.status("") as status:
            yield lambda text: status.update(f"{text} ...") if text else status.stop()


def _play(story: Story, stage: Stage, pace: float, output: Output) -> Summary:
    desks = WatchedDesks(sides(story, stage), stage.world, the_time())
    desks.start()
    try:
        network = stage.world.network
        if output.as_json:
            return Director(stage, desks, JsonView(output, network), pace).play(story)
        if not output.screen.is_terminal:
            return Director(stage, desks, PlainView(output, network), pace).play(story)
        with DemoScreen(output.screen, network) as view:
            return Director(stage, desks, view, pace).play(story)
    finally:
        desks.stop()


def _say_opening(stage: Stage, story: Story, output: Output) -> None:
    if output.as_json:
        return
    network = stage.world.network
    members = dict.fromkeys(desk.partition(".")[0] for desk in story.desks)
    watched = ", ".join(network.members[each].name for each in members)
    output.say(f"A bus of {len(network.members)} members and {len(network.desks)} desks runs here.")
    output.say(
        f"You watch {len(story.desks)} desks of {watched}: each reads its own feed and can open "
        "only what was sealed for it.",
        "dim",
    )


def _say_summary(
    summary: Summary, commands: Sequence[str], output: Output, *, embedded: bool
) -> None:
    if output.as_json:
        median = summary.median_ms
        output.record(
            {
                "event": "summary",
                "alerts": summary.alerts,
                "deliveries": summary.deliveries,
                "opened": summary.opened,
                "denials": summary.denials,
                "refusals": summary.refusals,
                "median_ms": None if median is None else round(median, 1),
                "next": [*commands],
            }
        )
        return
    output.say()
    output.say(f"{summary_line(summary)}.", "bold")
    if embedded:
        text = "Kafka was an in-memory stand-in here; guarantees are shown on Apache Kafka alone."
        output.say(text, "dim")
    output.say("\nTry next:")
    for command in commands:
        output.say(f"  {command}", "cyan", whole=True)


def _next_commands(summary: Summary, folder: Path, *, keep: bool) -> list[str]:
    program = _program()
    child, day = (_from_here(folder / name) for name in ("missing-child.json", "action-day.json"))
    if not keep:
        return [
            f"{program} demo --keep",
            f"{program} preview {child}",
            f"{program} why-not {day} --desk ro.spoc",
        ]
    return [
        f"{program} subscribe --context demo-hu --desk hu.border-police --from-start",
        f"{program} example missing_person | {program} publish - --context demo-rs --wait",
        f"{program} trace {summary.first_message} --context demo-rs",
    ]


def _stay(stage: Stage, output: Output) -> None:
    names = stage.keep_contexts()
    if output.as_json:
        kept: list[Json] = [*names]
        output.record({"event": "kept", "bootstrap": stage.bootstrap, "contexts": kept})
    else:
        output.say(f"\nThe bus stays up at {stage.bootstrap}; Ctrl-C stops it.", "bold")
        output.say(f"Contexts: {', '.join(names)}", "dim")
    sys.stdout.flush()
    # Here an interrupt is how the demo is meant to end.
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _program() -> str:
    """How this command is called from here."""
    if shutil.which("natcbus") is not None:
        return "natcbus"
    return _from_here(Path(sys.executable).parent / "natcbus")


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
