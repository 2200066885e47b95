"""A phone with the installed app: a browser of its own that can be killed, behind a network that can fail."""

import http.client
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from ingest.mobile.app.files import AppFile, read_files, with_version

_PATIENCE_SECONDS = 60
_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
# A changed file is not compared with what the browser has of the other version.
_VERSION_HEADERS = {"content-encoding", "etag", "if-none-match"}


class Network:
    """The network between phones and the service, at `address`.

    `is_down`: no request is answered. `lost_answers`: so many requests that the service took get no answer.
    `cut_parts`: so many parts of pictures arrive by half. `files` are the app's files of another version.
    """

    def __init__(self, service_port: int) -> None:
        self.is_down = False
        self.lost_answers = 0
        self.cut_parts = 0
        self.files: Mapping[str, AppFile] = {}
        self.requests: list[tuple[str, str]] = []
        self._service_port = service_port
        network = self

        class Handler(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                network.pass_on(self)

            do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - names of http.server

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Network"]:
        """Answer requests until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def install_version(self, mark: str) -> None:
        """Serve another version of the app from now on: `mark` is a comment in one of its files."""
        contents = read_files()
        self.files = with_version({**contents, "texts.js": contents["texts.js"] + f"\n// {mark}\n".encode()})

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Pass a request to the service and its answer back, as far as the network lets them."""
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        self.requests.append((request.command, request.path))
        request.close_connection = True
        if self.is_down:
            return
        is_cut = request.command == "PATCH" and self.cut_parts > 0
        if is_cut:
            self.cut_parts -= 1
            # As if the connection broke in the middle of the part: the service has the bytes that came before.
            body = body[: len(body) // 2]
        connection = http.client.HTTPConnection("127.0.0.1", self._service_port, timeout=_PATIENCE_SECONDS)
        dropped = _HOP_HEADERS | (_VERSION_HEADERS if self.files else set())
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        try:
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError:
            return
        finally:
            connection.close()
        is_act = request.command not in {"GET", "HEAD"} and not request.path.endswith("/devices")
        if is_cut or (is_act and self._loses_answer()):
            return
        self._answer(request, answer, content)

    def _loses_answer(self) -> bool:
        if not self.lost_answers:
            return False
        self.lost_answers -= 1
        return True

    def _answer(self, request: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, content: bytes) -> None:
        file = self.files.get(request.path.removeprefix("/app/") or "index.html")
        is_changed = file is not None and request.path.startswith("/app/")
        if file is not None and is_changed:
            content = file.content
        request.send_response(200 if is_changed else answer.status)
        dropped = _HOP_HEADERS | (_VERSION_HEADERS if is_changed else set())
        for name, value in answer.getheaders():
            if name.lower() not in dropped:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        # The browser may have been killed.
        with suppress(ConnectionError):
            if request.command != "HEAD":
                request.wfile.write(content)


class Phone:
    """A browser with a profile of its own in `folder`: what it stores outlives `kill`."""

    def __init__(self, playwright: Playwright, chromium: str, folder: Path, address: str) -> None:
        self._playwright = playwright
        self._chromium = chromium
        self._folder = folder
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None
        self.faults: list[str] = []

    @property
    def context(self) -> BrowserContext:
        """The browser's one context, which keeps its data."""
        assert self._browser
        return self._browser.contexts[0]

    def start(self, size: Mapping[str, int], view: str = "#lapor", *, space: int = 0) -> Page:
        """Start the browser and open the app, as a press on its icon does.

        `space` is the number of bytes that the app may keep, until `free_space`; 0: as many as there are.
        """
        port_file = self._folder / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        arguments = [
            self._chromium, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self._folder}",
            "--no-first-run", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=id", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: port_file.exists() and port_file.read_text().count("\n") > 0)
        port = port_file.read_text().split("\n")[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        page = self.context.pages[0]
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        self._session = self.context.new_cdp_session(page)
        if space:
            # Before the app opens its database: Chromium remembers for a while how much space there is.
            quota = {"origin": self._address, "quotaSize": space}
            self._session.send("Storage.overrideQuotaForOrigin", quota)
        self.open(page, view)
        return page

    def free_space(self) -> None:
        """Let the app keep as much as there is space."""
        self._session.send("Storage.overrideQuotaForOrigin", {"origin": self._address})

    def open(self, page: Page, view: str = "#lapor") -> None:
        """Open the app anew and wait until it answers."""
        page.goto(f"{self._address}/app/{view}")
        page.reload()
        page.wait_for_selector("html[data-ready]")

    def kill(self) -> None:
        """End the browser without a warning."""
        assert self._process
        self._process.kill()
        self._process.wait()
        if self._browser:
            self._browser.close()
        self._process = self._browser = None

    @property
    def is_running(self) -> bool:
        """Return True between `start` and `kill`."""
        return self._process is not None


def stored(page: Page, store: str) -> list[dict[str, Any]]:
    """Return the values that the app keeps in one of its stores."""
    values: list[dict[str, Any]] = page.evaluate(
        "name => import('/app/store.js').then(store => store.readAll(name))", store
    )
    return values


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
