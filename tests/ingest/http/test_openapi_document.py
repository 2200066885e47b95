"""The OpenAPI document and the answers: what is sent is declared, and what is declared is sent."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from PIL import Image
from sqlalchemy import insert

from bus.port import Outgoing, Producer
from bus.worker_health import WorkerHealth
from config.database import write_transaction
from monitor.alert_thresholds import HANGING_SECONDS
from monitor.health import ProcessHealth
from sinks.ledger.tables import ComplaintRow
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.files.test_attachments import picture
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import report
from tests.ingest.sms.test_door import sign, sms
from tests.ingest.web.forms import fields
from tests.sinks.ledger.test_status import complaint

_PATIENCE_SECONDS = 10.0
_AFAR = {"X-Forwarded-For": "203.0.113.7"}
_PAGE = {"Accept": "text/html,*/*;q=0.8"}
_JSON = {"Accept": "application/json"}

Answered = tuple[str, str]


class Asked:
    """What was answered, by operation: each status with its media type, empty where there is none."""

    def __init__(self) -> None:
        self.seen: dict[str, set[Answered]] = defaultdict(set)
        self.served: DoorClient | None = None

    def ask(self, operation: str, path: str = "", **request: Any) -> requests.Response:
        """Ask an operation as the document names it; `path` is its address where that has something to fill in."""
        assert self.served
        method, template = operation.split()
        url = self.served.address + (path or template)
        answer = requests.request(method, url, timeout=_PATIENCE_SECONDS, allow_redirects=False, **request)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        self.seen[operation].add((str(answer.status_code), media_type))
        return answer


@pytest.fixture
def asked() -> Asked:
    """Nothing yet."""
    return Asked()


def test_the_document_tells_the_truth(serve: Serve, host: DoorServer, producer: Producer, asked: Asked) -> None:
    """For every operation: no status and no media type but those declared, and each of these is really sent."""
    asked.served = serve()
    document = asked.served.get("/openapi.json").json()
    declared = {
        f"{method.upper()} {path}": {
            status: set(said.get("content", {})) or {""} for status, said in operation["responses"].items()
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    _people(asked)
    _open311(asked)
    _sms(asked)
    _mobile(asked, Phone(asked.served))
    _health(asked, serve)
    asked.served = serve(rates=dict.fromkeys(("web", "open311", "mobile", "upload", "sms-unsigned"), "1/hour"))
    _too_often(asked)
    asked.served = serve(requests_at_once=1)
    with _guest(asked.served):
        _while_full(asked, declared)

    assert _undeclared(asked, declared) == []
    assert _unsent(asked, declared) == []


def _undeclared(asked: Asked, declared: dict[str, dict[str, set[str]]]) -> list[tuple[str, str, str]]:
    return [
        (operation, status, media_type)
        for operation, answers in sorted(asked.seen.items())
        for status, media_type in sorted(answers)
        if media_type not in declared[operation].get(status, declared[operation].get("default", set()))
    ]


def _unsent(asked: Asked, declared: dict[str, dict[str, set[str]]]) -> list[tuple[str, str, str]]:
    """What is declared and never came; `default` stands for refusals of whatever status."""
    found = []
    for operation, statuses in sorted(declared.items()):
        refused = {media_type for status, media_type in asked.seen[operation] if status >= "400"}
        for status, media_types in statuses.items():
            sent = refused if status == "default" else {kind for code, kind in asked.seen[operation] if code == status}
            found += [(operation, status, media_type) for media_type in sorted(media_types - sent)]
    return found


def _people(asked: Asked) -> None:
    served = asked.served
    assert served
    asked.ask("GET /")
    reports = "POST /web/reports"
    large, key = b"text=" + b"a" * 300_000, {"Idempotency-Key": "k"}
    number = asked.ask(reports, json=report(), headers=key).json()["tracking"]
    asked.ask(reports, data=fields(served))
    asked.ask(reports, data=fields(served, step="city", province="33"))
    asked.ask(reports, data=fields(served), headers={"Sec-Fetch-Site": "cross-site"})
    asked.ask(reports, data=fields(served), files=[("files", ("x", b"GIF89a"))])
    asked.ask(reports, data=fields(served, text=""))
    asked.ask(reports, data=large)
    known(served, number)
    for wanted in (_PAGE, _JSON):
        said = wanted | {"Content-Type": "application/json"}
        asked.ask(reports, json={}, headers=wanted)
        asked.ask(reports, json=report(text="Lain."), headers=wanted | key)
        asked.ask(reports, data=large, headers=said)
        asked.ask("GET /web/receipts/{number}", "/web/receipts/x", headers=wanted)
        for typed in (number, "x"):
            asked.ask("GET /status/{number}", f"/status/{typed}", headers=wanted)
    asked.ask("GET /web/receipts/{number}", f"/web/receipts/{number}")
    for path in ("/status", f"/status?number={number}", "/status?number=x"):
        asked.ask("GET /status", path)


def known(served: DoorClient, number: str) -> None:
    """The ledger knows a number."""
    with write_transaction(served.parts.engine) as connection:
        connection.execute(insert(ComplaintRow), [complaint(1) | {"id": uuid4(), "tracking": number}])


def _open311(asked: Asked) -> None:
    assert asked.served
    base = "/open311/v2"
    said = {"service_code": "agama", "address_string": "Kota Semarang", "description": "Kubah bocor."}
    for form in ("json", "xml"):
        for resource in ("discovery", "services", "requests"):
            asked.ask(f"GET {base}/{resource}.{form}")
        asked.ask(f"POST {base}/requests.{form}", data=said)
        asked.ask(f"POST {base}/requests.{form}", data={})
        asked.ask(f"GET {base}/services/{{code}}.{form}", f"{base}/services/agama.{form}")
        number = asked.served.post(f"{base}/requests.json", data=said).json()[0]["token"]
        known(asked.served, number)
        for resource, what in (("requests", "number"), ("tokens", "token")):
            asked.ask(f"GET {base}/{resource}/{{{what}}}.{form}", f"{base}/{resource}/{number}.{form}")
            asked.ask(f"GET {base}/{resource}/{{{what}}}.{form}", f"{base}/{resource}/x.{form}")


def _sms(asked: Asked) -> None:
    served = asked.served
    assert served
    for path in ("/sms/twilio", f"/sms/twilio/status?reply={uuid4()}"):
        operation = f"POST {path.partition('?')[0]}"
        for said in (sms(), sms(sid="")):
            asked.ask(operation, path, data=said, headers=sign(f"{served.address}{path}", said))
        asked.ask(operation, path, data=sms())
        asked.ask(operation, path, data=sms("a" * 300_000))


def _mobile(asked: Asked, phone: Phone) -> None:
    phone.register()
    base, own = "/mobile/v1", {"Authorization": f"Bearer {phone.token}"}
    device = {"device_id": str(phone.device_id)}
    asked.ask(f"POST {base}/devices", json=device)
    asked.ask(f"POST {base}/devices", json={})
    for answered in (own, {}):
        for each in ("GET /outbox", "GET /feed"):
            asked.ask(each.replace("/", f"{base}/", 1), headers=answered)
        asked.ask(f"POST {base}/outbox", json={"items": [item(1)]}, headers=answered)
        asked.ask(f"POST {base}/outbox", data=b"[]", headers=answered)
        asked.ask(f"POST {base}/outbox", data=b"a" * 300_000, headers=answered)
    tag = phone.call("GET", "/feed").headers["ETag"]
    asked.ask(f"GET {base}/feed", headers=own | {"If-None-Match": tag})
    _uploads(asked, phone, own)
    _reports(asked, phone, own | {"Idempotency-Key": "k"})
    asked.ask(f"DELETE {base}/devices/self", headers=own)
    asked.ask(f"DELETE {base}/devices/self", headers=own)


def _reports(asked: Asked, phone: Phone, own: dict[str, str]) -> None:
    send, device = "POST /mobile/v1/reports", {"device_id": str(phone.device_id)}
    half, wrong = uuid4(), uuid4()
    phone.begin(500, half)
    phone.begin(5, wrong)
    phone.part(wrong, 0, b"GIF89")
    asked.ask(send, json=device | {"text": "Lampu padam."}, headers=own)
    asked.ask(send, json=device | {"text": "Lain."}, headers=own)
    asked.ask(send, json=device, headers=own)
    asked.ask(send, json={"device_id": str(uuid4()), "text": "Lampu padam."}, headers=own)
    asked.ask(send, data=b"a" * 300_000, headers=own)
    asked.ask(send, json=device, headers={"Authorization": "Bearer x"})
    for upload in (half, wrong, uuid4()):
        said = device | {"text": "Lampu padam.", "attachments": [str(upload)]}
        asked.ask(send, json=said, headers=own | {"Idempotency-Key": str(upload)})


def _uploads(asked: Asked, phone: Phone, own: dict[str, str]) -> None:
    base, path = "/mobile/v1/uploads", "/mobile/v1/uploads/{upload_id}"
    upload, large, wrong = (uuid4() for _ in range(3))
    content = picture()

    def begin(wanted: object, length: int, headers: dict[str, str] = own) -> None:
        named = {"Upload-Id": str(wanted), "Upload-Length": str(length)}
        asked.ask(f"POST {base}", headers=headers | named)

    def part(wanted: object, offset: int, sent: bytes, headers: dict[str, str] = own) -> None:
        asked.ask(f"PATCH {path}", f"{base}/{wanted}", data=sent, headers=headers | {"Upload-Offset": str(offset)})

    for wanted, length in ((upload, len(content)), (upload, 7), (uuid4(), 9_000_000), ("x", 5)):
        begin(wanted, length)
    begin(uuid4(), 5, {})
    for offset, sent in ((5, b"x"), (0, content + b"more"), (0, content)):
        part(upload, offset, sent)
    for wanted, sent in ((large, oversized()), (wrong, b"GIF89")):
        begin(wanted, len(sent))
        part(wanted, 0, sent)
    for wanted in (uuid4(), "x"):
        part(wanted, 0, b"x")
    part(upload, 0, b"x", {})
    for wanted in (upload, large, wrong, uuid4(), "x"):
        asked.ask(f"HEAD {path}", f"{base}/{wanted}", headers=own)
    asked.ask(f"HEAD {path}", f"{base}/{upload}")


def oversized() -> bytes:
    """A picture with more pixels than are unfolded, in few bytes."""
    out = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(out, "PNG")
    return out.getvalue()


def _health(asked: Asked, serve: Serve) -> None:
    now, pulse = [0.0], ProcessHealth()
    pulse.worker_health["router"] = WorkerHealth(lambda: now[0])
    asked.served = serve(spool_megabytes=1, pulse=pulse)
    for path in ("/live", "/startup", "/ready"):
        asked.ask(f"GET {path}")
    pulse.started.set()
    asked.ask("GET /startup")
    now[0] = 2 * HANGING_SECONDS
    asked.ask("GET /live")
    spool = asked.served.parts.spool
    filler = Outgoing("raw-web", b"", b"")
    spool.append([replace(filler, value=b"x" * (1_000_000 - filler.size))])
    asked.ask("GET /ready")


def _too_often(asked: Asked) -> None:
    served = asked.served
    assert served
    phone = Phone(served)
    phone.register()
    own, base = _AFAR | {"Authorization": f"Bearer {phone.token}"}, "/mobile/v1"
    for wanted in (_PAGE, _JSON):
        for _ in range(2):
            asked.ask("POST /web/reports", json=report(), headers=_AFAR | wanted)
            asked.ask("POST /sms/twilio", data=sms(), headers=_AFAR)
    for _ in range(2):
        asked.ask(f"POST {base}/devices", json={"device_id": str(phone.device_id)}, headers=_AFAR)
        asked.ask(f"POST {base}/reports", json={}, headers=_AFAR)
        for each in ("GET /outbox", "POST /outbox", "GET /feed", "DELETE /devices/self"):
            asked.ask(each.replace("/", f"{base}/", 1), headers=own)
        asked.ask(f"POST {base}/uploads", headers=own)
        for method in ("HEAD", "PATCH"):
            asked.ask(f"{method} {base}/uploads/{{upload_id}}", f"{base}/uploads/{uuid4()}", headers=own)


@contextmanager
def _guest(served: DoorClient) -> Iterator[None]:
    """Somebody is inside, and slow."""
    inside = HTTPConnection(urlsplit(served.address).netloc, timeout=_PATIENCE_SECONDS)
    inside.putrequest("POST", "/web/reports")
    inside.putheader("Content-Length", "1000")
    inside.endheaders(b"text=setengah")
    while served.get("/status").status_code != requests.codes.service_unavailable:
        pass
    yield
    inside.close()


def _while_full(asked: Asked, operations: Iterable[str]) -> None:
    for operation in operations:
        path = re.sub(r"{\w+}", "x", operation.split()[1])
        for wanted in (_PAGE, _JSON):
            asked.ask(operation, path, headers=wanted)
