"""Puts every error that the layers below raise into words and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from typer import TyperException

from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.contract.errors import ContractError, InvalidEventError
from natcbus.envelope.errors import EnvelopeError, KeyDirectoryError, KeyProblem
from natcbus.operations.errors import BrokerError, OperationsError
from natcbus.routing.errors import Located, NetworkError

_EXITS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], Exit], ...]] = (
    ((TyperException, ContractError, EnvelopeError, NetworkError), Exit.WRONG_INPUT),
    (BrokerError, Exit.UNAVAILABLE),
    (OperationsError, Exit.REFUSED),
)


def judge(error: Exception) -> CommandError | None:
    """What to say of ``error`` and how to leave; None for an error that nobody foresaw."""
    if isinstance(error, CommandError):
        return error
    for kinds, exit_code in _EXITS:
        if isinstance(error, kinds):
            return CommandError(exit_code, _faults(error))
    return None


def _faults(error: Exception) -> Iterable[Fault]:
    match error:
        case InvalidEventError():
            return map(Fault.of, error.problems)
        case NetworkError() | KeyDirectoryError():
            return map(located, error.problems)
        case TyperException():
            return [Fault("USAGE", error.format_message())]
        case ContractError() | EnvelopeError():
            return [Fault(error.code, error.text)]
    return [Fault(str(getattr(error, "code", "UNKNOWN")), str(error))]


def located(problem: Located | KeyProblem) -> Fault:
    """A problem of a file of the network or of its keys."""
    line = problem.line if isinstance(problem, Located) else None
    return Fault(problem.code, problem.text, file=problem.file, line=line, fix=problem.fix)
