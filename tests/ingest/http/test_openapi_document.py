"""The OpenAPI document and the answers agree: everything sent is declared, and everything declared is sent."""

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

from bus.port import Outgoing, Producer
from bus.worker_health import WorkerHealth
from cases.facts.tables import ComplaintFact
from config.database import write_transaction
from messages.ids import complaint_id
from messages.sender_link import sender_token
from monitor.alert_thresholds import HANGING_SECONDS
from monitor.health import ProcessHealth
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.files.test_attachments import picture
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import report
from tests.ingest.sms.test_door import sign, sms
from tests.ingest.web.forms import fields
from tests.sinks.ledger.test_status import complaint
from tests.support.case_stages import store

_PATIENCE_SECONDS = 10.0
_AFAR = {"X-Forwarded-For": "203.0.113.7"}
_PAGE = {"Accept": "text/html,*/*;q=0.8"}
_JSON = {"Accept": "application/json"}

Answered = tuple[str, str]


class Answers:
    """Answers by operation: each status with its media type, which is empty if there is none."""

    def __init__(self) -> None:
        self.seen: dict[str, set[Answered]] = defaultdict(set)
        self.served: DoorClient | None = None

    def ask(self, operation: str, path: str = "", **request: Any) -> requests.Response:
        """Send a request to an operation of the document.

        `path` is the address if the operation has path parameters.
        """
        assert self.served
        method, template = operation.split()
        url = self.served.address + (path or template)
        answer = requests.request(method, url, timeout=_PATIENCE_SECONDS, allow_redirects=False, **request)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        self.seen[operation].add((str(answer.status_code), media_type))
        return answer


@pytest.fixture
def answers() -> Answers:
    """No answers yet."""
    return Answers()


def test_the_document_is_true(serve: Serve, host: DoorServer, producer: Producer, answers: Answers) -> None:
    """Each operation sends only declared statuses and media types, and sends each of them."""
    answers.served = serve()
    document = answers.served.get("/openapi.json").json()
    declared = {
        f"{method.upper()} {path}": {
            status: set(response.get("content", {})) or {""} for status, response in operation["responses"].items()
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    _people(answers)
    _open311(answers)
    _sms(answers)
    _mobile(answers, Phone(answers.served))
    _health(answers, serve)
    answers.served = serve(
        rates=dict.fromkeys(("web", "follow-up", "open311", "mobile", "upload", "sms-unsigned"), "1/hour")
    )
    _too_often(answers)
    answers.served = serve(requests_at_once=1)
    with _slow_request(answers.served):
        _while_full(answers, declared)

    assert _undeclared(answers, declared) == []
    assert _unsent(answers, declared) == []


def _undeclared(answers: Answers, declared: dict[str, dict[str, set[str]]]) -> list[tuple[str, str, str]]:
    return [
        (operation, status, media_type)
        for operation, seen_answers in sorted(answers.seen.items())
        for status, media_type in sorted(seen_answers)
        if media_type not in declared[operation].get(status, declared[operation].get("default", set()))
    ]


def _unsent(answers: Answers, declared: dict[str, dict[str, set[str]]]) -> list[tuple[str, str, str]]:
    """Return the declared answers that were never sent. `default` stands for refusals of any status."""
    unsent = []
    for operation, statuses in sorted(declared.items()):
        refused = {media_type for status, media_type in answers.seen[operation] if status >= "400"}
        for status, media_types in statuses.items():
            sent = (
                refused if status == "default" else {kind for code, kind in answers.seen[operation] if code == status}
            )
            unsent += [(operation, status, media_type) for media_type in sorted(media_types - sent)]
    return unsent


def _people(answers: Answers) -> None:
    served = answers.served
    assert served
    answers.ask("GET /lapor")
    reports = "POST /web/reports"
    large, key = b"text=" + b"a" * 300_000, {"Idempotency-Key": "k"}
    number = answers.ask(reports, json=report(), headers=key).json()["tracking"]
    answers.ask(reports, data=fields(served))
    answers.ask(reports, data=fields(served, step="city", province="33"))
    answers.ask(reports, data=fields(served), headers={"Sec-Fetch-Site": "cross-site"})
    answers.ask(reports, data=fields(served), files=[("files", ("x", b"GIF89a"))])
    answers.ask(reports, data=fields(served, text=""))
    # Too long to be kept: the answer is the page itself.
    long_form = fields(served, text="\N{MEMO}" * 9_000)
    answers.ask(reports, data=long_form | {"step": "recap"})
    answers.ask(reports, data=long_form, headers={"Sec-Fetch-Site": "cross-site"})
    answers.ask(reports, data=large)
    ledger_row(served, number)
    for accept_header in (_PAGE, _JSON):
        headers = accept_header | {"Content-Type": "application/json"}
        answers.ask(reports, json={}, headers=accept_header)
        answers.ask(reports, json=report(text="Lain."), headers=accept_header | key)
        answers.ask(reports, data=large, headers=headers)
        answers.ask("GET /web/receipts/{number}", "/web/receipts/x", headers=accept_header)
        for typed in (number, "x"):
            answers.ask("GET /status/{number}", f"/status/{typed}", headers=accept_header)
    _own_page(answers, served)
    _follow_ups(answers, served)
    receipt = served.post("/web/reports", data=fields(served)).headers["Location"]
    answers.ask("GET /web/receipts/{number}", receipt)
    answers.ask("GET /web/receipts/{number}", f"/web/receipts/{number}")
    for path in ("/status", f"/status?number={number}", "/status?number=x"):
        answers.ask("GET /status", path)


def _own_page(answers: Answers, served: DoorClient) -> None:
    message_id = uuid4()
    with write_transaction(served.parts.engine) as connection:
        row = {"id": complaint_id(message_id), "message_id": message_id, "tracking": "N00000000099"}
        store(connection, ComplaintFact, [complaint(99) | row])
    for token in (sender_token(message_id, served.parts.secrets.link_key), "x"):
        for headers in (_PAGE, _JSON):
            answers.ask("GET /l/{token}", f"/l/{token}", headers=headers)


def _follow_ups(answers: Answers, served: DoorClient) -> None:
    send, token = "POST /web/follow-ups", sender_token(uuid4(), served.parts.secrets.link_key)
    for act in ("confirms", "withdraws"):
        answers.ask(send, data={"token": token, "act": act})
    answers.ask(send, json={"token": token, "act": "confirms"})
    large = b'{"text": "' + b"a" * 300_000
    for accept_header in (_PAGE, _JSON):
        answers.ask(send, json={"token": token, "act": "rates"}, headers=accept_header)
        answers.ask(send, json={"token": "x", "act": "rates"}, headers=accept_header)
        answers.ask(send, data=large, headers=accept_header | {"Content-Type": "application/json"})


def ledger_row(served: DoorClient, number: str) -> None:
    """The ledger has a report with a number."""
    with write_transaction(served.parts.engine) as connection:
        store(connection, ComplaintFact, [complaint(1) | {"id": uuid4(), "tracking": number}])


def _open311(answers: Answers) -> None:
    assert answers.served
    base = "/open311/v2"
    arguments = {"service_code": "agama", "address_string": "Kota Semarang", "description": "Kubah bocor."}
    for form in ("json", "xml"):
        for resource in ("discovery", "services", "requests"):
            answers.ask(f"GET {base}/{resource}.{form}")
        answers.ask(f"POST {base}/requests.{form}", data=arguments)
        answers.ask(f"POST {base}/requests.{form}", data={})
        answers.ask(f"GET {base}/services/{{code}}.{form}", f"{base}/services/agama.{form}")
        number = answers.served.post(f"{base}/requests.json", data=arguments).json()[0]["token"]
        ledger_row(answers.served, number)
        for resource, what in (("requests", "number"), ("tokens", "token")):
            answers.ask(f"GET {base}/{resource}/{{{what}}}.{form}", f"{base}/{resource}/{number}.{form}")
            answers.ask(f"GET {base}/{resource}/{{{what}}}.{form}", f"{base}/{resource}/x.{form}")


def _sms(answers: Answers) -> None:
    served = answers.served
    assert served
    for path in ("/sms/twilio", f"/sms/twilio/status?reply={uuid4()}"):
        operation = f"POST {path.partition('?')[0]}"
        for sms_fields in (sms(), sms(sid="")):
            signature = sign(f"{served.address}{path}", sms_fields)
            answers.ask(operation, path, data=sms_fields, headers=signature)
        answers.ask(operation, path, data=sms())
        # Without a signature the status callback is refused before its body is read.
        answers.ask(operation, path, data=sms("a" * 300_000), headers={"X-Twilio-Signature": "x"})


def _mobile(answers: Answers, phone: Phone) -> None:
    phone.register()
    base, authorization = "/mobile/v1", {"Authorization": f"Bearer {phone.token}"}
    device = {"device_id": str(phone.device_id)}
    answers.ask(f"POST {base}/devices", json=device)
    answers.ask(f"POST {base}/devices", json={})
    answers.ask(f"POST {base}/devices", data=b"{}")
    for answered in (authorization, {}):
        for operation in ("GET /outbox", "GET /feed"):
            answers.ask(operation.replace("/", f"{base}/", 1), headers=answered)
        answers.ask(f"POST {base}/outbox", json={"items": [item(1)]}, headers=answered)
        answers.ask(f"POST {base}/outbox", json=[], headers=answered)
        answers.ask(f"POST {base}/outbox", data=b"[]", headers=answered)
        answers.ask(f"POST {base}/outbox", data=b"a" * 300_000, headers=answered)
    tag = phone.call("GET", "/feed").headers["ETag"]
    answers.ask(f"GET {base}/feed", headers=authorization | {"If-None-Match": tag})
    _uploads(answers, phone, authorization)
    _reports(answers, phone, authorization | {"Idempotency-Key": "k"})
    _device_follow_ups(answers, phone, authorization)
    answers.ask(f"DELETE {base}/devices/self", headers=authorization)
    answers.ask(f"DELETE {base}/devices/self", headers=authorization)


def _reports(answers: Answers, phone: Phone, authorization: dict[str, str]) -> None:
    send, device = "POST /mobile/v1/reports", {"device_id": str(phone.device_id)}
    half, wrong = uuid4(), uuid4()
    phone.begin(500, half)
    phone.begin(5, wrong)
    phone.part(wrong, 0, b"GIF89")
    answers.ask(send, json=device | {"text": "Lampu padam."}, headers=authorization)
    answers.ask(send, json=device | {"text": "Lain."}, headers=authorization)
    answers.ask(send, json=device, headers=authorization)
    answers.ask(send, json={"device_id": str(uuid4()), "text": "Lampu padam."}, headers=authorization)
    answers.ask(send, data=b"a" * 300_000, headers=authorization)
    answers.ask(send, json=device, headers={"Authorization": "Bearer x"})
    for upload in (half, wrong, uuid4()):
        report_fields = device | {"text": "Lampu padam.", "attachments": [str(upload)]}
        answers.ask(send, json=report_fields, headers=authorization | {"Idempotency-Key": str(upload)})


def _device_follow_ups(answers: Answers, phone: Phone, authorization: dict[str, str]) -> None:
    send, about = "POST /mobile/v1/follow-ups", item(2)
    phone.results(about)
    half = uuid4()
    phone.begin(500, half)
    follow_up = {"client_id": str(uuid4()), "about": about["client_id"], "act": "confirms"}
    changes: tuple[dict[str, object], ...] = (
        {},
        {"text": "Lain."},
        {"about": "x"},
        {"act": "rates"},
        {"attachments": [str(half)]},
        {"attachments": [str(uuid4())]},
    )
    for changed in changes:
        answers.ask(send, json=follow_up | changed, headers=authorization)
    answers.ask(send, data=b"{}", headers=authorization)
    answers.ask(send, data=b"a" * 300_000, headers=authorization)
    answers.ask(send, json=follow_up)


def _uploads(answers: Answers, phone: Phone, authorization: dict[str, str]) -> None:
    base, path = "/mobile/v1/uploads", "/mobile/v1/uploads/{upload_id}"
    upload, large, wrong = (uuid4() for _ in range(3))
    content = picture()

    def begin(upload_id: object, length: int, headers: dict[str, str] = authorization) -> None:
        upload_headers = {"Upload-Id": str(upload_id), "Upload-Length": str(length)}
        answers.ask(f"POST {base}", headers=headers | upload_headers)

    def part(upload_id: object, offset: int, sent: bytes, headers: dict[str, str] = authorization) -> None:
        answers.ask(f"PATCH {path}", f"{base}/{upload_id}", data=sent, headers=headers | {"Upload-Offset": str(offset)})

    for upload_id, length in ((upload, len(content)), (upload, 7), (uuid4(), 9_000_000), ("x", 5)):
        begin(upload_id, length)
    begin(uuid4(), 5, {})
    for offset, sent in ((5, b"x"), (0, content + b"more"), (0, content)):
        part(upload, offset, sent)
    for upload_id, sent in ((large, oversized()), (wrong, b"GIF89")):
        begin(upload_id, len(sent))
        part(upload_id, 0, sent)
    for upload_id in (uuid4(), "x"):
        part(upload_id, 0, b"x")
    part(upload, 0, b"x", {})
    for upload_id in (upload, large, wrong, uuid4(), "x"):
        answers.ask(f"HEAD {path}", f"{base}/{upload_id}", headers=authorization)
    answers.ask(f"HEAD {path}", f"{base}/{upload}")


def oversized() -> bytes:
    """Return a small file with too many pixels."""
    out = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(out, "PNG")
    return out.getvalue()


def _health(answers: Answers, serve: Serve) -> None:
    now, process_health = [0.0], ProcessHealth()
    process_health.worker_health["router"] = WorkerHealth(lambda: now[0])
    answers.served = serve(spool_megabytes=1, process_health=process_health)
    for path in ("/live", "/startup", "/ready"):
        answers.ask(f"GET {path}")
    process_health.started.set()
    answers.ask("GET /startup")
    now[0] = 2 * HANGING_SECONDS
    answers.ask("GET /live")
    spool = answers.served.parts.doors.spool
    filler = Outgoing("raw-web", b"", b"")
    spool.append([replace(filler, value=b"x" * (1_000_000 - filler.size))])
    answers.ask("GET /ready")


def _too_often(answers: Answers) -> None:
    served = answers.served
    assert served
    phone = Phone(served)
    phone.register()
    authorization, base = _AFAR | {"Authorization": f"Bearer {phone.token}"}, "/mobile/v1"
    for accept_header in (_PAGE, _JSON):
        for _ in range(2):
            answers.ask("POST /web/reports", json=report(), headers=_AFAR | accept_header)
            answers.ask("POST /web/follow-ups", json={}, headers=_AFAR | accept_header)
            answers.ask("POST /sms/twilio", data=sms(), headers=_AFAR)
    for _ in range(2):
        answers.ask(f"POST {base}/devices", json={"device_id": str(phone.device_id)}, headers=_AFAR)
        answers.ask(f"POST {base}/reports", json={}, headers=_AFAR)
        for operation in ("GET /outbox", "POST /outbox", "GET /feed", "DELETE /devices/self"):
            answers.ask(operation.replace("/", f"{base}/", 1), headers=authorization)
        answers.ask(f"POST {base}/follow-ups", json={}, headers=authorization)
        answers.ask(f"POST {base}/uploads", headers=authorization)
        for method in ("HEAD", "PATCH"):
            answers.ask(f"{method} {base}/uploads/{{upload_id}}", f"{base}/uploads/{uuid4()}", headers=authorization)


@contextmanager
def _slow_request(served: DoorClient) -> Iterator[None]:
    """Keep one slow request in progress: its body is too large to be awaited before."""
    inside = HTTPConnection(urlsplit(served.address).netloc, timeout=_PATIENCE_SECONDS)
    inside.putrequest("POST", "/web/reports")
    inside.putheader("Content-Length", "300000")
    inside.endheaders(b"text=setengah")
    while served.get("/status").status_code != requests.codes.service_unavailable:
        pass
    yield
    inside.close()


def _while_full(answers: Answers, operations: Iterable[str]) -> None:
    for operation in operations:
        path = re.sub(r"{\w+}", "x", operation.split()[1])
        for accept_header in (_PAGE, _JSON):
            answers.ask(operation, path, headers=accept_header)
