"""Errors of the contract.

::

    ContractError
    ├── DecodingError       these bytes are not a record of the contract
    ├── InvalidEventError   this event breaks the contract; every problem is listed
    └── SchemaError         a schema, audience or minimum table of the contract itself is wrong
"""

from __future__ import annotations

from collections.abc import Iterable

from natcbus.contract.problems import Problem


class ContractError(Exception):
    """Base of the contract's errors; ``code`` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class DecodingError(ContractError):
    """Bytes that are not a record of the contract."""


class InvalidEventError(ContractError):
    """An event that breaks the contract.

    Attributes
    ----------
    problems
        Everything that was found, sorted by pointer, never empty.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(first.code, f"{first.pointer or 'the event'}: {first.text}{more}")


class SchemaError(ContractError):
    """A file of the contract is wrong: the build must stop."""

    def __init__(self, file: str, code: str, text: str) -> None:
        super().__init__(code, f"{file}: {text}")
        self.file = file
