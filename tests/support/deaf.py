"""A pass-through worker whose first process reads nothing, though it joins and calls itself ready.

``python -m tests.support.deaf FILE ...``: the first that finds no FILE makes it, and is deaf.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from natcbus.hub.reading import Reading
from tests.support import pass_through


class Deaf:
    """In the place of what takes fetched records: a fault inside."""

    async def __call__(self, *_: object, **__: object) -> dict[object, object]:
        await asyncio.sleep(0.1)
        return {}


def main(arguments: Sequence[str]) -> int:
    file, *rest = arguments
    if not Path(file).exists():
        Path(file).touch()
        Reading.collect = Deaf()  # type: ignore[assignment, method-assign]
    return pass_through.main(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
