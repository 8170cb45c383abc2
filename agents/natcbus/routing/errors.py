"""Errors of routing. Deciding itself never raises; only a Network that is written wrongly does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Located:
    """One thing that is wrong with the Network's YAML.

    Attributes
    ----------
    file
        Name of the file, as it was passed in.
    line
        Counted from 1.
    code
        Stable, upper case, for programs.
    text
        What is wrong, for people.
    fix
        What to write instead.
    """

    file: str
    line: int
    code: str
    text: str
    fix: str

    def __str__(self) -> str:
        """One line that an editor can jump to."""
        return f"{self.file}:{self.line}: {self.code}: {self.text}; {self.fix}"


class RoutingError(Exception):
    """Base of the errors of routing; ``code`` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class NetworkError(RoutingError):
    """The Network's YAML is wrong.

    Attributes
    ----------
    problems
        Everything that was found, sorted by file and line, never empty.
    """

    def __init__(self, problems: Iterable[Located]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.problems[0].code, "\n".join(map(str, self.problems)))


class VersionRefusedError(RoutingError):
    """A published version of the Network is not decided under; the one in use stays."""

    @classmethod
    def unusable(cls, version: int, code: str, why: str) -> VersionRefusedError:
        """The secretariat signed it, and this installation cannot read it."""
        return cls(code, f"version {version} is signed and cannot be used here: {why}")
