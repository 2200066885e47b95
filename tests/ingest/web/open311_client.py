"""An Open311 client for tests, and the stages that process what it sends."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import requests

from bus.port import Outgoing
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, agency_topic
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.people import EMAIL, NAME, PHONE, TEXT
from tests.support.agency_answers import signed
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

# The door goes by the real clock: an answer is later than any test runs.
ANSWERED = NOW.replace(year=NOW.year + 100)
FORMATS = ("json", "xml")
MEDIA_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
API_KEYS = "kota-satu, kota-dua"
# The fields of GET Service Request, in the specification's order.
REQUEST_FIELDS = [
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
]


def service_request(**more: Any) -> dict[str, Any]:
    """Return a service request. `more` adds arguments, overrides them, or removes those that are `None`."""
    first, last = NAME.split()
    arguments = {
        "service_code": "pekerjaan-umum",
        "lat": "-6.99",
        "long": "110.42",
        "address_string": "Dusun Sukamaju, Kota Semarang",
        "description": TEXT,
        "first_name": first,
        "last_name": last,
        "phone": PHONE,
        "email": EMAIL,
    }
    return {name: value for name, value in (arguments | more).items() if value is not None}


def send(served: DoorClient, form: str = "json", key: str = "", query: str = "", **more: Any) -> requests.Response:
    """Send a service request by POST."""
    headers = {"Idempotency-Key": key} if key else {}
    return served.post(f"/open311/v2/requests.{form}{query}", data=service_request(**more), headers=headers)


def get(served: DoorClient, resource: str, form: str = "json", **query: str) -> requests.Response:
    """Send a query by GET."""
    return served.get(f"/open311/v2/{resource}.{form}{'?' + urlencode(query) if query else ''}")


def content_of(response: requests.Response) -> Any:
    """Return the content of an answer. An XML document is converted to the JSON that follows from it."""
    form = "json" if response.url.partition("?")[0].endswith(".json") else "xml"
    assert (response.status_code, response.headers["Content-Type"]) == (200, MEDIA_TYPES[form])
    return response.json() if form == "json" else spark(response)


def spark(response: requests.Response) -> Any:
    """Return an XML answer as JSON. Every value is a text or `None`."""
    assert response.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return _spark(ET.fromstring(response.content))  # noqa: S314 - our own answer


def _spark(element: ET.Element) -> Any:
    if element.tag in {"services", "service_requests", "attributes", "endpoints", "formats", "errors"}:
        return [_spark(inner) for inner in element]
    return {inner.tag: _spark(inner) for inner in element} if len(element) else element.text


def as_xml_values(value: Any) -> Any:
    """Return JSON with its values as XML has them."""
    if isinstance(value, dict):
        return {name: as_xml_values(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_xml_values(inner) for inner in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def errors(response: requests.Response, status: int) -> list[str]:
    """Assert that the answer is Open311's list of errors with this status. Return the descriptions."""
    form = "json" if response.url.partition("?")[0].endswith(".json") else "xml"
    assert (response.status_code, response.headers["Content-Type"]) == (status, MEDIA_TYPES[form])
    assert response.headers["Content-Length"] == str(len(response.content))
    errors_of_answer = response.json() if form == "json" else spark(response)
    assert [[*error] for error in errors_of_answer] == [["code", "description"]] * len(errors_of_answer)
    assert {str(error["code"]) for error in errors_of_answer} == {str(status)}
    return [error["description"] for error in errors_of_answer]


def token_of(response: requests.Response) -> str:
    """Return the token of an accepted request."""
    (accepted_request,) = content_of(response)
    return str(accepted_request["token"])


def process(served: DoorClient, *verdicts: str) -> None:
    """Run all stages on the published messages up to the ledger, with these verdicts of the agency."""
    parts = served.parts
    normalizer = make_normalizer(parts.engine, parts.sealer, parts.tables.services.names)
    router, ledger = make_router(parts.engine, fixed_rules_source(), lambda: NOW), make_case_stage(parts.engine)
    raw_messages = [accepted_record(raw) for raw in served.raw_messages("web")]
    complaints = with_topic_prefix(
        COMPLAINTS, normalizer.handle([at(raw, offset) for offset, raw in enumerate(raw_messages)])
    )
    sent = with_topic_prefix(
        agency_topic(""), router.handle([at(complaint, offset) for offset, complaint in enumerate(complaints)])
    )
    dispatches = [codec.decode(Dispatch, message.value, message.headers) for message in sent]
    answers = [answer(dispatch, verdict) for dispatch in dispatches for verdict in verdicts]
    ledger.handle([at(message) for message in (*complaints, *sent)])
    ledger.handle([at(message, offset, ANSWERED) for offset, message in enumerate(answers)])


def with_topic_prefix(topic: str, messages: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the messages whose topic begins with this prefix."""
    return [message for message in messages if message.topic.startswith(topic)]


def answer(dispatch: Dispatch, verdict: str) -> Outgoing:
    """Return the agency's answer to a dispatch."""
    agency_answer = AgencyAnswer.model_validate(
        {
            "id": ids.answer_id(dispatch.id, verdict, ""),
            "message_id": dispatch.message_id,
            "at": NOW,
            "complaint_id": dispatch.complaint_id,
            "dispatch_id": dispatch.id,
            "agency": dispatch.agency,
            "verdict": verdict,
        }
    )
    return Outgoing(AGENCY_ANSWERS, *codec.encode(signed(agency_answer), str(dispatch.complaint_id), "/agency"))
