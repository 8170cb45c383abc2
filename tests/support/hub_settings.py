"""Settings of a hub whose files nobody reads: what is tested is its clients."""

from __future__ import annotations

from pathlib import Path

from natcbus.hub.settings import Profile, Settings


def settings_of(
    bootstrap: str, folder: Path, profile: Profile = Profile.SINGLE, **others: object
) -> Settings:
    """Of a hub at this broker."""
    return Settings.model_validate(
        {
            "bootstrap": bootstrap,
            "network": folder,
            "keys": folder,
            "signing_key": folder,
            "profile": profile,
            **others,
        }
    )
