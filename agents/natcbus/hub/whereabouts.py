"""Where a worker's health is: it takes a free port and writes it down for its supervisor."""

from __future__ import annotations

from pathlib import Path


def announce(url: str, state: Path, slot: int) -> None:
    """Write down where the health of this slot's worker is."""
    file = _file(state, slot)
    fresh = file.with_suffix(".new")
    fresh.write_text(url, "utf-8")
    fresh.replace(file)


def withdraw(state: Path, slot: int) -> None:
    """Forget it: the worker that wrote it is gone, and its port may be somebody else's soon."""
    _file(state, slot).unlink(missing_ok=True)


def whereabouts(state: Path, slot: int) -> str | None:
    """Return where it is; None while the worker has not said so."""
    try:
        return _file(state, slot).read_text("utf-8")
    except FileNotFoundError:
        return None


def _file(state: Path, slot: int) -> Path:
    return state / f"slot-{slot}.health"
