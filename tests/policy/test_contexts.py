"""Contexts: one name for servers, member, keys and Network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natcbus.client import contexts
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NATCBUS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NATCBUS_CONTEXT", raising=False)
    monkeypatch.delenv("NATCBUS_PASSWORD", raising=False)
    return tmp_path / "home"


def a_context(folder: Path, name: str = "rs") -> Context:
    return Context(
        name=name,
        bootstrap="127.0.0.1:9092",
        member="rs",
        network=folder / 'net "work" Мрежа',
        keys=folder / "keys",
        state=folder / "state",
    )


def code(name: str | None = None) -> str:
    with pytest.raises(IncompatibleError) as caught:
        contexts.load(name)
    return caught.value.code


def test_a_context_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    context = replace(
        a_context(tmp_path), protocol="SASL_SSL", username="rs", ca_file=tmp_path / "ca.pem"
    )
    contexts.save(context)
    assert contexts.load("rs") == context
    assert contexts.names() == ["rs"]


def test_the_chosen_one_is_used_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rs", "hu"):
        contexts.save(a_context(tmp_path, name))
    assert code() == "NO_CONTEXT"
    contexts.use("hu")
    assert contexts.load().name == "hu"
    monkeypatch.setenv("NATCBUS_CONTEXT", "rs")
    assert contexts.load().name == "rs"
    assert contexts.load("hu").name == "hu"


@pytest.mark.parametrize("name", ["../rs", "", "no such", "rs/../../x"])
def test_a_name_is_no_path(name: str) -> None:
    assert code(name) == "NO_CONTEXT"


@pytest.mark.parametrize(
    "text", ["bootstrap = 1", 'bootstrap = "x"', "nonsense", 'colour = "red"', 'password = "x"']
)
def test_a_context_that_says_what_it_may_not_is_refused(home: Path, text: str) -> None:
    (home / "contexts").mkdir(parents=True)
    (home / "contexts" / "bad.toml").write_text(text)
    assert code("bad") == "BAD_CONTEXT"


def test_the_password_comes_from_the_environment_and_stands_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = replace(a_context(tmp_path), protocol="SASL_SSL", username="rs")
    with pytest.raises(IncompatibleError):
        context.security()
    monkeypatch.setenv("NATCBUS_PASSWORD", "sesame")
    assert context.security()["sasl_plain_password"] == "sesame"  # noqa: S105 - opens nothing
    assert "sesame" not in contexts.save(context).read_text()


def test_the_password_may_come_from_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("sesame\n")
    context = replace(a_context(tmp_path), protocol="SASL_SSL", username="rs", password_file=secret)
    secret.chmod(0o640)
    with pytest.raises(IncompatibleError, match="chmod go-rwx"):
        context.security()
    secret.chmod(0o600)
    assert context.security()["sasl_plain_password"] == "sesame"  # noqa: S105 - opens nothing
    contexts.save(context)
    assert contexts.load("rs") == context


def test_a_file_of_tls_that_is_not_there_is_said(tmp_path: Path) -> None:
    context = replace(a_context(tmp_path), protocol="SSL", ca_file=tmp_path / "ca.pem")
    with pytest.raises(IncompatibleError, match=r"no file .*ca\.pem"):
        context.security()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1))
def test_any_name_of_a_folder_reads_back_as_it_was_saved(tmp_path: Path, folder: str) -> None:
    context = a_context(tmp_path / f"in {folder} here")
    contexts.save(context)
    assert contexts.load("rs") == context


def test_a_relative_path_begins_at_the_file_that_says_it(home: Path) -> None:
    (home / "contexts").mkdir(parents=True)
    text = 'bootstrap = "b:9092"\nmember = "rs"\nnetwork = "net"\nkeys = "../keys"\nstate = "/s"\n'
    (home / "contexts" / "rs.toml").write_text(text)
    context = contexts.load("rs")
    assert context.network == home / "contexts" / "net"
    assert context.keys == home / "contexts" / ".." / "keys"
    assert context.state == Path("/s")


@pytest.mark.parametrize("protocol", ["", "plaintext", "SASL_PLAINTEXT"])
def test_only_protocols_that_are_known_are_used(tmp_path: Path, protocol: str) -> None:
    with pytest.raises(IncompatibleError, match="PLAINTEXT, SSL, SASL_SSL"):
        replace(a_context(tmp_path), protocol=protocol).security()
