"""A process that does not outlive whoever started it, whatever happens to its owner.

The owner starts ``leashed(command)`` and keeps the write end of its standard input open. The same
process id then runs the command, while a small child of it watches the other end of that pipe: when
the owner is gone, even by SIGKILL, the pipe ends and the watcher kills the command. Unlike Linux's
parent-death signal this also works on macOS and does not depend on the thread that started it.

This file is run as a script, without the package, so that it starts in milliseconds.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

_LOOK_EVERY_S: Final = 1.0


def leashed(command: Sequence[str]) -> list[str]:
    """Return the command line that runs ``command`` on a leash.

    Start it with ``stdin=subprocess.PIPE`` and leave that pipe alone: closing it ends the command.
    The command itself reads an empty standard input.
    """
    return [sys.executable, "-I", "-S", __file__, *command]


def _watch(command_pid: int) -> NoReturn:
    """Kill the command when the pipe on standard input ends; leave when the command has ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(1, 256)
    while os.getppid() == command_pid:
        readable, _, _ = select.select([0], [], [], _LOOK_EVERY_S)
        if readable and not os.read(0, 1):
            if os.getppid() == command_pid:
                os.kill(command_pid, signal.SIGKILL)
            break
    os._exit(0)


def main() -> NoReturn:
    """Fork the watcher, then become the command."""
    own_pid = os.getpid()
    if os.fork() == 0:
        _watch(own_pid)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
