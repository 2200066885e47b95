"""A phone with the app, as the mobile door sees it: it registers, and sends with its token."""

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
    """A phone with the app. `device_id` is random, as the app makes it."""

    served: DoorClient
    device_id: UUID = field(default_factory=uuid4)
    token: str = ""

    def register(self, **more: object) -> requests.Response:
        """Request a token and store it."""
        registration = {"device_id": str(self.device_id)} | more
        answer = self.served.post("/mobile/v1/devices", json=registration)
        if answer.ok:
            self.token = answer.json()["token"]
        return answer

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any) -> requests.Response:
        """Send any request with the token."""
        authorized_headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        url = f"{self.served.address}/mobile/v1{path}"
        return requests.request(method, url, headers=authorized_headers, timeout=_PATIENCE_SECONDS, **request)

    def send(self, *items: object) -> requests.Response:
        """Send a batch of reports."""
        return self.call("POST", "/outbox", json={"items": items})

    def results(self, *items: object) -> list[Fields]:
        """Send a batch of reports and return the result of each item."""
        answer = self.send(*items)
        assert answer.status_code == 200, answer.text
        results: list[Fields] = answer.json()["results"]
        return results

    def state(self) -> tuple[int, list[list[int]]]:
        """Return the highest sequence number that the door has of this phone, and the missing ranges."""
        state = self.call("GET", "/outbox").json()
        return state["highest"], state["missing"]

    def begin(self, length: int, upload: UUID | None = None) -> requests.Response:
        """Begin an upload."""
        headers = {"Upload-Id": str(upload or uuid4()), "Upload-Length": str(length)}
        return self.call("POST", "/uploads", headers)

    def part(self, upload: object, offset: int, content: bytes) -> requests.Response:
        """Send some bytes of an upload."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.call("PATCH", f"/uploads/{upload}", headers, data=content)

    def upload(self, content: bytes) -> str:
        """Upload a complete file and return its id."""
        upload = str(uuid4())
        self.begin(len(content), UUID(upload))
        answer = self.part(upload, 0, content)
        assert answer.status_code == 204, answer.text
        return upload


def item(sequence: int, **more: object) -> Fields:
    """Return an item of a batch with a text of its own."""
    fields = {"sequence": sequence, "client_id": str(uuid4()), "text": f"{TEXT} ({sequence})"}
    return fields | more


def statuses(results: Sequence[Fields]) -> list[str]:
    """Return the status of each result, or the reason if it was refused."""
    return [result["reason"] or result["status"] for result in results]


def details_by_field(result: Fields) -> dict[str, str]:
    """Return the detail of each field error of a result."""
    return {error["field"]: error["detail"] for error in result["errors"]}
