"""What the hub writes to its log: little, in one line each, and nothing of a message.

Faust's worker can put the root logger at DEBUG, where aiokafka prints payloads. So logging is set
up here, the worker is told to leave it alone, and the noisy libraries are capped.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Final

FORMAT: Final = "%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"
CAPPED: Final = ("aiokafka", "faust", "mode", "kafka", "asyncio")
NOISY: Final = "aiokafka"
REMEMBERED: Final = 1000


class RateLimit(logging.Filter):
    """Lets each distinct message of aiokafka through once per ``seconds``.

    A broker away for 20 s makes aiokafka write more than a thousand lines.
    """

    def __init__(self, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether ``record`` is worth a line."""
        if record.name.partition(".")[0] != NOISY:
            return True
        key = (record.name, str(record.msg))
        now = self._clock()
        if now - self._last.get(key, -self._seconds) < self._seconds:
            return False
        if len(self._last) >= REMEMBERED:
            self._last.clear()
        self._last[key] = now
        return True


def install_logs(level: str) -> None:
    """Log to standard error from ``level`` on (INFO or quieter)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(RateLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in CAPPED:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    logging.captureWarnings(capture=True)
