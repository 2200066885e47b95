"""The broker of the session: the one in KAFKA_BOOTSTRAP, otherwise a node that the tests start."""

import gc
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bus.kafka.node import Membership, Node, UnavailableError
from tests.support.ports import free_ports


def pytest_configure(config: pytest.Config) -> None:
    """Ignore unclosed sockets: kafka-python leaves those of refused connections to the garbage collector."""
    config.addinivalue_line("filterwarnings", "ignore:unclosed <(ssl.SSLSocket|socket.socket):ResourceWarning")


def pytest_sessionfinish() -> None:
    """Collect the sockets of the last tests here: later the filter is no longer in force."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def formatted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a node that never ran, to be copied: Java needs a second to make one."""
    node = new_node()
    try:
        return shutil.copytree(node.data, tmp_path_factory.mktemp("kafka") / "data")
    finally:
        node.close()


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> Iterator[str]:
    """`host:port` of a running Apache Kafka. Skips without Java or the jars; in CI that is a failure."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    node = new_node(request.getfixturevalue("formatted"))
    node.start()
    try:
        yield node.bootstrap
    finally:
        node.close()


@pytest.fixture
def own_node(formatted: Path) -> Iterator[Node]:
    """A started node for one test, which may pause or kill it."""
    node = new_node(formatted)
    node.start()
    try:
        yield node
    finally:
        node.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[Node]]:
    """Three started nodes of one cluster, which the tests of a module may pause, kill and start again."""
    controllers = tuple(free_ports(3))
    nodes = [new_node(ready=240.0, membership=Membership(number, controllers)) for number in (1, 2, 3)]
    try:
        for node in nodes:
            node.launch()
        for node in nodes:
            node.wait_until_ready()
        yield nodes
    finally:
        for node in nodes:
            node.close()


def new_node(formatted: Path | None = None, **options: Any) -> Node:
    """Return a node that is not started. Skip the test if Java or Kafka is missing, or fail it in CI.

    `options` are those of `Node`.
    """
    try:
        return Node(formatted, **options)
    except UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
