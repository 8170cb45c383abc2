"""What a command prints: JSON for programs, lines and tables for people, errors in one form."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from natcbus.cli.failures import Fault
from natcbus.cli.visible import escaped, visible
from natcbus.contract.assembly import Json

_WIDTH_OF_A_PIPE: Final = 160
_BETWEEN_COLUMNS: Final = 3
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

    def say(self, text: str | Text = "", style: str = "", *, whole: bool = False) -> None:
        """Print a line, folded between words on a terminal; text of others must be ``visible``.

        ``whole`` leaves it in one piece, to be copied.
        """
        self.screen.print(text, style=style, soft_wrap=whole or not self.screen.is_terminal)

    def show(self, renderable: RenderableType) -> None:
        """Print a table or another thing of rich."""
        if isinstance(renderable, Table) and renderable.show_header:
            fit(renderable, self.screen.width)
        self.screen.print(renderable)

    def note(self, text: str) -> None:
        """Tell the person at the terminal something that is not the answer."""
        self._notes.print(visible(text), style="dim", soft_wrap=True)

    def errors(self, faults: Sequence[Fault], known: Mapping[str, Json] | None = None) -> None:
        """Say what is wrong: ``{"errors": [...]}`` on standard output, or lines on the other."""
        if self.as_json:
            self.document({**(known or {}), "errors": [fault.to_json() for fault in faults]})
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
        caption_justify="left",
        header_style="bold",
        pad_edge=False,
        show_edge=False,
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def fit(made: Table, width: int) -> None:
    """Divide ``width`` among the columns so that words stay whole as long as there is room.

    Rich by itself tears a code in two while another column still has room.
    """
    cells = [[str(each) for each in (column.header, *column.cells)] for column in made.columns]
    whole = [max(cell_len(line) for cell in each for line in cell.split("\n")) for each in cells]
    least = [
        max(cell_len(word) for cell in each for word in cell.split() or [""]) for each in cells
    ]
    for at, column in enumerate(made.columns):
        least[at] = whole[at] if column.no_wrap else least[at]
    room = max(width - _BETWEEN_COLUMNS * (len(cells) - 1), len(cells))
    while sum(least) > room:
        least[least.index(max(least))] -= 1
    for _ in range(room - sum(least)):
        # What would take the most lines gets the next character.
        needy = max(range(len(cells)), key=lambda at: whole[at] / max(least[at], 1))
        if least[needy] >= whole[needy]:
            break
        least[needy] += 1
    for column, wide in zip(made.columns, least, strict=True):
        column.width = max(wide, 1)


def moment(instant: datetime) -> str:
    """An instant for people: to the second, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def view_text(view: str) -> Text:
    """``full``, ``reduced`` or ``notice`` in its colour."""
    return Text(view, style=STYLES.get(view, ""))


def listed(words: Iterable[str], otherwise: str = "-") -> str:
    """Words with commas between, safe to print."""
    return visible(", ".join(words)) or otherwise
