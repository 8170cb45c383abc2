"""What a hub may be told by its environment, and what it refuses to start with."""

from __future__ import annotations

from pathlib import Path

import pytest

from natcbus.hub.errors import SettingsError
from natcbus.hub.settings import PREFIX, Profile, Settings, load_settings


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "hub.pem"
    key.write_text("not a key")
    key.chmod(0o600)
    tell(
        monkeypatch,
        BOOTSTRAP="broker.example:9092",
        NETWORK=str(tmp_path),
        KEYS=str(tmp_path),
        SIGNING_KEY=str(key),
    )


def tell(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, value)


def production(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    tell(
        monkeypatch,
        **{
            "PROFILE": "production",
            "SECURITY": "SASL_SSL",
            "SASL_USERNAME": "hub",
            "SASL_PASSWORD": "a secret",
            "GROUP_INSTANCE_ID": "slot-1",
            **settings,
        },
    )


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return str(refused.value)


def test_a_hub_needs_only_its_broker_its_network_and_its_key() -> None:
    settings = load_settings()
    assert settings.profile is Profile.SINGLE
    assert settings.window == 64
    assert settings.session_timeout == 10


def test_every_problem_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, WINDOW="many", BOOTSTRAP="no port", WINDWO="8")
    text = refusal()
    assert f"{PREFIX}WINDOW: " in text
    assert f"{PREFIX}BOOTSTRAP: " in text
    assert f"{PREFIX}WINDWO: no such setting" in text


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{PREFIX}SIGNING_KEY")
    assert f"{PREFIX}SIGNING_KEY: " in refusal()


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, SASL_PASSWORD="hunter2", SECURITY="SASL_SSL")
    assert "hunter2" not in refusal()
    tell(monkeypatch, SASL_USERNAME="hub")
    assert "hunter2" not in repr(load_settings())


def test_there_is_no_debug_log(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, LOG_LEVEL="DEBUG")
    assert f"{PREFIX}LOG_LEVEL" in refusal()


def test_production_starts_when_it_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    assert load_settings().profile is Profile.PRODUCTION


@pytest.mark.parametrize(
    ("unsafe", "why"),
    [
        ({"SECURITY": "SASL_PLAINTEXT"}, "SECURITY SSL or SASL_SSL"),
        ({"SECURITY": "SSL"}, "CERTIFICATE_FILE and KEY_FILE"),
        ({"SASL_MECHANISM": "PLAIN"}, "SCRAM"),
        ({"GROUP_INSTANCE_ID": ""}, "GROUP_INSTANCE_ID"),
    ],
)
def test_production_refuses_what_is_unsafe(
    monkeypatch: pytest.MonkeyPatch, unsafe: dict[str, str], why: str
) -> None:
    production(monkeypatch, **unsafe)
    assert why in refusal()


def test_production_refuses_a_key_that_others_can_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hub.pem").chmod(0o644)
    production(monkeypatch)
    assert "chmod 600" in refusal()


def test_the_embedded_profile_is_for_this_machine_and_joins_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell(monkeypatch, PROFILE="embedded")
    assert "BOOTSTRAP" in refusal()
    tell(monkeypatch, BOOTSTRAP="127.0.0.1:9092")
    settings = load_settings()
    assert (settings.session_timeout, settings.heartbeat_interval) == (6, 2)
    tell(monkeypatch, SESSION_TIMEOUT="8")
    assert load_settings().session_timeout == 8


def test_a_heartbeat_fits_twice_into_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, SESSION_TIMEOUT="6", HEARTBEAT_INTERVAL="4")
    assert "HEARTBEAT_INTERVAL" in refusal()


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = Settings(
        bootstrap="127.0.0.1:9092", network=tmp_path, keys=tmp_path, signing_key=tmp_path
    )
    with pytest.raises(ValueError, match="frozen"):
        settings.window = 3
