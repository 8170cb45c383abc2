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
LIBRDKAFKA: Final = "librdkafka"
"""Of the logger that librdkafka's clients are given."""
NOISY: Final = ("aiokafka", LIBRDKAFKA)
REMEMBERED: Final = 1000


class RateLimit(logging.Filter):
    """Lets each distinct message of the Kafka clients through once per ``seconds``.

    A broker away for 20 s makes aiokafka write more than a thousand lines, and a network that cuts
    connections librdkafka a line for each.
    """

    def __init__(self, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._last: dict[tuple[str, ...], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether ``record`` is worth a line."""
        if record.name.partition(".")[0] not in NOISY:
            return True
        key = _kind(record)
        now = self._clock()
        if now - self._last.get(key, -self._seconds) < self._seconds:
            return False
        if len(self._last) >= REMEMBERED:
            self._last.clear()
        self._last[key] = now
        return True


def _kind(record: logging.LogRecord) -> tuple[str, ...]:
    """What tells one message of a client from another: librdkafka's all have the same format."""
    kind = (record.name, str(record.msg))
    if record.name == LIBRDKAFKA and isinstance(record.args, tuple) and record.args:
        facility, client, *_ = map(str, record.args)
        return (*kind, facility, client)
    return kind


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
