"""Reads the Network from YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from natcbus.contract.audience import Audience
from natcbus.routing.coherence import check_coherence
from natcbus.routing.compiling import compile_network
from natcbus.routing.documents import Report, read_document
from natcbus.routing.drafting import read_draft
from natcbus.routing.entries import Draft
from natcbus.routing.errors import NetworkError
from natcbus.routing.network import Network


class ReadNetwork(NamedTuple):
    """A Network as it is written, and what it means."""

    draft: Draft
    network: Network


def load_network(files: Mapping[str, str], audiences: Mapping[str, Audience]) -> Network:
    """The Network that ``files`` describe together.

    Parameters
    ----------
    files
        YAML text by file name. How the sections are spread over files does not matter; names serve
        to say where a problem is.
    audiences
        The audience table of every event type of the contract: the policy must speak of these types
        and of no other.

    Raises
    ------
    NetworkError
        With every problem that was found, each with file, line and what to write instead.
    """
    return read_network(files, audiences).network


def read_network(files: Mapping[str, str], audiences: Mapping[str, Audience]) -> ReadNetwork:
    """The same, with the lines on which everything is written.

    Raises
    ------
    NetworkError
        As for ``load_network``.
    """
    report = Report()
    documents = {file: read_document(file, text, report) for file, text in sorted(files.items())}
    draft = read_draft(documents, audiences.keys(), report)
    check_coherence(draft, report)
    if report.problems:
        raise NetworkError(report.problems)
    return ReadNetwork(draft, compile_network(draft, audiences))


def is_network_file(name: str) -> bool:
    """Whether a file in the Network's directory, named from there, is for ``load_network``.

    Keys, the published schema and hidden files are not.
    """
    parts = name.split("/")
    return name.endswith((".yaml", ".yml")) and not any(part.startswith(".") for part in parts)
