"""The end of a process that was started here: asked for, and after a while forced."""

from __future__ import annotations

import signal
import subprocess


def end(process: subprocess.Popen[bytes], within_s: float, ask: int = signal.SIGTERM) -> None:
    """Return when the process has ended, and let go of its standard input, which is its leash.

    Parameters
    ----------
    within_s
        Seconds from the signal ``ask`` to SIGKILL.
    """
    if process.poll() is None:
        process.send_signal(ask)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin is not None:
        process.stdin.close()
