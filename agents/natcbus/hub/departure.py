"""Leaving the process without acknowledging: the only exit that Faust cannot turn into a commit."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from natcbus.hub.errors import DeliveryError, Exit, HubError

Partition: TypeAlias = tuple[str, int]
"""A topic and the number of one of its partitions."""

_TOO_LARGE: Final = frozenset({"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"})
"""As librdkafka calls them."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Departure:
    """Why the process is left, and at which record (topic and partition, offset)."""

    error: BaseException
    partition: Partition | None = None
    offset: int | None = None

    @property
    def exit(self) -> Exit:
        """The exit code that the error deserves."""
        return self.error.exit if isinstance(self.error, HubError) else Exit.FAILED

    @property
    def fault_of_record(self) -> bool:
        """Whether the record would end every worker: what follows from it cannot be stored."""
        error = self.error
        cause = error.cause if isinstance(error, DeliveryError) else type(error).__name__
        return cause in _TOO_LARGE

    def describe(self) -> str:
        """Say what happened, where, in one line that holds nothing of a message.

        Only our own errors are quoted: the text of any other may hold what was being read.
        """
        what = str(self.error) if isinstance(self.error, HubError) else _place(self.error)
        where = "" if self.partition is None else f" at {self.partition[0]}-{self.partition[1]}"
        offset = "" if self.offset is None else f" offset {self.offset}"
        return f"leaving with {self.exit.value} ({self.exit.name}){where}{offset}: {what}"


Leave: TypeAlias = Callable[[Departure], NoReturn]
"""How the process is left; tests put their own in its place."""


def leave_process(departure: Departure) -> NoReturn:
    """End the process now: no finally, no commit, no flush of what is half done."""
    logger.critical("%s", departure.describe())
    logging.shutdown()
    os._exit(departure.exit)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    at = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    cause = f", caused by {_place(error.__cause__)}" if error.__cause__ is not None else ""
    return f"{type(error).__name__}{at}{cause}"
