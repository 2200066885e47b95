"""Open311 GeoReport v2: services, requests and their states, in JSON and XML."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
import requests
from structlog.types import EventDict

from bus.port import Outgoing, Producer
from ingest.web.open311.adapter import ApiKeys
from ingest.web.open311.store import RequestStore
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.open311 import CONTENT_TYPE
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, agency_topic
from messages.tracking import tracking_number
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer
from tests.ingest.people import EMAIL, NAME, PHONE, PRIVATE, TEXT, report
from tests.ingest.twitter.loopback_x import LoopbackX
from tests.sinks.ledger.test_status import counted, written
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_ledger_sink, make_normalizer, make_router

# The door goes by the real clock: an answer is later than any test runs.
ANSWERED = NOW.replace(year=NOW.year + 100)
FORMATS = ("json", "xml")
_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
_KEYS = "kota-satu, kota-dua"
# The fields of GET Service Request, in the specification's order.
_FIELDS = [
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
    assert (response.status_code, response.headers["Content-Type"]) == (200, _TYPES[form])
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
    assert (response.status_code, response.headers["Content-Type"]) == (status, _TYPES[form])
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
    normalizer = make_normalizer(parts.engine, parts.sealer, parts.services.names)
    router, ledger = make_router(parts.engine, fixed_rules_source(), lambda: NOW), make_ledger_sink(parts.engine)
    raw_messages = [accepted_record(raw) for raw in served.raw_messages("web")]
    complaints = with_topic_prefix(
        COMPLAINTS, normalizer.handle([at(raw, offset) for offset, raw in enumerate(raw_messages)])
    )
    sent = with_topic_prefix(
        agency_topic(""), router.handle([at(complaint, offset) for offset, complaint in enumerate(complaints)])
    )
    dispatches = [codec.decode(Dispatch, message.value, message.headers) for message in sent]
    answers = [answer(dispatch, verdict) for dispatch in dispatches for verdict in verdicts]
    ledger.handle([at(message) for message in (*complaints, *sent, *answers)])


def with_topic_prefix(topic: str, messages: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the messages whose topic begins with this prefix."""
    return [message for message in messages if message.topic.startswith(topic)]


def answer(dispatch: Dispatch, verdict: str) -> Outgoing:
    """Return the agency's answer to a dispatch, a day later."""
    agency_answer = AgencyAnswer.model_validate(
        {
            "id": ids.answer_id(dispatch.id, verdict, ""),
            "message_id": dispatch.message_id,
            "at": ANSWERED,
            "complaint_id": dispatch.complaint_id,
            "dispatch_id": dispatch.id,
            "agency": dispatch.agency,
            "verdict": verdict,
        }
    )
    return Outgoing(AGENCY_ANSWERS, *codec.encode(agency_answer, str(dispatch.complaint_id), "/agency"))


@pytest.mark.parametrize("resource", ["discovery", "services", "services/kesehatan"])
def test_both_formats_have_the_same_content(served: DoorClient, resource: str) -> None:
    """The JSON follows from the XML by the Spark convention."""
    assert content_of(get(served, resource, "xml")) == as_xml_values(content_of(get(served, resource)))


def test_every_service_is_listed(served: DoorClient) -> None:
    """Each service has the fields of the specification, and its requests are answered with a token."""
    listed = {service["service_code"]: service for service in content_of(get(served, "services"))}

    assert set(listed) == set(served.parts.services.by_code)
    assert listed["kependudukan"] == {
        "service_code": "kependudukan",
        "service_name": "Kependudukan",
        "description": "Laporan tentang KTP, kartu keluarga, akta kelahiran, akta kematian, pindah domisili.",
        "metadata": False,
        "type": "batch",
        "keywords": "KTP, kartu keluarga, akta kelahiran, akta kematian, pindah domisili",
        "group": "Pemerintahan dan hukum",
    }


def test_no_service_has_attributes(served: DoorClient) -> None:
    """A definition has no attributes. An unknown code has no definition."""
    assert content_of(get(served, "services/agama")) == {"service_code": "agama", "attributes": []}
    for form in FORMATS:
        assert len(errors(get(served, "services/tidak-ada", form), 404)) == 1


def test_discovery_names_the_endpoint(serve: Serve) -> None:
    """Discovery has the public address, the formats, and whether a key is required."""
    discovery = content_of(get(serve(public_url="https://lapor.example/"), "discovery"))
    closed = content_of(get(serve(open311_keys=_KEYS), "discovery"))

    (endpoint,) = discovery["endpoints"]
    assert endpoint["url"] == "https://lapor.example/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert "Tidak perlu" in discovery["key_service"]
    assert "Mintalah" in closed["key_service"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_request_becomes_one_record(served: DoorClient, form: str) -> None:
    """It is answered with the tracking number as token, and its record contains the bytes sent."""
    body = urlencode(service_request()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    response = served.post(f"/open311/v2/requests.{form}", data=body, headers=headers)

    (raw,) = served.raw_messages("web")
    (accepted_request,) = content_of(response)
    assert [*accepted_request] == ["token", "service_notice", "account_id"]
    assert (accepted_request["token"], accepted_request["account_id"]) == (raw.tracking, None)
    assert f"{served.address}/status/{raw.tracking}" in accepted_request["service_notice"]
    assert served.open_body(raw) == body
    assert (raw.content_type, raw.verified_by) == (CONTENT_TYPE, "none")
    assert served.published_count() == 1


def test_identity_is_sealed(served: DoorClient) -> None:
    """Name, phone number, address and text are not readable in the record."""
    send(served)

    (raw,) = served.raw_messages("web")
    assert [private for private in (*PRIVATE, "Sekar") if private in raw.model_dump_json()] == []


@pytest.mark.parametrize(
    "place_arguments",
    [
        {"lat": "-6.99", "long": "110.42", "address_string": None},
        {"lat": None, "long": None},
        {"lat": "", "long": " "},
        {"lat": "-90", "long": "180"},
    ],
)
def test_coordinates_or_an_address_are_enough(served: DoorClient, place_arguments: dict[str, Any]) -> None:
    """Blank arguments count as not sent."""
    token_of(send(served, **place_arguments))


def test_only_service_and_place_are_needed(served: DoorClient) -> None:
    """The specification requires no description: a pothole on a map is a report."""
    token_of(send(served, description=None, first_name=None, last_name=None, phone=None, email=None))


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"lat": None, "long": None, "address_string": None}, "address_string", "lat dan long"),
    ({"lat": None, "long": None, "address_string": None, "address_id": "17"}, "address_string", "lat dan long"),
    ({"long": None}, "long", "bersama"),
    ({"lat": None}, "lat", "bersama"),
    ({"lat": "91"}, "lat", "90"),
    ({"long": "-180.1"}, "long", "-180"),
    ({"lat": "nan"}, "lat", ""),
    ({"long": "1e999"}, "long", "180"),
    ({"lat": "6,99"}, "lat", "angka"),
    ({"service_code": None}, "service_code", "diisi"),
    ({"service_code": " "}, "service_code", "diisi"),
    ({"description": "a" * 4001}, "description", "4000"),
    ({"desciption": "salah ketik"}, "desciption", "tidak dikenal"),
    ({"attribute[WARNA]": "merah"}, "attribute[WARNA]", "tidak dikenal"),
    ({"phone": ["+628000000021", "+628000000022"]}, "phone", "satu kali"),
]


def test_each_invalid_argument_is_named(served: DoorClient) -> None:
    """400 with one error for each invalid argument, in the requested format. Nothing is published."""
    for form in FORMATS:
        for more, argument, message in FAULTS:
            (description,) = errors(send(served, form, **more), 400)
            assert description.startswith(f"{argument}: ")
            assert message in description
        assert len(errors(send(served, form, lat="utara", description="a" * 4001), 400)) == 2
    assert served.published_count() == 0


def test_longest_description_is_accepted(served: DoorClient) -> None:
    """4,000 characters of four bytes are accepted. A line end counts once."""
    token_of(send(served, description="\r\n".join(["🚧"] * 2000) + "!"))


def test_unknown_services_and_jurisdictions(served: DoorClient) -> None:
    """404, as in the specification. Our own jurisdiction may be named."""
    for form in FORMATS:
        assert "service_code" in errors(send(served, form, service_code="jembatan"), 404)[0]
        assert "jurisdiction_id" in errors(send(served, form, jurisdiction_id="kota.example"), 404)[0]
        for resource in ("services", "services/agama", "requests", "requests/x", "tokens/x"):
            errors(get(served, resource, form, jurisdiction_id="kota.example"), 404)
    assert served.published_count() == 0
    token_of(send(served, jurisdiction_id="lapor.go.id"))
    content_of(get(served, "services", jurisdiction_id="lapor.go.id"))


def test_only_a_urlencoded_form_is_accepted(served: DoorClient) -> None:
    """JSON and a form with files are refused. A body without a type is read as a form."""
    address = "/open311/v2/requests.json"
    errors(served.post(address, json=service_request()), 415)
    errors(served.post(address, files={"media": b"\xff\xd8"}, data=service_request()), 415)
    assert served.published_count() == 0
    token_of(served.post(address, data=urlencode(service_request()).encode()))


def test_a_key_is_required_if_keys_were_issued(serve: Serve) -> None:
    """403 without a key and with a wrong one. The key may be in the body or in the address."""
    served = serve(open311_keys=_KEYS)
    for form in FORMATS:
        errors(send(served, form), 403)
        for wrong in ("kota-tiga", "", "kota-satu, kota-dua", "kota-satu\0", "🔑"):
            assert "api_key" in errors(send(served, form, api_key=wrong), 403)[0]
    assert served.published_count() == 0
    token_of(send(served, api_key="kota-satu"))
    token_of(send(served, query="?api_key=kota-dua"))


def test_equal_requests_are_two_reports(served: DoorClient) -> None:
    """Two citizens may write the same through the app of one city."""
    assert len({token_of(send(served)) for _ in range(2)}) == 2
    assert len({raw.sender for raw in served.raw_messages("web")}) == 2


def test_an_idempotency_key_makes_a_request_repeatable(served: DoorClient) -> None:
    """The same key with the same request is the same token and message; with another request it is refused."""
    assert len({token_of(send(served, key="k1")) for _ in range(2)}) == 1
    assert len({raw.id for raw in served.raw_messages("web")}) == 1
    for form in FORMATS:
        errors(send(served, form, key="k1", description="Lain lagi."), 422)
    errors(send(served, key="k" * 256), 400)
    assert served.published_count() == 2


def test_two_clients_may_choose_the_same_idempotency_key(serve: Serve) -> None:
    """The keys of two clients never collide, nor with a key of a JSON report."""
    served = serve(open311_keys=_KEYS)
    tokens = [token_of(send(served, key="1", query=f"?api_key={client}")) for client in ("kota-satu", "kota-dua")]
    twin = served.post("/web/reports", json=report(), headers={"Idempotency-Key": "1"}).json()["tracking"]
    assert len({*tokens, twin}) == 3


@pytest.mark.parametrize("form", FORMATS)
def test_a_token_becomes_a_number(served: DoorClient, form: str) -> None:
    """At first there is only the token. When the ledger has the report, its number is the same."""
    token = token_of(send(served))
    first_answer = content_of(get(served, f"tokens/{token}", form))
    errors(get(served, f"requests/{token}", form), 404)

    process(served)

    assert first_answer == [{"token": token}]
    assert content_of(get(served, f"tokens/{token}", form)) == [{"service_request_id": token, "token": token}]
    assert content_of(get(served, f"requests/{token}", form))[0]["service_request_id"] == token


def test_an_unknown_token(served: DoorClient) -> None:
    """A number with a typing error, and a valid number that was never issued: 404."""
    stranger = tracking_number(ids.message_id("web", "nobody"), b"another key")
    for form in FORMATS:
        for wrong in ("x", stranger, f"{stranger}0", "%00", "🚧"):
            errors(get(served, f"tokens/{wrong}", form), 404)
            errors(get(served, f"requests/{wrong}", form), 404)


@pytest.mark.parametrize(
    ("verdicts", "status", "notes"),
    [((), "open", "diteruskan"), (("accepted",), "open", "ditindaklanjuti"), (("closed",), "closed", "selesai")],
)
def test_state_of_a_request(served: DoorClient, verdicts: tuple[str, ...], status: str, notes: str) -> None:
    """The answer has every field of the specification. Fields that are not public are empty."""
    token = token_of(send(served))
    process(served, *verdicts)

    (request_state,) = content_of(get(served, f"requests/{token}"))
    assert [*request_state] == _FIELDS
    assert notes in request_state.pop("status_notes")
    updated = ANSWERED if verdicts else datetime.fromisoformat(request_state["updated_datetime"])
    assert datetime.fromisoformat(request_state.pop("requested_datetime")) <= updated
    assert datetime.fromisoformat(request_state.pop("updated_datetime")) == updated
    assert {name: value for name, value in request_state.items() if value is not None} == {
        "service_request_id": token,
        "status": status,
        "service_code": "pekerjaan-umum",
        "service_name": "Pekerjaan umum dan penataan ruang",
        "agency_responsible": "Kota Semarang",
    }
    assert content_of(get(served, f"requests/{token}", "xml"))[0].keys() == {*_FIELDS}


def test_sender_text_and_place_are_not_public(served: DoorClient) -> None:
    """No report of any channel reveals them. A rahasia report shows no more than its status page."""
    served.post("/web/reports", json=report(rahasia=True, title="Sukamaju"), headers={"Idempotency-Key": "1"})
    send(served)
    process(served, "closed")
    numbers = ",".join(raw.tracking for raw in served.raw_messages("web"))

    for form in FORMATS:
        response = get(served, "requests", form, service_request_id=numbers)
        assert len(content_of(response)) == 2
        answer_text = json.dumps(content_of(response), ensure_ascii=False)
        assert [private for private in (*PRIVATE, "Sekar", "-6.99", "110.42") if private in answer_text] == []


def test_many_numbers_at_once(served: DoorClient) -> None:
    """Numbers are joined by commas or repeated, in any spelling.

    Unknown numbers are missing, each known one appears once.
    """
    tokens = [token_of(send(served)) for _ in range(3)]
    process(served)
    typed = [tokens[0].lower().replace("-", ""), "nonsense", tokens[1], tokens[0]]

    once = content_of(get(served, "requests", service_request_id=", ".join(typed)))
    again = content_of(
        served.get(f"/open311/v2/requests.json?{urlencode([('service_request_id', number) for number in typed])}")
    )

    assert [request_state["service_request_id"] for request_state in once] == tokens[:2]
    assert again == once
    assert content_of(get(served, "requests", service_request_id="nonsense")) == []
    errors(get(served, "requests", service_request_id=",".join(["x"] * 101)), 400)


def test_a_list_contains_only_own_requests(serve: Serve) -> None:
    """A client sees its requests, the newest first. Another client and a sender without a key see none."""
    served = serve(open311_keys=_KEYS)
    own_tokens = [token_of(send(served, api_key="kota-satu")) for _ in range(2)]
    other_token = token_of(send(served, api_key="kota-dua"))
    served.post("/web/reports", json=report())
    assert content_of(get(served, "requests", api_key="kota-satu")) == []
    process(served)

    def listed(**query: str) -> list[str]:
        return [request_state["service_request_id"] for request_state in content_of(get(served, "requests", **query))]

    assert listed(api_key="kota-satu") == own_tokens[::-1]
    assert listed(api_key="kota-dua") == [other_token]
    assert listed() == listed(api_key="kota-tiga") == listed(api_key="") == []


def test_a_thousand_requests_are_looked_up_together(serve: Serve) -> None:
    """The longest list is complete and takes a few database queries, not a thousand."""
    served = serve(open311_keys=_KEYS)
    token_of(send(served, api_key="kota-satu"))
    (raw,) = served.raw_messages("web")
    numbers = written(served.parts.engine, 1000)
    requests_ = RequestStore(served.parts.engine)
    client = ApiKeys(("kota-satu",), served.parts.wrapper).client({"api_key": "kota-satu"})
    for index, number in enumerate(numbers[:-1]):
        requests_.record(number, client, "agama", raw.at - timedelta(minutes=index + 1))

    with counted(served.parts.engine) as queries:
        listed_requests = content_of(get(served, "requests", api_key="kota-satu"))

    assert [number["service_request_id"] for number in listed_requests] == numbers[:-1]
    assert len([statement for statement in queries if statement.startswith("SELECT")]) <= 8


def test_without_keys_the_list_is_empty(served: DoorClient) -> None:
    """Without keys there are no clients, and a list of all requests would give away their numbers."""
    send(served, api_key="kota-satu")
    process(served)
    for form in FORMATS:
        assert (
            content_of(get(served, "requests", form))
            == content_of(get(served, "requests", form, api_key="kota-satu"))
            == []
        )


def test_a_list_is_filtered(serve: Serve) -> None:
    """The list is filtered by service, status and time. A given number overrides all filters."""
    served = serve(open311_keys=_KEYS)
    token = token_of(send(served, api_key="kota-satu"))
    process(served)
    (request_state,) = content_of(get(served, "requests", api_key="kota-satu"))
    at_ = datetime.fromisoformat(request_state["requested_datetime"])
    hour, day = timedelta(hours=1), timedelta(days=1)

    def listed(**query: str) -> int:
        return len(content_of(get(served, "requests", **({"api_key": "kota-satu"} | query))))

    assert listed(service_code="agama,pekerjaan-umum") == listed(status="open") == listed(status="closed, open") == 1
    assert listed(service_code="agama") == listed(service_code="tidak-ada") == listed(status="closed") == 0
    assert listed(start_date=(at_ - day).isoformat()) == listed(end_date=(at_ + day).isoformat()) == 1
    assert listed(start_date=(at_ + hour).isoformat()) == listed(end_date=(at_ - hour).isoformat()) == 0
    assert listed(start_date=(at_ - 91 * day).isoformat()) == 0
    assert listed(service_request_id=token, status="closed", service_code="agama", end_date="kemarin", api_key="") == 1


def test_an_unencoded_plus_is_accepted(served: DoorClient) -> None:
    """The plus sign of a time zone east of Greenwich arrives as a space."""
    content_of(served.get("/open311/v2/requests.json?start_date=2026-01-31T00:00:00+07:00"))


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ({"status": "selesai"}, "status"),
        ({"start_date": "kemarin"}, "start_date"),
        ({"start_date": "2026-01-01T00:00:00"}, "start_date"),
        ({"end_date": "2026-13-01T00:00:00Z"}, "end_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"}, "end_date"),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, "start_date"),
        ({"end_date": "0001-01-01T00:00:00Z"}, "start_date"),
        ({"start_date": "9999-12-31T23:59:59-12:00"}, "start_date"),
    ],
)
def test_invalid_queries(served: DoorClient, query: dict[str, str], argument: str) -> None:
    """400 naming the argument, also for a span of more than 90 days."""
    for form in FORMATS:
        assert errors(get(served, "requests", form, **query), 400)[0].startswith(f"{argument}: ")


def test_unknown_addresses_and_methods(served: DoorClient) -> None:
    """They are refused as Open311 errors, in XML by default. A wrong method is answered with the allowed ones."""
    for form in FORMATS:
        errors(get(served, "tidak-ada", form), 404)
        wrong = served.post(f"/open311/v2/services.{form}")
        errors(wrong, 405)
        assert wrong.headers["Allow"] == "GET"
    for path in ("services", "services.html", "requests.json/", "services/.json", "%ff"):
        errors(served.get(f"/open311/v2/{path}"), 404)
    assert served.get("/open311/v22").headers["Content-Type"] == "application/problem+json"


def test_markup_in_an_argument_s_name_is_escaped(served: DoorClient) -> None:
    """The answer is valid XML: markup is escaped, and characters that XML cannot contain are removed."""
    name = "<b a='\"'>&amp;]]>\0\x08\ufffe\U0001f6a7"
    (description,) = errors(send(served, "xml", **{name: "1"}), 400)
    assert description.startswith("<b a='\"'>&amp;]]>\U0001f6a7: ")


def test_large_body_is_refused(served: DoorClient) -> None:
    """413, in the requested format."""
    for form in FORMATS:
        errors(send(served, form, description="a" * 300_000), 413)
    assert served.published_count() == 0


def test_a_client_above_its_rate_waits(serve: Serve) -> None:
    """Requests count by key, from any address. Reports and queries are counted separately."""
    served = serve(open311_keys=_KEYS, rates="open311=1/hour,open311-read=1/hour")
    token_of(send(served, api_key="kota-satu"))
    for form in FORMATS:
        late = send(served, form, api_key="kota-satu")
        errors(late, 429)
        assert int(late.headers["Retry-After"]) > 0
    token_of(send(served, api_key="kota-dua"))
    content_of(get(served, "requests", api_key="kota-satu"))
    errors(get(served, "requests", api_key="kota-satu"), 429)
    content_of(get(served, "requests", api_key="kota-dua"))


def test_lists_have_a_rate_of_their_own(serve: Serve) -> None:
    """A list looks up a thousand numbers, so its rate is lower. Other queries are not affected."""
    served = serve(open311_keys=_KEYS, rates="open311-list=1/hour")
    content_of(get(served, "requests", api_key="kota-satu"))
    for form in FORMATS:
        errors(get(served, "requests", form, api_key="kota-satu"), 429)
        content_of(get(served, "requests", form, api_key="kota-satu", service_request_id="x"))


def test_guesses_of_a_key_are_counted_by_the_address(serve: Serve) -> None:
    """Wrong keys count against the address. A client with a right key behind the same address is not affected."""
    served = serve(open311_keys=_KEYS, rates="open311=1/hour")
    from_afar = {"X-Forwarded-For": "203.0.113.7"}

    def knock(key: str) -> int:
        body = service_request(api_key=key)
        return served.post("/open311/v2/requests.json", data=body, headers=from_afar).status_code

    assert [knock("tebak-1"), knock("tebak-2"), knock("kota-satu")] == [403, 429, 200]


def test_bus_away(serve: Serve, producer: Producer) -> None:
    """503 with Retry-After. The same key is accepted when the bus is back."""
    served = serve(FlakyProducer(producer, range(1, 3)))
    for form in FORMATS:
        away = send(served, form, key="k1")
        errors(away, 503)
        assert int(away.headers["Retry-After"]) > 0
    assert served.published_count() == 0
    token_of(send(served, key="k1"))
    assert served.published_count() == 1


def test_database_away(serve: Serve) -> None:
    """503, because a token that cannot be looked up is not issued. The lists of services need no database."""
    served = serve(migrated=False, database_url="postgresql://nobody@127.0.0.1:9/none")
    for form in FORMATS:
        errors(send(served, form), 503)
        errors(get(served, "tokens/" + tracking_number(ids.message_id("web", "1"), b"k"), form), 503)
        content_of(get(served, "services", form))
    assert served.published_count() == 0


def test_refusals_of_the_middleware_are_open311_errors(serve: Serve) -> None:
    """A request that no door saw is also refused in the format of Open311."""
    served = serve(requests_at_once=1)
    guest = HTTPConnection(urlsplit(served.address).netloc, timeout=10)
    guest.putrequest("POST", "/web/reports")
    guest.putheader("Content-Length", "1000")
    guest.endheaders(b"text=setengah")

    # The guest is inside as soon as the server has looked at it.
    turned_away = next(found for _ in range(1000) if (found := get(served, "services", "xml")).status_code != 200)

    errors(turned_away, 503)
    assert int(turned_away.headers["Retry-After"]) > 0
    guest.close()


def test_a_link_is_stored_and_not_fetched(served: DoorClient, x: LoopbackX) -> None:
    """The service sends no request to a named address. The agency learns that there is a picture, not where."""
    address = f"{x.url}/foto.jpg"
    send(served, media_url=address)
    process(served)

    (raw,) = served.raw_messages("web")
    assert x.asked == []
    assert raw.unfetched == 1
    assert urlencode({"media_url": address}).encode() in served.open_body(raw)


def test_log_names_reasons_and_nobody(serve: Serve, logged: list[EventDict]) -> None:
    """Each refusal is one event with its route. The fixture `logged` asserts that no line contains personal data."""
    served = serve(open311_keys=_KEYS)
    send(served, api_key=PHONE)
    get(served, f"requests/{PHONE}")

    assert logged == [
        refusal_line("/open311/v2/requests.json", "unknown_api_key", 403),
        refusal_line("/open311/v2/requests/{number}.json", "no_such_number", 404),
    ]


def refusal_line(route: str, reason: str, status: int) -> EventDict:
    """Return the log line of a refusal."""
    return {"event": "door.refused", "log_level": "info", "route": route, "reason": reason, "status": status}
