"""Named contexts: which bus, as which member, with which keys and which Network.

A context is a TOML file under ``$NATCBUS_HOME`` (``~/.config/natcbus`` where that is not set), so
that a command or a program says ``rs`` and means all of it. Relative paths in it are relative to
its file.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from natcbus.client.errors import IncompatibleError
from natcbus.routing.topics import NETWORK

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CURRENT: Final = "current"
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_SSL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where a member's side connects to, and what it brings along.

    Attributes
    ----------
    bootstrap
        ``host:port`` of one or more brokers, with commas between.
    member
        Who publishes.
    network
        Directory of the Network's YAML, its public keys in ``keys`` below it; or ``hub.network``:
        the signed versions on the bus, which are followed.
    trusted
        The secretariat's public keys, ``secretariat.json``: whose signatures count there.
    public_keys
        Directory of public keys, where they are not in ``network``.
    keys
        Directory of the member's private keys.
    state
        Directory of what subscribers remember.
    password_env, password_file
        The environment variable, or the file of its owner alone, with the SCRAM password; the
        variable wins. The password itself never stands in a context.
    """

    name: str
    bootstrap: str
    member: str
    network: Path
    keys: Path
    state: Path
    public_keys: Path | None = None
    trusted: Path | None = None
    protocol: str = "PLAINTEXT"
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_env: str = "NATCBUS_PASSWORD"  # noqa: S105 - the name of a variable, no password
    password_file: Path | None = None

    @property
    def follows(self) -> bool:
        """Whether the Network comes from its topic."""
        return str(self.network) == NETWORK

    def security(self) -> dict[str, str]:
        """The settings of kafka-python's clients for this context.

        Raises
        ------
        IncompatibleError
            BAD_CONTEXT: the protocol is unknown, a file is not there, there is no password, or
            others may read the file with it.
        """
        if self.protocol not in PROTOCOLS:
            text = f"protocol is one of {', '.join(PROTOCOLS)}"
            raise IncompatibleError.bad_context(self.name, text)
        settings = {"security_protocol": self.protocol}
        for option, path in (
            ("ssl_cafile", self.ca_file),
            ("ssl_certfile", self.certificate_file),
            ("ssl_keyfile", self.key_file),
        ):
            if path is not None:
                # The library takes a file that is not there for a broker that is away.
                if not path.is_file():
                    raise IncompatibleError.bad_context(self.name, f"there is no file {path}")
                settings[option] = str(path)
        if self.protocol == "SASL_SSL":
            settings |= self._scram()
        return settings

    def _scram(self) -> dict[str, str]:
        password = os.environ.get(self.password_env)
        if not password and self.password_file is not None:
            password = self._password_in(self.password_file)
        if not self.username or not password:
            text = (
                f"SASL_SSL needs a username, and its password in ${self.password_env} or in a "
                "password_file"
            )
            raise IncompatibleError.bad_context(self.name, text)
        return {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.username,
            "sasl_plain_password": password,
        }

    def _password_in(self, file: Path) -> str:
        try:
            if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                text = f"others could read the password in {file}: run chmod go-rwx {file}"
                raise IncompatibleError.bad_context(self.name, text)
            return file.read_text("utf-8").strip()
        except OSError as error:
            text = f"password_file {file}: {error.strerror}"
            raise IncompatibleError.bad_context(self.name, text) from error


_PATHS: Final = (
    "network",
    "keys",
    "state",
    "public_keys",
    "trusted",
    "ca_file",
    "certificate_file",
    "key_file",
    "password_file",
)
_REQUIRED: Final = ("bootstrap", "member", "network", "keys", "state")
_KNOWN: Final = tuple(field.name for field in fields(Context) if field.name != "name")


def home() -> Path:
    """Where contexts are kept."""
    return Path(os.environ.get("NATCBUS_HOME") or Path.home() / ".config" / "natcbus")


def names() -> list[str]:
    """The names of all contexts, sorted."""
    return sorted(path.stem for path in (home() / "contexts").glob("*.toml"))


def current_name() -> str | None:
    """The context that is used when none is named: ``$NATCBUS_CONTEXT``, else the chosen one."""
    named = os.environ.get("NATCBUS_CONTEXT")
    if named:
        return named
    try:
        return (home() / _CURRENT).read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None


def use(name: str) -> Context:
    """Makes a context the one that is used when none is named.

    Raises
    ------
    IncompatibleError
        NO_CONTEXT or BAD_CONTEXT.
    """
    context = load(name)
    (home() / _CURRENT).write_text(f"{name}\n", encoding="utf-8")
    return context


def load(name: str | None = None) -> Context:
    """A context by name, or the current one.

    Raises
    ------
    IncompatibleError
        NO_CONTEXT or BAD_CONTEXT.
    """
    chosen = name or current_name() or ""
    path = _file(chosen) if _NAME.fullmatch(chosen) else None
    if path is None or not path.is_file():
        raise IncompatibleError.missing_context(chosen, str(home()))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IncompatibleError.bad_context(str(path), str(error)) from error
    return _read(chosen, path, table)


def _read(name: str, path: Path, table: Mapping[str, object]) -> Context:
    for key, value in table.items():
        if key not in _KNOWN or not isinstance(value, str):
            known = ", ".join(_KNOWN)
            raise IncompatibleError.bad_context(str(path), f"{key}: expected text under {known}")
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise IncompatibleError.bad_context(str(path), f"missing: {', '.join(missing)}")
    values = {key: str(value) for key, value in table.items()}

    def path_at(key: str) -> Path | None:
        return path.parent / values[key] if key in values else None

    return Context(
        name=name,
        bootstrap=values["bootstrap"],
        member=values["member"],
        network=Path(NETWORK) if values["network"] == NETWORK else path.parent / values["network"],
        keys=path.parent / values["keys"],
        state=path.parent / values["state"],
        public_keys=path_at("public_keys"),
        trusted=path_at("trusted"),
        protocol=values.get("protocol", "PLAINTEXT"),
        ca_file=path_at("ca_file"),
        certificate_file=path_at("certificate_file"),
        key_file=path_at("key_file"),
        username=values.get("username"),
        password_env=values.get("password_env", "NATCBUS_PASSWORD"),
        password_file=path_at("password_file"),
    )


def save(context: Context) -> Path:
    """Writes a context, and returns its file."""
    if not _NAME.fullmatch(context.name):
        text = "a context is named with letters, digits, - and _"
        raise IncompatibleError.bad_context(context.name, text)
    path = _file(context.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_toml(context), encoding="utf-8")
    return path


def _toml(context: Context) -> str:
    lines = []
    for key in _KNOWN:
        value = getattr(context, key)
        if value is not None:
            is_path = key in _PATHS and str(value) != NETWORK
            text = str(Path(value).absolute()) if is_path else str(value)
            # A JSON string is a TOML basic string too, but for one character.
            written = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
            lines.append(f"{key} = {written}")
    return "\n".join(lines) + "\n"


def _file(name: str) -> Path:
    return home() / "contexts" / f"{name}.toml"
