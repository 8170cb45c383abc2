"""``natcbus hub``: run one hub worker."""

from __future__ import annotations

import typer

from natcbus.cli.failures import CommandError, Exit, Fault, unavailable
from natcbus.cli.options import HOSTS_SIDE, JsonOption


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel=HOSTS_SIDE)(hub)


def hub(
    *,
    as_json: JsonOption = False,  # noqa: ARG001 - errors alone are printed
) -> None:
    """Run one hub worker until it is stopped; its settings are the variables NATCBUS_HUB_*.

    Leaves with the worker's own exit code: 0 after a clean stop, 71 to 74 when a supervisor is to
    start it again.
    """
    try:
        # Faust is an extra, and takes a second to import: no other command waits for it.
        from natcbus.hub.errors import SettingsError, UnfitFaustError  # noqa: PLC0415
        from natcbus.hub.router import wire  # noqa: PLC0415
        from natcbus.hub.settings import Settings, load_settings  # noqa: PLC0415
        from natcbus.hub.worker import run  # noqa: PLC0415
        from natcbus.hub.world import load_world  # noqa: PLC0415
    except ModuleNotFoundError as error:
        text = f'{error.name} is not installed: pip install "natcbus[hub]"'
        raise unavailable("EXTRA_MISSING", text) from error

    try:
        settings: Settings = load_settings()
        wiring = wire(load_world(settings.network, settings.keys, settings.signing_key))
        code = run(settings, lambda _: wiring)
    except SettingsError as error:
        faults = [Fault(error.code, problem) for problem in error.problems]
        raise CommandError(Exit.WRONG_INPUT, faults) from error
    except UnfitFaustError as error:
        raise unavailable(error.code, str(error)) from error
    raise typer.Exit(code)
