"""Collects findings: counts every one, and keeps the first few of each code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.report import Finding

MOST: Final = 1_000
"""Of each code; a broken topic gives as many findings as it has records."""


class Found:
    """What was found so far."""

    def __init__(self, most: int = MOST) -> None:
        self.counts: Counter[Code] = Counter()
        self._kept: dict[Code, list[Finding]] = {code: [] for code in Code}
        self._most = most

    def add(self, finding: Finding) -> None:
        """Count it, and keep it if there is room."""
        self.counts[finding.code] += 1
        if len(self._kept[finding.code]) < self._most:
            self._kept[finding.code].append(finding)

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Add each."""
        for finding in findings:
            self.add(finding)

    def listed(self, *, faults: bool) -> tuple[Finding, ...]:
        """Faults or notes, the gravest code first, by place within a code."""
        return tuple(
            each
            for code in Code
            if code.is_fault is faults
            for each in sorted(self._kept[code], key=lambda found: (found.place, found.desk))
        )
