"""An app as the mobile door meets it: it registers, and sends with its token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import requests

from tests.ingest.door_client import DoorClient
from tests.ingest.people import TEXT, Fields

_PATIENCE_SECONDS = 10.0


@dataclass
class Phone:
    """A phone with the app; `device_id` is random, as the app makes it."""

    served: DoorClient
    device_id: UUID = field(default_factory=uuid4)
    token: str = ""

    def register(self, **more: object) -> requests.Response:
        """Ask for a token, and keep it."""
        asked = {"device_id": str(self.device_id)} | more
        answer = self.served.post("/mobile/v1/devices", json=asked)
        if answer.ok:
            self.token = answer.json()["token"]
        return answer

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any) -> requests.Response:
        """Any request with the token."""
        proven = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        url = f"{self.served.address}/mobile/v1{path}"
        return requests.request(method, url, headers=proven, timeout=_PATIENCE_SECONDS, **request)

    def send(self, *items: object) -> requests.Response:
        """The outbox."""
        return self.call("POST", "/outbox", json={"items": items})

    def results(self, *items: object) -> list[Fields]:
        """The outbox; what became of each item."""
        answer = self.send(*items)
        assert answer.status_code == 200, answer.text
        found: list[Fields] = answer.json()["results"]
        return found

    def state(self) -> tuple[int, list[list[int]]]:
        """The highest number that the door has of this phone, and the ranges that it lacks."""
        said = self.call("GET", "/outbox").json()
        return said["highest"], said["missing"]

    def begin(self, length: int, upload: UUID | None = None) -> requests.Response:
        """Begin an upload."""
        headers = {"Upload-Id": str(upload or uuid4()), "Upload-Length": str(length)}
        return self.call("POST", "/uploads", headers)

    def part(self, upload: object, offset: int, content: bytes) -> requests.Response:
        """Some bytes of an upload."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.call("PATCH", f"/uploads/{upload}", headers, data=content)

    def upload(self, content: bytes) -> str:
        """A whole file; returns its id."""
        upload = str(uuid4())
        self.begin(len(content), UUID(upload))
        answer = self.part(upload, 0, content)
        assert answer.status_code == 204, answer.text
        return upload


def item(sequence: int, **more: object) -> Fields:
    """An item of an outbox, with words of its own."""
    said = {"sequence": sequence, "client_id": str(uuid4()), "text": f"{TEXT} ({sequence})"}
    return said | more


def statuses(results: Sequence[Fields]) -> list[str]:
    """What became of each item, and why not."""
    return [result["reason"] or result["status"] for result in results]


def faults(result: Fields) -> dict[str, str]:
    """What is said of each field of an item."""
    return {fault["field"]: fault["detail"] for fault in result["errors"]}
