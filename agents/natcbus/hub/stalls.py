"""Shows where an event loop hangs: every thread's stack, without anything of a message.

A timer of the interpreter's own writes the stacks (files, lines and functions) to standard error,
even while a call into C keeps every Python thread from running. The loop winds it up again at each
turn.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

_TURNS_PER_LIMIT: Final = 4

logger = logging.getLogger(__name__)


class StallDetector:
    """Watches one event loop.

    Parameters
    ----------
    limit
        Seconds without a turn of the loop after which the stacks are written.
    on_stall
        Told the seconds of a stall that has ended; one that does not end is left to others.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit: float,
        on_stall: Callable[[float], None],
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._limit = limit
        self._on_stall = on_stall
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._last: float | None = None
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch from the loop's next turn on."""
        self._loop.call_soon(self._turn)

    def stop(self) -> None:
        """Stop watching."""
        faulthandler.cancel_dump_traceback_later()
        if self._next is not None:
            self._next.cancel()

    def _turn(self) -> None:
        now = self._clock()
        silent = 0.0 if self._last is None else now - self._last
        self._last = now
        if silent > self._limit:
            logger.error("the event loop did not turn for %.1f s; its stacks are above", silent)
            self._on_stall(silent)
        faulthandler.dump_traceback_later(self._limit, file=self._stream)
        self._next = self._loop.call_later(self._limit / _TURNS_PER_LIMIT, self._turn)
