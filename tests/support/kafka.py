"""Real Apache Kafka for the tests: KRaft, one node, loopback, a folder and ports of its own.

The settings are those of docker-compose.yml (`deployment.kafka_settings`); `place` and `FASTER` are
all that the tests replace or add. `tests.support.kafka_cluster` makes three such nodes one cluster.
"""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from natcbus.operations.errors import BrokerUnreachableError
from natcbus.operations.leash import leashed
from natcbus.operations.reachable import LOOPBACK, cluster_id, free_port
from tests.support.deployment import REPOSITORY, kafka_settings
from tests.support.small_disk import SmallDisk

LOG_SETTINGS: Final = REPOSITORY / "infra" / "kafka" / "log4j2.yaml"
JARS: Final = REPOSITORY / ".kafka" / "jars"

FASTER: Final[Mapping[str, str]] = {
    # Three seconds by default, paid whenever a group starts empty: no test is about that wait.
    "group.initial.rebalance.delay.ms": "0",
    # A broker that was killed is fenced sooner, so its restart is not waited for.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "1000",
    # Ten megabytes by default, set aside for each partition: a search of the disk reads them all.
    "log.index.size.max.bytes": "65536",
}
QUICKLY_STARTED: Final = ("-Xms64m", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
AS_KAFKA_DOES: Final = (
    *("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
    *("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"),
)
"""What Kafka's own script starts it with: a small heap collects several times a second, up to 60 ms
long, and whoever measures milliseconds would measure that."""
_START_WITHIN_S: Final = 60.0
_STOP_WITHIN_S: Final = 15.0


class KafkaFailedError(RuntimeError):
    """Kafka could not be started for the tests."""


@dataclass(frozen=True)
class Ports:
    """Where a node listens. Those who come in by ``host`` are sent back to ``advertised``.

    ``advertised`` is ``host`` itself unless a proxy stands before it.
    """

    client: int = field(default_factory=free_port)
    controller: int = field(default_factory=free_port)
    host: int = field(default_factory=free_port)
    proxy: int | None = None

    @property
    def advertised(self) -> int:
        return self.host if self.proxy is None else self.proxy


def place(data: Path, ports: Ports, node: int = 1) -> dict[str, str]:
    """Return the settings that say where this one node is."""
    client, host = (f"{LOOPBACK}:{port}" for port in (ports.client, ports.host))
    controller = f"{LOOPBACK}:{ports.controller}"
    return {
        "node.id": str(node),
        "controller.quorum.voters": f"{node}@{controller}",
        "listeners": f"CLIENT://{client},HOST://{host},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{client},HOST://{LOOPBACK}:{ports.advertised}",
        "log.dirs": str(data),
    }


CONTROLLED: Final[Mapping[str, str]] = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": "User:ANONYMOUS",
}
"""Access control; whoever comes by a plain listener of this machine is the administrator."""


class Kafka:
    """One Kafka node that the tests may kill and start again.

    Attributes
    ----------
    bootstrap
        ``host:port`` for every client; stays the same over `restart`.
    proxied
        The same behind the proxy of its ports; the node sends who comes by it back to it.
    data
        The broker's data folder (topics are folders in it, ``<topic>-<partition>``).
    log_file
        What the broker itself wrote.

    Parameters
    ----------
    disk
        What its data lie on, where that is no ordinary disk.
    replaced
        Settings of its own, such as those that make it one of three.
    cluster
        The cluster's id, which its nodes share.
    jvm
        Options of the Java that it runs in.
    passwords
        Of the users that it knows.
    """

    def __init__(  # noqa: PLR0913 - all by name, and each another way in which nodes differ
        self,
        folder: Path,
        ports: Ports | None = None,
        *,
        disk: SmallDisk | None = None,
        node: int = 1,
        cluster: str | None = None,
        replaced: Mapping[str, str] = MappingProxyType({}),
        jvm: Sequence[str] = QUICKLY_STARTED,
        passwords: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._jvm = jvm
        self.ports = Ports() if ports is None else ports
        self.folder = folder
        self.data = folder / "data" if disk is None else disk.folder
        self._within = () if disk is None else disk.within
        self.log_file = folder / "kafka.log"
        self.bootstrap = f"{LOOPBACK}:{self.ports.client}"
        self.proxied = f"{LOOPBACK}:{self.ports.advertised}"
        self._properties = folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        self._write_properties({**place(self.data, self.ports, node), **replaced})
        self._format(cluster_name() if cluster is None else cluster, passwords)

    @property
    def pid(self) -> int:
        """The broker's process id."""
        if self._process is None:
            raise KafkaFailedError("Kafka is not running")
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the broker and return when it answers a Metadata request.

        A lone controller that was killed may lose the race for its own registration, and ends
        (NotControllerException). Then it is started again, as whoever looks after it would.
        """
        self.spawn()
        try:
            self.wait_answering()
        except KafkaFailedError:
            if self.runs:
                raise
            self.spawn()
            self.wait_answering()

    def spawn(self) -> None:
        """Start the process and return at once."""
        self._forget()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(
                    [
                        *self._within,
                        *_java(
                            *self._jvm,
                            f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
                            "kafka.Kafka",
                            str(self._properties),
                        ),
                    ]
                ),
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_answering(self) -> None:
        """Return when the broker answers a Metadata request."""
        give_up = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < give_up:
            try:
                cluster_id(self.bootstrap, within_s=0.5)
            except BrokerUnreachableError:
                if self.runs:
                    continue
                break
            else:
                return
        raise KafkaFailedError(f"Kafka did not start:\n{self.log_file.read_text('utf-8')[-4000:]}")

    def kill(self) -> None:
        """End the broker with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the broker as an operator would."""
        self._end(signal.SIGTERM)

    def wait_ended(self, within_s: float) -> None:
        """Return when the broker has ended by itself."""
        assert self._process is not None
        self._process.wait(within_s)

    def restart(self) -> None:
        """Start it again on the same port with the data it had; kills it first if it still runs."""
        if self._process is not None:
            self.kill()
        self.start()

    def freeze(self) -> None:
        """Stop the process in its tracks: connections stay open, nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget()

    def _forget(self) -> None:
        """Let go of a process that has ended."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()

    def _write_properties(self, own: Mapping[str, str]) -> None:
        settings = {**kafka_settings(), **own, **FASTER}
        lines = [f"{key}={value}\n" for key, value in settings.items()]
        self._properties.write_text("".join(lines), "utf-8")

    def _format(self, cluster: str, passwords: Mapping[str, str]) -> None:
        users = [
            f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]"
            for name, password in passwords.items()
        ]
        done = subprocess.run(
            [
                *self._within,
                *_java("kafka.tools.StorageTool", "format", "-t", cluster),
                "-c",
                str(self._properties),
                *users,
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KafkaFailedError(
                f"Kafka's storage was not formatted:\n{done.stdout}{done.stderr}"
            )


@contextmanager
def running_kafka(
    ports: Ports | None = None,
    disk: SmallDisk | None = None,
    jvm: Sequence[str] = QUICKLY_STARTED,
) -> Iterator[Kafka]:
    """Run a Kafka of its own for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="natcbus-kafka-"))
    try:
        kafka = Kafka(folder, ports, disk=disk, jvm=jvm)
        try:
            kafka.start()
            yield kafka
        finally:
            kafka.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _java(*arguments: str) -> list[str]:
    java = shutil.which("java")
    if java is None or not JARS.is_dir():
        raise KafkaFailedError("Kafka for the tests is not here: `make kafka` fetches it")
    return [java, "-cp", f"{JARS}/*", *arguments]


def cluster_name() -> str:
    """16 random bytes as Kafka writes them: URL-safe, unpadded, not beginning with a dash."""
    while (name := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith(
        "-"
    ):
        pass
    return name
