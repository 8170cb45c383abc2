"""Puts every error that the layers below raise into words and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from typer import TyperException

from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.client.errors import (
    IncompatibleError,
    NatcbusError,
    RejectedError,
    UnavailableError,
)
from natcbus.contract.errors import ContractError, InvalidEventError
from natcbus.envelope.errors import (
    DocumentRefusedError,
    EnvelopeError,
    KeyDirectoryError,
    KeyProblem,
)
from natcbus.operations.errors import (
    BrokerError,
    HubStartError,
    NetworkUnreadableError,
    NoExpiryError,
    NotRoutedError,
    OperationsError,
    StoryError,
)
from natcbus.routing.errors import Located, NetworkError

_EXITS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], Exit], ...]] = (
    ((TyperException, ContractError, EnvelopeError, NetworkError), Exit.WRONG_INPUT),
    (IncompatibleError, Exit.WRONG_INPUT),
    (UnavailableError, Exit.UNAVAILABLE),
    (RejectedError, Exit.REFUSED),
    ((BrokerError, HubStartError, NotRoutedError), Exit.UNAVAILABLE),
    ((StoryError, NetworkUnreadableError, NoExpiryError), Exit.WRONG_INPUT),
    (OperationsError, Exit.REFUSED),
)


def judge(error: Exception) -> CommandError | None:
    """What to say of ``error`` and how to leave; None for an error that nobody foresaw."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, RejectedError) and isinstance(error.__cause__, InvalidEventError):
        # The SDK has one error for both; a shell wants to know whether the file is to be mended.
        return CommandError(Exit.WRONG_INPUT, _faults(error))
    cause = error.__cause__
    if isinstance(error, IncompatibleError) and isinstance(cause, NetworkError | KeyDirectoryError):
        return CommandError(Exit.WRONG_INPUT, _faults(cause))
    exit_code = _exit_code(error)
    return None if exit_code is None else CommandError(exit_code, _faults(error))


def _exit_code(error: Exception) -> Exit | None:
    if isinstance(error, DocumentRefusedError):
        # What is no document is to be mended; what is one and is refused is an answer.
        return Exit.WRONG_INPUT if error.code == "BAD_DOCUMENT" else Exit.REFUSED
    return next((exit_code for kinds, exit_code in _EXITS if isinstance(error, kinds)), None)


def _faults(error: Exception) -> Iterable[Fault]:
    match error:
        case InvalidEventError() | RejectedError():
            return map(Fault.of, error.problems)
        case NetworkError() | KeyDirectoryError():
            return map(located, error.problems)
        case TyperException():
            return [Fault("USAGE", error.format_message())]
        case ContractError() | EnvelopeError() | NatcbusError():
            return [Fault(error.code, error.text)]
    return [Fault(str(getattr(error, "code", "UNKNOWN")), str(error))]


def located(problem: Located | KeyProblem) -> Fault:
    """A problem of a file of the network or of its keys."""
    line = problem.line if isinstance(problem, Located) else None
    return Fault(problem.code, problem.text, file=problem.file, line=line, fix=problem.fix)
