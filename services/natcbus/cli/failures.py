"""Every way a command can fail, in one place: which exit code it gets and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from natcbus.contract.assembly import Json
from natcbus.contract.problems import Problem


class Exit(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    REFUSED = 1
    """The Network's rules say no, or what was asked for is not there."""
    WRONG_INPUT = 2
    """The command line, a file or an event is wrong."""
    UNAVAILABLE = 3
    """A broker, a key or an extra that the command needs is not there; trying again may help."""
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes
    ----------
    pointer
        JSON pointer into the event; empty where there is none.
    file, line
        Where a file is wrong.
    fix
        What to do, where ``text`` does not say it already.
    """

    code: str
    text: str
    pointer: str = ""
    file: str | None = None
    line: int | None = None
    fix: str | None = None

    @classmethod
    def of(cls, problem: Problem) -> Fault:
        """A problem of an event."""
        return cls(problem.code, problem.text, problem.pointer)

    def to_json(self) -> dict[str, Json]:
        """``pointer``, ``code`` and ``text`` always; ``file``, ``line`` and ``fix`` for files."""
        written: dict[str, Json] = {"pointer": self.pointer, "code": self.code, "text": self.text}
        if self.file is not None:
            written |= {"file": self.file, "line": self.line, "fix": self.fix}
        return written

    @property
    def place(self) -> str:
        """``file:line``, or the pointer, or nothing."""
        if self.file is None:
            return self.pointer
        return self.file if self.line is None else f"{self.file}:{self.line}"


class CommandError(Exception):
    """A command cannot do what it was asked to do.

    ``known`` is what a program should learn all the same, beside ``errors``.
    """

    def __init__(
        self, exit_code: Exit, faults: Iterable[Fault], known: Mapping[str, Json] | None = None
    ) -> None:
        self.exit_code = exit_code
        self.faults = tuple(faults)
        self.known = dict(known or {})
        super().__init__("; ".join(fault.text for fault in self.faults))


def refused(code: str, text: str) -> CommandError:
    """What was asked for is refused, or is not there."""
    return CommandError(Exit.REFUSED, [Fault(code, text)])


def wrong_input(code: str, text: str) -> CommandError:
    """What was handed over is wrong."""
    return CommandError(Exit.WRONG_INPUT, [Fault(code, text)])


def unavailable(code: str, text: str) -> CommandError:
    """Something that the command needs is not there."""
    return CommandError(Exit.UNAVAILABLE, [Fault(code, text)])
