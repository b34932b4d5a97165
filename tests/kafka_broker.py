"""A real Apache Kafka broker without Docker, for tests and benchmarks: Java runs it, Maven fetches it once.

`KAFKA_BOOTSTRAP` names another one instead, which nobody here stops or kills.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Protocol

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

VERSION: Final = "4.4.0"
START_SECONDS: Final = 90.0
FETCH_SECONDS: Final = 300.0

POM: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>nz.attendance</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version></dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""
LOGGING: Final = """appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c %m%n
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
"""
PROPERTIES: Final = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


class NoBroker(Exception):
    """There can be no broker on this machine; says what is missing."""


class Somewhere(Protocol):
    """A broker that somebody can speak to."""

    @property
    def bootstrap(self) -> str: ...


class Given:
    """The broker that KAFKA_BOOTSTRAP names."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap


class Broker:
    """A broker of our own in a folder: it can be killed, and started again on what it kept."""

    def __init__(self, folder: Path, libraries: Path) -> None:
        self._folder = folder
        self._port, self._controller = free_port(), free_port()
        self._java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*"]
        self._java.append(f"-Dlog4j2.configurationFile={folder}/log4j2.properties")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        return self._process is not None

    def format(self) -> None:
        """Make the folder that of a new cluster."""
        (self._folder / "log4j2.properties").write_text(LOGGING)
        described = PROPERTIES.format(port=self._port, controller=self._controller, folder=self._folder)
        (self._folder / "server.properties").write_text(described)
        tool = [*self._java, "kafka.tools.StorageTool"]
        cluster = run([*tool, "random-uuid"]).split()[-1]
        run([*tool, "format", "-t", cluster, "-c", f"{self._folder}/server.properties"])

    def start(self) -> None:
        """Start, and wait until it answers. Raises NoBroker with the end of its log."""
        command = [*self._java, "kafka.Kafka", f"{self._folder}/server.properties"]
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not answers(self.bootstrap):
            if self._process.poll() is not None or time.monotonic() > end:
                raise NoBroker(f"the broker did not start: {self._tail()}")
            time.sleep(0.1)

    def send(self, what: signal.Signals) -> None:
        """Freeze it, or let it go on."""
        if self._process:
            self._process.send_signal(what)

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, by: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(by)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _tail(self) -> str:
        return (self._folder / "broker.log").read_text(errors="replace")[-2_000:]


@contextmanager
def broker() -> Generator[Broker | Given]:
    """Lend a broker. Raises NoBroker."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        yield Given(given)
        return
    libraries = fetched()
    with tempfile.TemporaryDirectory(prefix="as-cms-kafka-", ignore_cleanup_errors=True) as folder:
        ours = Broker(Path(folder), libraries)
        ours.format()
        try:
            ours.start()
            yield ours
        finally:
            ours.kill()


def possible() -> bool:
    """Whether there is a broker, or the tools to start one."""
    return bool(os.environ.get("KAFKA_BOOTSTRAP")) or not missing()


def missing() -> list[str]:
    """Return the programs that are missing to start a broker."""
    return [name for name in ("java", "mvn") if shutil.which(name) is None]


def fetched() -> Path:
    """Return the folder of the broker's libraries, fetched once and kept outside the repository. Raises NoBroker."""
    if absent := missing():
        raise NoBroker(f"a broker needs {' and '.join(absent)}, or KAFKA_BOOTSTRAP")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "as-cms"
    kept = cache / f"kafka-{VERSION}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-", ignore_cleanup_errors=True) as folder:
            _fetch(Path(folder), kept)
    return kept


def _fetch(folder: Path, to: Path) -> None:
    """Fetch into a draft, and put it in its place whole; another process may have been quicker."""
    (folder / "pom.xml").write_text(POM.format(version=VERSION))
    command = ["mvn", "-q", "-B", "-f", f"{folder}/pom.xml", "dependency:copy-dependencies"]
    run([*command, f"-DoutputDirectory={folder}/libraries"], seconds=FETCH_SECONDS)
    try:
        (folder / "libraries").rename(to)
    except OSError:
        if not to.exists():
            raise


def run(command: Sequence[str], seconds: float = 60.0) -> str:
    """Run a program to its end, and return what it printed. Raises NoBroker with what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise NoBroker(f"{command[0]} took more than {seconds:.0f} s") from None
    if done.returncode:
        raise NoBroker(f"{command[0]}: {(done.stderr or done.stdout)[-2_000:]}")
    return done.stdout


def answers(bootstrap: str) -> bool:
    """Whether a client can ask the broker for its topics."""
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1.0).close()
        with closing(KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=1_000)) as admin:
            admin.list_topics()
    except (KafkaError, OSError):
        return False
    return True


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
