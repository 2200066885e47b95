"""The operations' port answers only requests to names of this service."""

import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from app.assembly import operations_http
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.process_health import used_disk_share
from app.clock import utc_now
from app.surroundings import system_surroundings
from config.settings import Settings
from monitor.health import ProcessHealth
from pages.allowed_hosts import is_allowed_host
from tests.ingest.door_client import DoorServer
from tests.monitor.console.snapshots import PlantedMonitor, quiet

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def server() -> Iterator[DoorServer]:
    """A real server."""
    door_server = DoorServer()
    with door_server.serving():
        yield door_server


@pytest.fixture
def address(server: DoorServer, settings: Settings) -> str:
    """Address of an operations' port that is also reached as `monitor.internal`."""
    parts = Parts(
        Settings.model_validate(settings.model_dump() | {"ops_names": "monitor.internal"}),
        CHANNELS,
        system_surroundings(),
    )
    server.app = operations_http.build(parts, ProcessHealth(), {}, None)
    return f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("path", ["/live", "/metrics", "/ready"])
def test_a_foreign_host_name_is_refused(address: str, path: str) -> None:
    """A page whose name leads to this address reads nothing. The answer names the setting."""
    answer = requests.get(address + path, headers={"Host": "evil.example:1710"}, timeout=60)
    assert answer.status_code == HTTPStatus.MISDIRECTED_REQUEST
    assert "SATUPINTU_OPS_NAMES" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9", "[::1]:1710", "Monitor.Internal:1710"])
def test_our_names_are_answered(address: str, host: str) -> None:
    """Loopback and the names of the setting, with any port."""
    assert requests.get(f"{address}/live", headers={"Host": host}, timeout=60).status_code == requests.codes.ok


def test_the_answers_are_those_of_the_monitor(address: str, server: DoorServer, parts: Parts) -> None:
    """A process without the monitor has neither pages nor FastAPI. Health and metrics are the same in both."""
    paths = ("/live", "/startup", "/ready", "/metrics", "/other")
    plain = {path: requests.get(address + path, timeout=60) for path in paths}
    server.app = operations_http.build(parts, ProcessHealth(), {}, PlantedMonitor(quiet(utc_now())).loop)
    documented = {path: requests.get(address + path, timeout=60) for path in paths}
    for path in paths:
        assert plain[path].status_code == documented[path].status_code
        assert plain[path].headers["Content-Type"].partition(";")[0] in {"application/json", "text/plain"}
        assert plain[path].headers.keys() >= {"Content-Security-Policy", "X-Content-Type-Options"}
    assert plain["/live"].json() == documented["/live"].json()
    assert plain["/ready"].json().keys() == documented["/ready"].json().keys()
    assert requests.get(f"{address}/metrics", headers={"Accept": OPENMETRICS}, timeout=60).text.endswith("# EOF\n")


def test_the_port_of_the_monitor_has_a_document_and_its_page(address: str, server: DoorServer, parts: Parts) -> None:
    """The document names the addresses of every process. The page has the policy of all pages."""
    server.app = operations_http.build(parts, ProcessHealth(), {}, PlantedMonitor(quiet(utc_now())).loop)
    assert "/metrics" in requests.get(f"{address}/openapi.json", timeout=60).json()["paths"]
    page = requests.get(f"{address}/docs", timeout=60)
    assert "swagger-ui-bundle" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("host", "bind_address", "is_allowed"),
    [
        ("10.0.0.7:1710", "10.0.0.7", True),
        ("10.0.0.8:1710", "10.0.0.7", False),
        ("10.0.0.8:1710", "0.0.0.0", True),  # noqa: S104 - not bound here
        ("[fd00::8]:1710", "::", True),
        ("evil.example", "0.0.0.0", False),  # noqa: S104 - not bound here
        ("monitor.internal.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("ops", "ops", True),
        ("[", "0.0.0.0", False),  # noqa: S104 - not bound here
    ],
)
def test_hosts_of_the_bind_address(host: str, bind_address: str, *, is_allowed: bool) -> None:
    """A port that is bound to every address allows every address, and no name."""
    assert is_allowed_host(host, bind_address, ("monitor.internal",)) == is_allowed


def test_the_used_share_of_the_disk_is_that_of_df(tmp_path: Path) -> None:
    """What is reserved for root counts as neither used nor free."""
    usage = os.statvfs(tmp_path)
    used, free = usage.f_blocks - usage.f_bfree, usage.f_bavail
    assert used_disk_share(tmp_path) == pytest.approx(used / (used + free), abs=0.01)
