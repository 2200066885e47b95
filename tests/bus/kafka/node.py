"""One Apache Kafka broker (KRaft, loopback, own folder) that a test may stop, kill, pause and restart."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.ports import free_ports

LIBS = ROOT / ".kafka" / "libs"

_CLUSTER = "c2F0dS1waW50dS10ZXN0cw"
"""Any 16 bytes in base64: a single broker needs no special cluster id."""

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A killed broker may restart at once: it is its own controller.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=2097152
log.cleaner.threads=1
log.cleaner.backoff.ms=200
"""

_SECURED = """\
listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{secured},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{secured}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_satupintu="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
"""

# One of several nodes. A later line replaces an earlier one. The session timeout is Kafka's default.
_CLUSTERED = """\
node.id={number}
controller.quorum.voters={voters}
offsets.topic.replication.factor={size}
transaction.state.log.replication.factor={size}
transaction.state.log.min.isr=2
broker.session.timeout.ms=9000
broker.heartbeat.interval.ms=2000
controlled.shutdown.enable=false
"""

# For a fast start on few cores: only the first compiler, the simplest collector, no memory page before its use.
_JAVA = (
    "-Xmx512m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    "-Djava.net.preferIPv4Stack=true",
)


class UnavailableError(Exception):
    """Java or the jars are missing. The text says how to get them."""


@dataclass(frozen=True)
class Membership:
    """A node's `number` in its cluster, counted from 1, and the controllers' ports of all nodes in their order."""

    number: int
    controllers: tuple[int, ...]

    @property
    def properties(self) -> str:
        """The node's properties as a member of the cluster."""
        voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(self.controllers, 1))
        return _CLUSTERED.format(number=self.number, voters=voters, size=len(self.controllers))


class Node:
    """A broker process and its data. `close` ends the process and deletes the data."""

    def __init__(
        self,
        formatted: Path | None = None,
        libs: Path = LIBS,
        ready: float = 60.0,
        keystore: Path | None = None,
        password: str = "",
        membership: Membership | None = None,
    ) -> None:
        """Prepare the data. `ready` limits a start in seconds. `formatted` is the data of a node that never ran.

        With a `keystore` (key and certificate, PEM) the node has a second port, `secured`, that speaks TLS and lets
        in only the user `satupintu` with this password. `membership` makes it one of several nodes, which elect a
        controller: then `launch` all before `wait_until_ready`.
        """
        self._java = _find_java(libs)
        self._classpath = f"{libs}/*"
        self._ready = ready
        self._folder = Path(tempfile.mkdtemp(prefix="satupintu-kafka-"))
        self._properties = self._folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        self.data = self._folder / "data"
        self.port, self.secured, controller = free_ports(3)
        if membership:
            controller = membership.controllers[membership.number - 1]
        settings = _PROPERTIES.format(port=self.port, controller=controller, data=self.data)
        if keystore:
            ports = {"port": self.port, "secured": self.secured, "controller": controller}
            settings += _SECURED.format(**ports, keystore=keystore, password=password)
        if membership:
            settings += membership.properties
        self._properties.write_text(settings)
        if formatted:
            shutil.copytree(formatted, self.data)
        else:
            self._format()

    @property
    def bootstrap(self) -> str:
        """Address for clients, as `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start on the same port and data, and return when the port answers."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start on the same port and data."""
        with (self._folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._properties)),
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )

    def wait_until_ready(self) -> None:
        """Return when the port answers. Raises `RuntimeError` if the node does not start."""
        assert self._process
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Ask the broker to end; kill it if it does not within 15 seconds."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the broker: connections stay open and nothing answers. Return when all its threads are stopped."""
        self._signal(signal.SIGSTOP)
        if self._process is not None and self._process.poll() is None:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Continue after `pause`."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End the process and delete the data."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _command(self, main: str, *arguments: str) -> list[str]:
        return [self._java, *_JAVA, "-cp", self._classpath, main, *arguments]

    def _format(self) -> None:
        arguments = ("format", "-t", _CLUSTER, "-c", str(self._properties))
        subprocess.run(
            self._command("kafka.tools.StorageTool", *arguments),
            check=True,
            capture_output=True,
            cwd=self._folder,
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + self._ready
        while time.monotonic() < until:
            if process.poll() is not None:
                break
            if _answers(self.port):
                return
            time.sleep(0.05)
        self.kill()
        log = (self._folder / "node.log").read_text(errors="replace")
        raise RuntimeError(f"the broker did not start: {log[-2000:]}")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        self._signal(number)
        self._signal(signal.SIGCONT)
        if self._process is None:
            return
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._process = None


def _find_java(libs: Path) -> str:
    java = shutil.which("java")
    if java is None:
        raise UnavailableError("Java 17 or newer is not installed; install it and run `make kafka`")
    if not any(libs.glob("kafka_*.jar")):
        raise UnavailableError(f"no Kafka in {libs}; run `make kafka`")
    return java


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
