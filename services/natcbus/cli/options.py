"""The options that several commands share, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

BEFORE_SENDING: Final = "Before sending: no broker, no keys"
MEMBERS_SIDE: Final = "A member's side"
AGREED: Final = "What is agreed"
HOSTS_SIDE: Final = "The host's side"
"""Headings of the help page."""

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON, in the shape that docs/cli.md gives.")
]
EventFile: TypeAlias = Annotated[
    str, typer.Argument(metavar="FILE", help="An event as JSON, or - for standard input.")
]
NetworkOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--network",
        metavar="DIR",
        envvar="NATCBUS_NETWORK",
        help="Directory of the network's YAML; else the context's, else the example network.",
    ),
]
ContextOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        envvar="NATCBUS_CONTEXT",
        help="Servers, member, keys and network to use; else the selected context.",
    ),
]
DeskOption: TypeAlias = Annotated[
    str, typer.Option("--desk", metavar="DESK", help="A desk, for example rs.border-police.")
]
BootstrapOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--bootstrap", metavar="HOST:PORT", help="Brokers to ask; else those of the context."
    ),
]
