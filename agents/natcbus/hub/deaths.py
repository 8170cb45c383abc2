"""Deaths at a record, counted across processes, and what is therefore put aside undecided.

A worker marks the record that it is about to decide. The next worker of its slot reads the mark: if
there is one, the record ended the process, by a bug, a segmentation fault, an endless loop or its
size in memory. When that has happened ``lethal_after`` times at one record, workers that start from
then on put it into quarantine without looking into it.

Nothing else counts. A broker that hangs ends workers too, always with the same record at the head
of a partition, and that record has done nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from natcbus.hub.marks import Mark, Position
from natcbus.hub.settings import Settings
from natcbus.hub.state import Entries, StateFolder

_FILE: Final = "deaths.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Past:
    """What a worker knows of those before it.

    Attributes
    ----------
    mark
        Where it notes what it is deciding.
    lethal
        The records not to be decided any more.
    """

    mark: Mark
    lethal: frozenset[Position]


NO_PAST: Final = Past(Mark(), frozenset())


def recall(settings: Settings) -> Past:
    """Count what ended the last worker of this slot, and return what is lethal.

    Without a state directory nothing is counted.

    Raises
    ------
    SettingsError
        The state directory cannot be used.
    """
    if settings.state is None:
        return NO_PAST
    state = StateFolder(settings.state)
    mark = Mark(state.file(f"slot-{settings.slot}.mark"))
    died_at = mark.read()
    deaths = state.read(_FILE)
    if died_at is not None:
        deaths = state.change(_FILE, lambda entries: _counted(entries, died_at))
        times = deaths[str(died_at)]
        logger.critical(
            "the last worker died deciding %s-%d offset %d, the %s. time",
            *died_at,
            times,
        )
    mark.clear()
    return Past(mark, _lethal(deaths, settings.lethal_after))


def _counted(deaths: Entries, at: Position) -> Entries:
    """Count a death; what stands before it in its partition was got over."""
    kept = {name: number for name, number in deaths.items() if not _is_before(name, at)}
    return {**kept, str(at): _number(deaths.get(str(at), 0)) + 1}


def _is_before(name: str, at: Position) -> bool:
    other = Position.parse(name)
    return other is None or (other[:2] == at[:2] and other.offset < at.offset)


def _lethal(deaths: Entries, lethal_after: int) -> frozenset[Position]:
    positions = (
        Position.parse(name) for name, number in deaths.items() if _number(number) >= lethal_after
    )
    return frozenset(position for position in positions if position is not None)


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else 0
