"""What an engine decided, kept for ever: ``python -m tests.support.golden_decisions``.

A file holds a whole Network and some two hundred messages with the decision on each, so that it
needs nothing that changes. There is one for every version of the engine, and none is written twice:
whoever changes how the bus decides raises ``ENGINE`` and publishes what the new one decides.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import Header
from natcbus.routing.decide import decide
from natcbus.routing.decision import ENGINE, Decision
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network
from tests.support.oracle_book import Book, read_audiences, read_book
from tests.support.oracle_messages import Author
from tests.support.oracle_question import Question
from tests.support.oracle_worlds import SMALL

FOLDER: Final = Path(__file__).parents[1] / "policy" / "golden_decisions"

Json = dict[str, Any]
"""A part of a golden file."""

_SEED: Final = 20260302
_DRAWN: Final = 20_000
_PLAIN: Final = 60
_EACH: Final = 6
"""How often each code occurs before a message is no longer kept for its sake."""
_INSTANTS: Final = ("sent_at", "expires_at")
_DAYS: Final = ("review_by", "erase_by")


@dataclass(frozen=True)
class Golden:
    """One file: the engine that decided, the Network it decided under, and the decisions."""

    engine: int
    network: Network
    cases: tuple[Json, ...]


def path_of(engine: int) -> Path:
    """The file of an engine."""
    return FOLDER / f"engine-{engine}.json"


def golden_engines() -> list[int]:
    """Every engine that has a file."""
    return sorted(int(file.stem.removeprefix("engine-")) for file in FOLDER.glob("engine-*.json"))


def read_golden(engine: int) -> Golden:
    """What an engine decided."""
    whole = json.loads(path_of(engine).read_text("utf-8"))
    audiences = {name: _audience(table) for name, table in whole["audiences"].items()}
    network = load_network({"network.yaml": whole["network"]}, audiences)
    return Golden(whole["engine"], network, tuple(whole["cases"]))


def replayed(case: Json, network: Network) -> Json:
    """What today's engine decides of the message in a case."""
    prior = {desk: frozenset(names) for desk, names in case["prior"].items()}
    header = Header.from_native(_native(case["header"]))
    present = frozenset(case["present"])
    return _decided(decide(case["type"], header, case["open"], present, network, prior))


def publish() -> Path | None:
    """Writes the file of today's engine; None if there is one."""
    path = path_of(ENGINE)
    if path.exists():
        return None
    text, audiences = SMALL.read_text("utf-8"), read_audiences()
    network = load_network(
        {"network.yaml": text}, {name: _audience(each) for name, each in audiences.items()}
    )
    cases = list(_cases(network, read_book({"network.yaml": text}, audiences)))
    whole = {"engine": ENGINE, "network": text, "audiences": audiences}
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, sort_keys=True) for case in cases)
    head = json.dumps(whole, ensure_ascii=False, indent=1).removesuffix("\n}")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{head},\n "cases": [\n{lines}\n]}}\n', "utf-8")
    return path


def _cases(network: Network, book: Book) -> Iterator[Json]:
    """Messages in which each code occurs some times, and plain ones besides."""
    author = Author(random.Random(_SEED), book)  # noqa: S311 - repeatable, not secret
    seen: Counter[str] = Counter()
    plain = 0
    for _ in range(_DRAWN):
        question = author.question()
        case = _case(question, network)
        codes = set(_codes(case))
        rare = any(seen[code] < _EACH for code in codes)
        if not rare and (plain == _PLAIN or not case["deliveries"]):
            continue
        plain += not rare
        seen.update(codes)
        yield case


def _case(question: Question, network: Network) -> Json:
    asked = {
        "type": question.message_type,
        "header": _json(question.header.to_native()),
        "open": _json(question.open_part),
        "present": sorted(question.present),
        "prior": {desk: sorted(names) for desk, names in sorted(question.prior.items())},
    }
    return asked | replayed(asked, network)


def _codes(case: Json) -> Iterator[str]:
    for row in case["deliveries"]:
        yield f"view {row['view']}"
        yield from (f"because {code}" for code, _ in row["because"])
        yield from (f"withheld {code}" for _, code in row["withheld"])
    yield from (f"denied {code}" for _, code in case["denials"])


def _decided(decision: Decision) -> Json:
    return {
        "digest": decision.digest.hex(),
        "deliveries": [
            {
                "desk": row.desk,
                "compartments": list(row.compartments),
                "because": [[reason.code, list(reason.about)] for reason in row.because],
                "view": row.view.value,
                "withheld": [[name, code.value] for name, code in row.withheld],
            }
            for row in decision.deliveries
        ],
        "denials": [[denial.desk, denial.code] for denial in decision.denials],
    }


def _audience(table: Mapping[str, Any]) -> Audience:
    return Audience(
        compartments={kind: frozenset(names) for kind, names in table["compartments"].items()},
        reduced=frozenset(table["reduced"]),
        named_only=frozenset(table["named_only"]),
        country_roles={role: tuple(each) for role, each in table["country_roles"].items()},
    )


def _json(value: object) -> Any:  # noqa: ANN401 - a part of a golden file
    if isinstance(value, Mapping):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _native(header: Json) -> Json:
    instants = {name: datetime.fromisoformat(header[name]) for name in _INSTANTS}
    days = {name: date.fromisoformat(header["retention"][name]) for name in _DAYS}
    return {**header, **instants, "retention": days}


if __name__ == "__main__":
    written = publish()
    sys.stdout.write(f"{written or 'the engine of today has its golden decisions'}\n")
