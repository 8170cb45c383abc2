"""``natcbus hub``: run a hub worker, or several under a supervisor."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from natcbus.cli.failures import CommandError, Exit, Fault, unavailable
from natcbus.cli.options import HOSTS_SIDE, JsonOption

_MOST_WORKERS = 64


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel=HOSTS_SIDE)(hub)


def hub(
    *,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=_MOST_WORKERS,
            help="Run so many, each a process that is started again whatever it ended of.",
        ),
    ] = None,
    as_json: JsonOption = False,  # noqa: ARG001 - errors alone are printed
) -> None:
    """Run one hub worker until it is stopped; its settings are the variables NATCBUS_HUB_*.

    Leaves with the worker's own exit code: 0 after a clean stop, 71 to 76 when a supervisor is to
    start it again. With --workers it is that supervisor itself.
    """
    try:
        # Faust is an extra, and takes a second to import: no other command waits for it.
        from natcbus.hub.errors import SettingsError, UnfitFaustError  # noqa: PLC0415
        from natcbus.hub.settings import load_settings  # noqa: PLC0415
        from natcbus.hub.supervisor import supervise  # noqa: PLC0415
        from natcbus.hub.wiring import wiring_of  # noqa: PLC0415
        from natcbus.hub.worker import run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        text = f'{error.name} is not installed: pip install "natcbus[hub]"'
        raise unavailable("EXTRA_MISSING", text) from error

    try:
        settings = load_settings()
        if workers is None:
            code = run(settings, wiring_of)
        else:
            code = supervise(settings, workers, [sys.executable, "-m", "natcbus.cli.main", "hub"])
    except SettingsError as error:
        faults = [Fault(error.code, problem) for problem in error.problems]
        raise CommandError(Exit.WRONG_INPUT, faults) from error
    except UnfitFaustError as error:
        raise unavailable(error.code, str(error)) from error
    raise typer.Exit(code)
