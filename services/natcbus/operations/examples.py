"""Where the example network and the demo's story are: in a checkout, or in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGED: Final = Path(__file__).parent / "example"
_CHECKOUT: Final = Path(__file__).parents[3] / "infra"


def example_network() -> Path | None:
    """The directory of the example network's YAML; None where it was not installed."""
    return _found("network")


def example_story() -> Path | None:
    """The directory of the demo's story; None where it was not installed."""
    return _found("demo")


def _found(name: str) -> Path | None:
    candidates = (_PACKAGED / name, _CHECKOUT / name)
    return next((folder for folder in candidates if any(folder.glob("*.yaml"))), None)
