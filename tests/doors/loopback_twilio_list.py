"""A Twilio on loopback: its list of messages, page by page, and the files that came with them."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT = "AC" + "0" * 31 + "1"


@dataclass
class File:
    """An answer to a request for a file. `lacking` bytes are promised and not sent; `stall` is waited for first."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    lacking: int = 0
    stall: threading.Event | None = None
    # Sent byte by byte, with so many seconds between two.
    drip: float | None = None


@dataclass
class LoopbackTwilio:
    """`messages` are newest first. `asked` holds each request's path and the token it was made with, if any."""

    url: str = ""
    token: str = "twilio-test"
    page_size: int = 50
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def received(self, sid: str, at: datetime, body: str, sender: str, **more: Any) -> None:
        """A message came in, after those that are there."""
        moment = format_datetime(at.astimezone(UTC))
        made: dict[str, Any] = {
            "sid": sid, "account_sid": ACCOUNT, "from": sender, "to": "1708", "body": body, "direction": "inbound",
            "date_sent": moment, "date_created": moment, "date_updated": moment, "num_media": "0", "num_segments": "1",
            "messaging_service_sid": None, "status": "received", "api_version": "2010-04-01", "price": None,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json", "subresource_uris": {},
        }  # fmt: skip
        self.messages.insert(0, made | more)

    def media_url(self, message: str, sid: str) -> str:
        """Where a file is."""
        return f"{self.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/{message}/Media/{sid}"

    def answer(self, target: str, token: str) -> File:
        """What Twilio says to a request."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.asked.append((path, token))
        if path in self.files and path.startswith("/storage/"):
            return self.files[path]
        if token != self.token:
            return _json({"code": 20003, "message": "Authenticate", "status": 401}, 401)
        if path in self.files:
            return self.files[path]
        if self.status != 200:
            return _json({"code": 20500, "message": "Internal", "status": self.status}, self.status)
        if path.endswith("/Media.json"):
            return _json({"media_list": self._media(path.removesuffix(".json")), "next_page_uri": None})
        return self._page(path, query)

    def _media(self, folder: str) -> list[dict[str, Any]]:
        return [
            {"sid": name.rsplit("/", 1)[1], "uri": f"{name}.json", "content_type": "image/jpeg"}
            for name in self.files
            if name.startswith(f"{folder}/")
        ]

    def _page(self, path: str, query: dict[str, list[str]]) -> File:
        asked = {name: values[0] for name, values in query.items()}
        since = datetime.fromisoformat(asked["DateSent>"])
        found = [
            made
            for made in self.messages
            if asked.get("To", made["to"]) == made["to"]
            and (made["date_sent"] is None or parsedate_to_datetime(made["date_sent"]) >= since)
        ]
        number = int(asked.get("Page", "0"))
        end = (number + 1) * self.page_size
        following = f"{path}?{urlencode(asked | {'Page': number + 1})}" if len(found) > end else None
        return _json({"messages": found[number * self.page_size : end], "next_page_uri": following})


def _json(body: object, status: int = 200) -> File:
    return File(json.dumps(body).encode(), status, {"Content-Type": "application/json"})


@contextmanager
def serving_twilio() -> Iterator[LoopbackTwilio]:
    """Serve until the block ends."""
    twilio = LoopbackTwilio()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(twilio))
    twilio.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="loopback-twilio")
    thread.start()
    try:
        yield twilio
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(twilio: LoopbackTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            basic = self.headers.get("Authorization", "").removeprefix("Basic ")
            said = twilio.answer(self.path, base64.b64decode(basic).decode().partition(":")[2])
            if said.stall is not None:
                said.stall.wait(30)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body) + said.lacking))
            self.end_headers()
            try:
                self._write(said)
            except OSError:
                # Whoever asked has given up.
                self.close_connection = True

        def _write(self, said: File) -> None:
            if said.drip is None:
                self.wfile.write(said.body)
                return
            for number in range(len(said.body)):
                self.wfile.write(said.body[number : number + 1])
                self.wfile.flush()
                threading.Event().wait(said.drip)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
