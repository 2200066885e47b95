"""The documented reverse proxy (`deploy/nginx.conf`) with a real nginx in front of the real doors."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import missing
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.mobile.phones import Phone
from tests.ingest.web.forms import attached, photo, send_form
from tests.support.paths import ROOT
from tests.support.ports import free_port

_PATIENCE_SECONDS = 60.0
# Debian installs it where only root looks for programs.
_NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_MAIN = """\
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@pytest.fixture(scope="module")
def proxy_port(host: DoorServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of an nginx in front of the server of the tests."""
    with _nginx(tmp_path_factory.mktemp("nginx"), host.port) as port:
        yield port


@pytest.fixture
def proxied(serve: Serve, proxy_port: int) -> DoorClient:
    """Doors behind nginx, reached through nginx. There are two places for requests."""
    served = serve(requests_at_once=2, rates={"web": "1/minute"})
    return replace(served, address=f"http://127.0.0.1:{proxy_port}")


@contextmanager
def _nginx(folder: Path, service_port: int) -> Iterator[int]:
    """Run nginx with the documented configuration, and yield its port. Its logs are in `folder`."""
    if _NGINX is None:
        missing("nginx is not on this machine (Debian: nginx-light)")
    assert _NGINX
    config, port = folder / "nginx.conf", free_port()
    # A master process of root gives its rights up, and could then not write to the folder of the test.
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(_MAIN.format(user=user, folder=folder, site=_site(port, f"127.0.0.1:{service_port}")))
    process = subprocess.Popen([_NGINX, "-c", str(config), "-p", str(folder)])
    try:
        while not _listens(port):
            assert process.poll() is None, "nginx refuses deploy/nginx.conf"
        yield port
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _site(port: int, service: str) -> str:
    """Return the documented configuration without TLS, with a short deadline for headers."""
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    site = re.sub(r"(?m)^ *(ssl_\w+|listen \[).*$", "", site)
    for documented, used in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("server 127.0.0.1:1708;", f"server {service};"),
        ("client_header_timeout 10s;", "client_header_timeout 100ms;"),
    ):
        assert documented in site
        site = site.replace(documented, used)
    return site


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS):
        return True
    return False


def _begin_post(client: DoorClient, path: str, length: int) -> HTTPConnection:
    connection = HTTPConnection(urlsplit(client.address).netloc, timeout=_PATIENCE_SECONDS)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    return connection


@pytest.mark.slow
def test_a_form_with_a_picture_passes_the_proxy(proxied: DoorClient) -> None:
    """The proxy changes no body, and the answer leads to the receipt."""
    answer = send_form(proxied, [attached("jalan.jpg", photo())])
    assert (answer.status_code, answer.headers["Location"].split("?")[0][:14]) == (303, "/web/receipts/")
    (raw,) = proxied.raw_messages("web")
    assert len(raw.attachments) == 1


@pytest.mark.slow
def test_a_slow_body_takes_no_place_in_the_service(proxied: DoorClient) -> None:
    """The proxy waits for the whole body. Meanwhile the two places of the service are free."""
    slow = [_begin_post(proxied, "/web/reports", 24) for _ in range(3)]
    for connection in slow:
        connection.send(b'{"text":')
    assert proxied.post("/web/reports", json={"text": "Lampu padam."}).status_code == 202
    slow[0].send(b' "Lampu padam."}')
    assert slow[0].getresponse().status == 202
    for connection in slow:
        connection.close()


@pytest.mark.slow
def test_unfinished_headers_are_closed_by_the_proxy(proxied: DoorClient) -> None:
    """The proxy closes a connection that never finishes its headers."""
    target = urlsplit(proxied.address)
    with socket.create_connection((target.hostname, target.port or 0), _PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        while connection.recv(65_536):
            pass


@pytest.mark.slow
def test_a_client_does_not_choose_its_address(proxied: DoorClient) -> None:
    """The proxy replaces X-Forwarded-For. The address that a client invents is not counted."""
    headers = {"X-Forwarded-For": "203.0.113.7"}
    statuses = {proxied.post("/web/reports", json={"text": "Lampu."}, headers=headers).status_code for _ in range(2)}
    assert statuses == {202}


@pytest.mark.slow
def test_an_interrupted_upload_continues(proxied: DoorClient) -> None:
    """The bytes that arrived before the connection broke are in the service, and not lost in the proxy."""
    phone = Phone(proxied)
    phone.register()
    begun = phone.begin(600_000)
    assert begun.status_code == 201, begun.text
    upload = begun.json()["id"]
    connection = HTTPConnection(urlsplit(proxied.address).netloc, timeout=_PATIENCE_SECONDS)
    connection.putrequest("PATCH", f"/mobile/v1/uploads/{upload}")
    for name, value in (
        ("Authorization", f"Bearer {phone.token}"),
        ("Upload-Offset", "0"),
        ("Content-Length", "600000"),
        ("Content-Type", "application/offset+octet-stream"),
    ):
        connection.putheader(name, value)
    connection.endheaders(b"a" * 300_000)
    connection.close()
    while int(phone.call("HEAD", f"/uploads/{upload}").headers.get("Upload-Offset", 0)) == 0:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/ready", "/live", "/startup"])
def test_health_checks_are_not_public(proxied: DoorClient, path: str) -> None:
    """The state of the service is not for everybody."""
    assert proxied.get(path).status_code == 404


@pytest.mark.slow
def test_no_log_has_a_secret_address(tmp_path: Path) -> None:
    """The service is away, so each request is an error. The secret addresses are in neither log."""
    secret = "0f1e2d3c4b5a"
    paths = (
        f"/l/{secret}",
        f"/web/receipts/0000-0000-0000?bukti={secret}",
        f"/web/kontak/0000-0000-0000/kode?bukti={secret}",
        f"/web/email/0000-0000-0000?tanda={secret}",
        f"/desk/undangan/{secret}",
    )
    with _nginx(tmp_path, free_port()) as port:
        statuses = [
            requests.get(f"http://127.0.0.1:{port}{path}", timeout=_PATIENCE_SECONDS).status_code
            for path in ("/lapor", *paths)
        ]
    assert statuses == [502] * 6
    for name in ("access.log", "error.log"):
        log = (tmp_path / name).read_text()
        assert ("/lapor" in log, secret in log) == (True, False)
