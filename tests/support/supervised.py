"""A supervisor whose workers are those of a test, run as a module in a process of its own.

``python -m tests.support.supervised 2 tests.support.pass_through --reads ...`` runs two workers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from natcbus.hub.settings import load_settings
from natcbus.hub.supervisor import supervise


def main(arguments: Sequence[str]) -> int:
    workers, *module = arguments
    return supervise(load_settings(), int(workers), [sys.executable, "-m", *module])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
