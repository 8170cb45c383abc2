"""A hub's settings at each broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from natcbus.hub.settings import Profile, Settings
from tests.support.hub_settings import settings_of


@pytest.fixture(params=["kafka", "embedded_broker"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of a hub at each broker, one after the other."""
    embedded = request.param == "embedded_broker"
    return settings_of(
        request.getfixturevalue(request.param).bootstrap,
        tmp_path,
        Profile.EMBEDDED if embedded else Profile.SINGLE,
    )
