"""What a hub is told by its environment: one prefix, ``NATCBUS_HUB_``, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from natcbus.hub.errors import SettingsError
from natcbus.routing.topics import NETWORK

PREFIX: Final = "NATCBUS_HUB_"
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")

Seconds = Annotated[float, Field(gt=0, le=3600)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,120}$")]
Brokers = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.\[\]:_-]+:\d+(,[A-Za-z0-9.\[\]:_-]+:\d+)*$")
]


class Profile(StrEnum):
    """Where the hub runs, and so what it may be told."""

    EMBEDDED = "embedded"
    SINGLE = "single"
    PRODUCTION = "production"


class Security(StrEnum):
    """How the hub speaks to the brokers."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self in {Security.SSL, Security.SASL_SSL}

    @property
    def by_password(self) -> bool:
        """Whether the hub logs in with a name and a password."""
        return self in {Security.SASL_PLAINTEXT, Security.SASL_SSL}


class Settings(BaseSettings):
    """The settings of one hub worker. Times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    profile: Profile = Profile.SINGLE

    bootstrap: Brokers
    """Brokers, ``host:port`` with commas between."""
    network: Path
    """Directory of the network's YAML, or ``hub.network``: the topic, whose versions it follows."""
    keys: Path | None = None
    """Directory of everyone's public keys, else ``keys`` of the network; a topic brings its own."""
    trusted: Path | None = None
    """The secretariat's public keys, ``secretariat.json``: whose signatures count on the topic."""
    signing_key: Path
    """The hub's own signing key (PEM)."""
    state: Path | None = None
    """Directory that outlives the process, for this machine's workers alone."""

    security: Security = Security.PLAINTEXT
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None

    group: Name = "hub.route"
    """Consumer group; one per family of agents."""
    group_instance_id: Name | None = None
    """One stable id per worker slot: a restarted worker is back in 3 s whatever the session.

    A supervisor adds the number of the slot, and every worker a digest of the topics it reads.
    """
    slot: int = Field(default=0, ge=0, le=999)
    """Number of this worker among those of its machine; a supervisor sets it."""
    leashed: bool = False
    """Whether the end of standard input ends the worker; a supervisor sets it."""
    stagger: Annotated[float, Field(ge=0, le=3600)] = 5.0
    """Before it starts again for a new member, a worker waits so long, times its slot."""
    session_timeout: Seconds = 10.0
    heartbeat_interval: Seconds = 3.0
    fetch_wait_ms: int = Field(default=100, ge=50, le=1500)
    """The embedded broker makes every message wait for it; real Kafka does not care."""
    commit_interval: Seconds = 0.5
    commit_every: int = Field(default=500, ge=1, le=100_000)

    window: int = Field(default=64, ge=1, le=1024)
    """Events in flight per partition."""
    stuck_after: Seconds = 45.0
    """Age of the oldest event in flight at which the process is left."""
    lethal_after: int = Field(default=3, ge=2, le=100)
    """Deaths at one record after which it is put aside undecided; counted in ``state``."""
    flood_pause: Annotated[float, Field(ge=0, le=60)] = 5.0
    """How long a topic is not read after a flood of records that had to be put aside."""
    silent_after: Seconds = 5.0
    """Time without a turn of the event loop after which all stacks are logged."""
    ready_within: Seconds = 30.0
    """Time to join the group and to see every topic."""
    stalled_after: Seconds = 30.0
    """Time behind without an acknowledgement after which ``/ready`` says no."""
    stop_within: Seconds = 30.0
    """Time for a clean stop."""

    health_port: int = Field(default=0, ge=0, le=65535)
    """On 127.0.0.1; 0 takes a free one and logs it."""
    log_level: Literal["INFO", "WARNING", "ERROR"] = "INFO"
    """There is no DEBUG: libraries write payloads there."""

    @property
    def follows(self) -> bool:
        """Whether the network comes from its topic."""
        return str(self.network) == NETWORK

    @model_validator(mode="before")
    @classmethod
    def _embedded_session(cls, values: object) -> object:
        # A join of the embedded broker takes half the session timeout.
        if isinstance(values, dict) and values.get("profile") == Profile.EMBEDDED:
            return {"session_timeout": 6.0, "heartbeat_interval": 2.0, **values}
        return values

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        problems = [
            *self._timing_problems(),
            *self._security_problems(),
            *(self._following_problems() if self.follows else ()),
            *(self._embedded_problems() if self.profile is Profile.EMBEDDED else ()),
            *(self._production_problems() if self.profile is Profile.PRODUCTION else ()),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _timing_problems(self) -> list[str]:
        problems = []
        if self.heartbeat_interval * 2 > self.session_timeout:
            problems.append("HEARTBEAT_INTERVAL must be at most half of SESSION_TIMEOUT")
        if self.fetch_wait_ms > self.session_timeout * 500:
            problems.append("FETCH_WAIT_MS must be at most half of SESSION_TIMEOUT")
        return problems

    def _following_problems(self) -> list[str]:
        return [
            f"NETWORK {NETWORK} needs {name}"
            for name, value in (("TRUSTED", self.trusted), ("STATE", self.state))
            if value is None
        ]

    def _security_problems(self) -> list[str]:
        problems = []
        if self.security.by_password and not (self.sasl_username and self.sasl_password):
            problems.append(f"SECURITY {self.security} needs SASL_USERNAME and SASL_PASSWORD")
        if (self.certificate_file is None) != (self.key_file is None):
            problems.append("CERTIFICATE_FILE and KEY_FILE belong together")
        if not self.security.encrypted and (self.ca_file or self.certificate_file):
            problems.append(f"CA_FILE and CERTIFICATE_FILE mean nothing with {self.security}")
        return problems

    def _embedded_problems(self) -> list[str]:
        hosts = [broker.rpartition(":")[0] for broker in self.bootstrap.split(",")]
        if all(host in LOOPBACK for host in hosts):
            return []
        return ["PROFILE embedded is for a broker on this machine; BOOTSTRAP names another"]

    def _production_problems(self) -> list[str]:
        problems = []
        if not self.security.encrypted:
            problems.append("PROFILE production needs SECURITY SSL or SASL_SSL")
        if self.security is Security.SSL and self.certificate_file is None:
            problems.append("PROFILE production with SSL needs CERTIFICATE_FILE and KEY_FILE")
        if self.security.by_password and self.sasl_mechanism == "PLAIN":
            problems.append("PROFILE production needs a SCRAM SASL_MECHANISM")
        if self.group_instance_id is None:
            problems.append("PROFILE production needs GROUP_INSTANCE_ID, one per worker slot")
        problems += [
            f"{path} can be read by others than its owner: chmod 600"
            for path in (self.signing_key, self.key_file)
            if path is not None and _open_to_others(path)
        ]
        return problems


def load_settings() -> Settings:
    """Read the settings from the environment, or say everything that is wrong with them.

    Raises
    ------
    SettingsError
        With one line per problem, each naming the variable and none showing its value.
    """
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = [
        f"{name}: no such setting"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]
    try:
        settings = Settings()  # type: ignore[call-arg]  # the environment holds the rest
    except ValidationError as error:
        raise SettingsError(unknown + [_problem(detail) for detail in error.errors()]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _problem(detail: Mapping[str, object]) -> str:
    where = detail["loc"]
    text = str(detail["msg"]).removeprefix("Value error, ")
    if isinstance(where, tuple) and where:
        return f"{PREFIX}{str(where[0]).upper()}: {text}"
    return f"{PREFIX}*: {text}"


def _open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False
