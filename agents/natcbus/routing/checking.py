"""Everything that can be said against a Network: what ``network check`` and signing ask.

``loading`` refuses what cannot be decided under. This refuses also what cannot be meant, and a
version that is no successor of the one in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from natcbus.contract.audience import Audience
from natcbus.routing.days import end_of
from natcbus.routing.documents import Place, Report
from natcbus.routing.entries import About, Draft, items_of
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import read_network
from natcbus.routing.network import Network
from natcbus.routing.soundness import NEVER_FIRES, check_soundness


def check_network(
    files: Mapping[str, str],
    audiences: Mapping[str, Audience],
    now: datetime | None = None,
    in_use: Network | None = None,
) -> Network:
    """The Network of ``files``, in which nothing was found wrong.

    Parameters
    ----------
    files, audiences
        As for ``load_network``.
    now
        Aware; where it is given, what has ended is found too.
    in_use
        The version that this one is to replace, where there is one.

    Raises
    ------
    NetworkError
        With every problem, each with file, line and what to write instead. Beside those of
        ``load_network``: RULE_NEVER_FIRES, CLOCKS_OUT_OF_ORDER, EXPIRED, ROLLED_BACK and
        VERSION_NOT_RAISED.
    """
    read = read_network(files, audiences)
    report = Report()
    check_soundness(read.draft, read.network, report)
    if now is not None:
        _check_ends(read.draft, now, report)
    if in_use is not None and read.draft.network is not None:
        _check_succession(read.draft.network.value, read.network, in_use, report)
    if report.problems:
        raise NetworkError(report.problems)
    return read.network


def _check_ends(draft: Draft, now: datetime, report: Report) -> None:
    expires = draft.network.value.expires if draft.network is not None else None
    if expires is not None and end_of(expires.value) <= now:
        text = f"network.expires: this version held until {expires.value} and holds no longer"
        report.add(expires.at, "EXPIRED", text, "review the policy and write a later day")
    for agreement in items_of(draft.agreements):
        until = agreement.until
        if until is not None and until.value is not None and end_of(until.value) <= now:
            text = f"agreements: {agreement.name.value} ended on {until.value} and covers nothing"
            report.add(until.at, NEVER_FIRES, text, "take it out, or write the day of its renewal")


def _check_succession(about: About, network: Network, in_use: Network, report: Report) -> None:
    at: Place = about.version.at
    if network.version < in_use.version:
        text = f"network.version: {network.version} is older than {in_use.version}, which is in use"
        report.add(at, "ROLLED_BACK", text, f"write {in_use.version + 1}")
    elif network.version == in_use.version and network.digest != in_use.digest:
        text = f"network.version: {network.version} is in use with another policy"
        report.add(at, "VERSION_NOT_RAISED", text, f"write {in_use.version + 1}")
