"""What a command prints: JSON for programs, lines and tables for people, errors in one form."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from natcbus.cli.failures import Fault
from natcbus.cli.visible import escaped, visible
from natcbus.contract.assembly import Json

_WIDTH_OF_A_PIPE: Final = 160
STYLES: Final = {
    "full": "bold green",
    "reduced": "yellow",
    "notice": "cyan",
    "denied": "red",
    "quiet": "dim",
}


class Output:
    """The answer of one command on standard output, and notes for people on standard error.

    Attributes
    ----------
    as_json
        Whether the answer is for a program.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.screen = screen()
        self._notes = screen(stderr=True)

    def document(self, value: Json) -> None:
        """Print one JSON document."""
        sys.stdout.write(escaped(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")

    def record(self, value: Json) -> None:
        """Print one JSON value on a line of its own, at once."""
        sys.stdout.write(escaped(json.dumps(value, ensure_ascii=False)) + "\n")
        sys.stdout.flush()

    def say(self, text: str | Text = "", style: str = "") -> None:
        """Print one line; text of others must come through ``visible``."""
        self.screen.print(text, style=style, soft_wrap=True)

    def show(self, renderable: RenderableType) -> None:
        """Print a table or another thing of rich."""
        self.screen.print(renderable)

    def note(self, text: str) -> None:
        """Tell the person at the terminal something that is not the answer."""
        self._notes.print(visible(text), style="dim", soft_wrap=True)

    def errors(self, faults: Sequence[Fault]) -> None:
        """Say what is wrong: ``{"errors": [...]}`` on standard output, or lines on standard error."""
        if self.as_json:
            self.document({"errors": [fault.to_json() for fault in faults]})
            return
        for fault in faults:
            self._notes.print(fault_line(fault), soft_wrap=True)


def screen(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji names, colour on a terminal only."""
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_PIPE
    return console


def fault_line(fault: Fault) -> Text:
    """``place: CODE: text`` and, where there is one, the fix below."""
    line = Text()
    if fault.place:
        line.append(f"{visible(fault.place)}: ", style="bold")
    line.append(f"{fault.code}: ", style="red")
    line.append(visible(fault.text))
    if fault.fix:
        line.append(f"\n    {visible(fault.fix)}", style="dim")
    return line


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the house style: no frame, so that it can be cut with other tools."""
    made = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        pad_edge=False,
        show_edge=False,
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def view_text(view: str) -> Text:
    """``full``, ``reduced`` or ``notice`` in its colour."""
    return Text(view, style=STYLES.get(view, ""))


def listed(words: Iterable[str], otherwise: str = "-") -> str:
    """Words with commas between, safe to print."""
    return visible(", ".join(words)) or otherwise
