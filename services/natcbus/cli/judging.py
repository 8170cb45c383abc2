"""Puts every error that the layers below raise into words and an exit code."""

from __future__ import annotations

from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.contract.errors import ContractError, InvalidEventError
from natcbus.operations.errors import BrokerError, OperationsError
from natcbus.routing.errors import Located, NetworkError
from typer import TyperException


def judge(error: Exception) -> CommandError | None:
    """What to say of ``error`` and how to leave; None for an error that nobody foresaw."""
    match error:
        case CommandError():
            return error
        case TyperException():
            return CommandError(Exit.WRONG_INPUT, [Fault("USAGE", error.format_message())])
        case InvalidEventError():
            return CommandError(Exit.WRONG_INPUT, map(Fault.of, error.problems))
        case ContractError():
            return CommandError(Exit.WRONG_INPUT, [Fault(error.code, error.text)])
        case NetworkError():
            return CommandError(Exit.WRONG_INPUT, map(located, error.problems))
        case BrokerError():
            return CommandError(Exit.UNAVAILABLE, [Fault(error.code, str(error))])
        case OperationsError():
            return CommandError(Exit.REFUSED, [Fault(error.code, str(error))])
    return None


def located(problem: Located) -> Fault:
    """A problem of the network's YAML."""
    return Fault(
        problem.code, problem.text, file=problem.file, line=problem.line, fix=problem.fix
    )
