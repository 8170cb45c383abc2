"""Entry point of the command ``natcbus``."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import typer
from typer.main import get_command

from natcbus.cli import (
    canaries,
    contexts,
    demos,
    events,
    hubs,
    journals,
    keys,
    networks,
    publishing,
    quarantines,
    reconciles,
    schemas,
    topologies,
)
from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.cli.judging import judge
from natcbus.cli.output import Output

TRACEBACK: Final = "NATCBUS_TRACEBACK"

app = typer.Typer(
    name="natcbus",
    help="Exchange alerts between the desks of an anti-trafficking network, sealed, and say why.",
    epilog="Exit codes: 0 done, 1 refused or not found, 2 wrong input, 3 unavailable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    events,
    publishing,
    journals,
    networks,
    schemas,
    topologies,
    quarantines,
    reconciles,
    keys,
    contexts,
    hubs,
    canaries,
    demos,
):
    group.register(app)


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    output = Output(as_json="--json" in arguments)
    # What the client library warns of, the commands say themselves and better.
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    logging.getLogger("kafka").propagate = False
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = get_command(app).main(list(arguments), prog_name="natcbus", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly()
    except SystemExit as end:
        # typer turns a broken pipe into exit code 1 before anybody else sees it.
        return _leave_quietly() if isinstance(end.__context__, OSError) else Exit.BUG
    except Exception as error:  # noqa: BLE001 - the one place where every error is put into words
        return _fail(error, output)
    return code if isinstance(code, int) else Exit.DONE


def _fail(error: Exception, output: Output) -> int:
    failure = judge(error)
    if failure is None:
        failure = _bug(error)
        if os.environ.get(TRACEBACK):
            traceback.print_exception(error)
    try:
        output.errors(failure.faults, failure.known)
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly()
    return failure.exit_code


def _bug(error: Exception) -> CommandError:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    # Only the type: the text of an unforeseen error may hold what was being read.
    text = f"{type(error).__name__}{where}: a fault of natcbus itself; {TRACEBACK}=1 shows more"
    return CommandError(Exit.BUG, [Fault("BUG", text)])


def _leave_quietly() -> int:
    # Whoever read our output has gone; the interpreter must not complain when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.DONE


if __name__ == "__main__":
    main()
