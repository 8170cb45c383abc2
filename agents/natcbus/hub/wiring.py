"""Which Network a worker decides under: that of its files, or the one that the topic brings."""

from __future__ import annotations

from natcbus.hub.following import follow
from natcbus.hub.records import Wiring
from natcbus.hub.router import wire
from natcbus.hub.settings import Settings
from natcbus.hub.world import load_world


def wiring_of(settings: Settings) -> Wiring:
    """The router that the settings ask for.

    Raises
    ------
    NoNetworkError
        The topic has no version to begin with.
    SettingsError
        With the problems of all files.
    """
    if settings.follows:
        return follow(settings)
    return wire(load_world(settings.network, settings.keys, settings.signing_key))
