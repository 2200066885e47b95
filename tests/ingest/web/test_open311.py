"""Open311 GeoReport v2: a city's app lists services, reports, and asks what became of it, in JSON and in XML."""

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
    """A service request; `more` adds to it, overrides it, or takes out what is `None`."""
    first, last = NAME.split()
    said = {
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
    return {name: value for name, value in (said | more).items() if value is not None}


def send(served: DoorClient, form: str = "json", key: str = "", query: str = "", **more: Any) -> requests.Response:
    """A service request by POST."""
    headers = {"Idempotency-Key": key} if key else {}
    return served.post(f"/open311/v2/requests.{form}{query}", data=service_request(**more), headers=headers)


def ask(served: DoorClient, resource: str, form: str = "json", **query: str) -> requests.Response:
    """A question by GET."""
    return served.get(f"/open311/v2/{resource}.{form}{'?' + urlencode(query) if query else ''}")


def told(response: requests.Response) -> Any:
    """What an answer says, the same for both formats: an XML document as the JSON that follows from it."""
    form = "json" if response.url.partition("?")[0].endswith(".json") else "xml"
    assert (response.status_code, response.headers["Content-Type"]) == (200, _TYPES[form])
    return response.json() if form == "json" else spark(response)


def spark(response: requests.Response) -> Any:
    """An XML answer as JSON; every value is a text or nothing."""
    assert response.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return _spark(ET.fromstring(response.content))  # noqa: S314 - our own answer


def _spark(element: ET.Element) -> Any:
    if element.tag in {"services", "service_requests", "attributes", "endpoints", "formats", "errors"}:
        return [_spark(inner) for inner in element]
    return {inner.tag: _spark(inner) for inner in element} if len(element) else element.text


def plainly(value: Any) -> Any:
    """JSON with its values as XML has them."""
    if isinstance(value, dict):
        return {name: plainly(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plainly(inner) for inner in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def errors(response: requests.Response, status: int) -> list[str]:
    """Assert that the answer is Open311's list of errors with this status; returns their descriptions."""
    form = "json" if response.url.partition("?")[0].endswith(".json") else "xml"
    assert (response.status_code, response.headers["Content-Type"]) == (status, _TYPES[form])
    assert response.headers["Content-Length"] == str(len(response.content))
    found = response.json() if form == "json" else spark(response)
    assert [[*error] for error in found] == [["code", "description"]] * len(found)
    assert {str(error["code"]) for error in found} == {str(status)}
    return [error["description"] for error in found]


def token_of(response: requests.Response) -> str:
    """The token of a request that was taken."""
    (found,) = told(response)
    return str(found["token"])


def work(served: DoorClient, *verdicts: str) -> None:
    """Take everything that the web's door published through the stages into the ledger, and answer it so."""
    parts = served.parts
    normalizer = make_normalizer(parts.engine, parts.sealer, parts.services.names)
    router, ledger = make_router(parts.engine, fixed_rules_source(), lambda: NOW), make_ledger_sink(parts.engine)
    raw_messages = [accepted_record(raw) for raw in served.raw_messages("web")]
    complaints = of(COMPLAINTS, normalizer.handle([at(raw, offset) for offset, raw in enumerate(raw_messages)]))
    sent = of(agency_topic(""), router.handle([at(complaint, offset) for offset, complaint in enumerate(complaints)]))
    dispatches = [codec.decode(Dispatch, message.value, message.headers) for message in sent]
    said = [answer(dispatch, verdict) for dispatch in dispatches for verdict in verdicts]
    ledger.handle([at(message) for message in (*complaints, *sent, *said)])


def of(topic: str, messages: Sequence[Outgoing]) -> list[Outgoing]:
    """Those whose topic begins so."""
    return [message for message in messages if message.topic.startswith(topic)]


def answer(dispatch: Dispatch, verdict: str) -> Outgoing:
    """What the agency says of a dispatch, a day later."""
    said = AgencyAnswer.model_validate(
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
    return Outgoing(AGENCY_ANSWERS, *codec.encode(said, str(dispatch.complaint_id), "/agency"))


@pytest.mark.parametrize("resource", ["discovery", "services", "services/kesehatan"])
def test_both_formats_say_the_same(served: DoorClient, resource: str) -> None:
    """XML is what JSON is by the Spark convention."""
    assert told(ask(served, resource, "xml")) == plainly(told(ask(served, resource)))


def test_every_service_is_listed(served: DoorClient) -> None:
    """Each has what the specification wants; a token is what a request will be answered with."""
    listed = {service["service_code"]: service for service in told(ask(served, "services"))}

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


def test_no_service_asks_for_more(served: DoorClient) -> None:
    """A definition has no attributes; a code that is none of ours has no definition."""
    assert told(ask(served, "services/agama")) == {"service_code": "agama", "attributes": []}
    for form in FORMATS:
        assert len(errors(ask(served, "services/tidak-ada", form), 404)) == 1


def test_discovery_names_the_endpoint(serve: Serve) -> None:
    """Where it is for those outside, in which formats, and whether a key is needed."""
    found = told(ask(serve(public_url="https://lapor.example/"), "discovery"))
    closed = told(ask(serve(open311_keys=_KEYS), "discovery"))

    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == "https://lapor.example/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert "Tidak perlu" in found["key_service"]
    assert "Mintalah" in closed["key_service"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_request_becomes_one_record(served: DoorClient, form: str) -> None:
    """It is answered with a token, which is the tracking number, and its seal opens to the very bytes sent."""
    body = urlencode(service_request()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    response = served.post(f"/open311/v2/requests.{form}", data=body, headers=headers)

    (raw,) = served.raw_messages("web")
    (found,) = told(response)
    assert [*found] == ["token", "service_notice", "account_id"]
    assert (found["token"], found["account_id"]) == (raw.tracking, None)
    assert f"{served.address}/status/{raw.tracking}" in found["service_notice"]
    assert served.opened(raw) == body
    assert (raw.content_type, raw.verified_by) == (CONTENT_TYPE, "none")
    assert served.published() == 1


def test_identity_is_sealed(served: DoorClient) -> None:
    """Neither name, number, address nor words stand in clear anywhere in the record."""
    send(served)

    (raw,) = served.raw_messages("web")
    assert [private for private in (*PRIVATE, "Sekar") if private in raw.model_dump_json()] == []


@pytest.mark.parametrize(
    "place",
    [
        {"lat": "-6.99", "long": "110.42", "address_string": None},
        {"lat": None, "long": None},
        {"lat": "", "long": " "},
        {"lat": "-90", "long": "180"},
    ],
)
def test_one_way_of_saying_the_place_is_enough(served: DoorClient, place: dict[str, Any]) -> None:
    """Coordinates or an address; what is blank counts as not sent."""
    token_of(send(served, **place))


def test_only_service_and_place_are_needed(served: DoorClient) -> None:
    """As the specification has it: a pothole on a map is a report."""
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


def test_each_argument_at_fault_is_named(served: DoorClient) -> None:
    """400, with one error for each, in the format that was asked for; nothing is published."""
    for form in FORMATS:
        for more, argument, says in FAULTS:
            (found,) = errors(send(served, form, **more), 400)
            assert found.startswith(f"{argument}: ")
            assert says in found
        assert len(errors(send(served, form, lat="utara", description="a" * 4001), 400)) == 2
    assert served.published() == 0


def test_longest_description_is_taken(served: DoorClient) -> None:
    """4,000 characters of the widest kind, line ends counted once."""
    token_of(send(served, description="\r\n".join(["🚧"] * 2000) + "!"))


def test_services_and_jurisdictions_that_are_not_ours(served: DoorClient) -> None:
    """404, as the specification has it; ours may be named."""
    for form in FORMATS:
        assert "service_code" in errors(send(served, form, service_code="jembatan"), 404)[0]
        assert "jurisdiction_id" in errors(send(served, form, jurisdiction_id="kota.example"), 404)[0]
        for resource in ("services", "services/agama", "requests", "requests/x", "tokens/x"):
            errors(ask(served, resource, form, jurisdiction_id="kota.example"), 404)
    assert served.published() == 0
    token_of(send(served, jurisdiction_id="lapor.go.id"))
    told(ask(served, "services", jurisdiction_id="lapor.go.id"))


def test_only_a_form_is_taken(served: DoorClient) -> None:
    """JSON, and a form with files, are refused and not misread; without a type it is read as a form."""
    address = "/open311/v2/requests.json"
    errors(served.post(address, json=service_request()), 415)
    errors(served.post(address, files={"media": b"\xff\xd8"}, data=service_request()), 415)
    assert served.published() == 0
    token_of(served.post(address, data=urlencode(service_request()).encode()))


def test_a_key_is_needed_where_keys_are_given_out(serve: Serve) -> None:
    """403 without one and with a wrong one; right in the body or in the address."""
    served = serve(open311_keys=_KEYS)
    for form in FORMATS:
        errors(send(served, form), 403)
        for wrong in ("kota-tiga", "", "kota-satu, kota-dua", "kota-satu\0", "🔑"):
            assert "api_key" in errors(send(served, form, api_key=wrong), 403)[0]
    assert served.published() == 0
    token_of(send(served, api_key="kota-satu"))
    token_of(send(served, query="?api_key=kota-dua"))


def test_equal_requests_are_two_reports(served: DoorClient) -> None:
    """Two citizens may say the same through one city's app."""
    assert len({token_of(send(served)) for _ in range(2)}) == 2
    assert len({raw.sender for raw in served.raw_messages("web")}) == 2


def test_an_idempotency_key_makes_a_request_repeatable(served: DoorClient) -> None:
    """The same key with the same request is the same token and message; with another it is refused."""
    assert len({token_of(send(served, key="k1")) for _ in range(2)}) == 1
    assert len({raw.id for raw in served.raw_messages("web")}) == 1
    for form in FORMATS:
        errors(send(served, form, key="k1", description="Lain lagi."), 422)
    errors(send(served, key="k" * 256), 400)
    assert served.published() == 2


def test_two_clients_may_choose_the_same_idempotency_key(serve: Serve) -> None:
    """Neither is refused, nor is one's report taken for the other's; nor for one of the web's JSON twin."""
    served = serve(open311_keys=_KEYS)
    tokens = [token_of(send(served, key="1", query=f"?api_key={client}")) for client in ("kota-satu", "kota-dua")]
    twin = served.post("/web/reports", json=report(), headers={"Idempotency-Key": "1"}).json()["tracking"]
    assert len({*tokens, twin}) == 3


@pytest.mark.parametrize("form", FORMATS)
def test_a_token_becomes_a_number(served: DoorClient, form: str) -> None:
    """At first there is only the token; when the ledger knows the report there is its number, which is the same."""
    token = token_of(send(served))
    before = told(ask(served, f"tokens/{token}", form))
    errors(ask(served, f"requests/{token}", form), 404)

    work(served)

    assert before == [{"token": token}]
    assert told(ask(served, f"tokens/{token}", form)) == [{"service_request_id": token, "token": token}]
    assert told(ask(served, f"requests/{token}", form))[0]["service_request_id"] == token


def test_a_token_that_nobody_was_given(served: DoorClient) -> None:
    """A slip, and a number that is right but was never given out: 404."""
    stranger = tracking_number(ids.message_id("web", "nobody"), b"another key")
    for form in FORMATS:
        for wrong in ("x", stranger, f"{stranger}0", "%00", "🚧"):
            errors(ask(served, f"tokens/{wrong}", form), 404)
            errors(ask(served, f"requests/{wrong}", form), 404)


@pytest.mark.parametrize(
    ("verdicts", "status", "notes"),
    [((), "open", "diteruskan"), (("accepted",), "open", "ditindaklanjuti"), (("closed",), "closed", "selesai")],
)
def test_what_became_of_a_request(served: DoorClient, verdicts: tuple[str, ...], status: str, notes: str) -> None:
    """Every field of the specification; what is not public is empty, the rest is the ledger's."""
    token = token_of(send(served))
    work(served, *verdicts)

    (found,) = told(ask(served, f"requests/{token}"))
    assert [*found] == _FIELDS
    assert notes in found.pop("status_notes")
    updated = ANSWERED if verdicts else datetime.fromisoformat(found["updated_datetime"])
    assert datetime.fromisoformat(found.pop("requested_datetime")) <= updated
    assert datetime.fromisoformat(found.pop("updated_datetime")) == updated
    assert {name: value for name, value in found.items() if value is not None} == {
        "service_request_id": token,
        "status": status,
        "service_code": "pekerjaan-umum",
        "service_name": "Pekerjaan umum dan penataan ruang",
        "agency_responsible": "Kota Semarang",
    }
    assert told(ask(served, f"requests/{token}", "xml"))[0].keys() == {*_FIELDS}


def test_nothing_of_who_what_or_where_is_told(served: DoorClient) -> None:
    """Of no report, whichever way it came, and of one that is rahasia no more than its number's own page shows."""
    served.post("/web/reports", json=report(rahasia=True, title="Sukamaju"), headers={"Idempotency-Key": "1"})
    send(served)
    work(served, "closed")
    asked = ",".join(raw.tracking for raw in served.raw_messages("web"))

    for form in FORMATS:
        response = ask(served, "requests", form, service_request_id=asked)
        assert len(told(response)) == 2
        said = json.dumps(told(response), ensure_ascii=False)
        assert [private for private in (*PRIVATE, "Sekar", "-6.99", "110.42") if private in said] == []


def test_many_numbers_at_once(served: DoorClient) -> None:
    """With commas or said again, however they are typed; what is not known is left out, and each is told once."""
    tokens = [token_of(send(served)) for _ in range(3)]
    work(served)
    typed = [tokens[0].lower().replace("-", ""), "nonsense", tokens[1], tokens[0]]

    once = told(ask(served, "requests", service_request_id=", ".join(typed)))
    again = told(served.get(f"/open311/v2/requests.json?{urlencode([('service_request_id', one) for one in typed])}"))

    assert [found["service_request_id"] for found in once] == tokens[:2]
    assert again == once
    assert told(ask(served, "requests", service_request_id="nonsense")) == []
    errors(ask(served, "requests", service_request_id=",".join(["x"] * 101)), 400)


def test_a_list_is_of_ones_own(serve: Serve) -> None:
    """A client sees its requests, the newest first; another client, and whoever has no key of ours, sees none."""
    served = serve(open311_keys=_KEYS)
    mine = [token_of(send(served, api_key="kota-satu")) for _ in range(2)]
    theirs = token_of(send(served, api_key="kota-dua"))
    served.post("/web/reports", json=report())
    assert told(ask(served, "requests", api_key="kota-satu")) == []
    work(served)

    def listed(**query: str) -> list[str]:
        return [found["service_request_id"] for found in told(ask(served, "requests", **query))]

    assert listed(api_key="kota-satu") == mine[::-1]
    assert listed(api_key="kota-dua") == [theirs]
    assert listed() == listed(api_key="kota-tiga") == listed(api_key="") == []


def test_a_thousand_requests_are_looked_up_together(serve: Serve) -> None:
    """The longest list asks the database a few times, not a thousand, and is whole."""
    served = serve(open311_keys=_KEYS)
    token_of(send(served, api_key="kota-satu"))
    (mine,) = served.raw_messages("web")
    numbers = written(served.parts.engine, 1000)
    requests_ = RequestStore(served.parts.engine)
    client = ApiKeys(("kota-satu",), served.parts.wrapper).client({"api_key": "kota-satu"})
    for place, each in enumerate(numbers[:-1]):
        requests_.record(each, client, "agama", mine.at - timedelta(minutes=place + 1))

    with counted(served.parts.engine) as asked:
        found = told(ask(served, "requests", api_key="kota-satu"))

    assert [each["service_request_id"] for each in found] == numbers[:-1]
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 8


def test_without_keys_nobodys_list_is_given(served: DoorClient) -> None:
    """Where the door is open to all there are no clients: a list would hand out everybody's numbers."""
    send(served, api_key="kota-satu")
    work(served)
    for form in FORMATS:
        assert told(ask(served, "requests", form)) == told(ask(served, "requests", form, api_key="kota-satu")) == []


def test_a_list_is_narrowed(serve: Serve) -> None:
    """By service, by status and by time; a number that is asked for overrides them all."""
    served = serve(open311_keys=_KEYS)
    token = token_of(send(served, api_key="kota-satu"))
    work(served)
    (found,) = told(ask(served, "requests", api_key="kota-satu"))
    at_ = datetime.fromisoformat(found["requested_datetime"])
    hour, day = timedelta(hours=1), timedelta(days=1)

    def listed(**query: str) -> int:
        return len(told(ask(served, "requests", **({"api_key": "kota-satu"} | query))))

    assert listed(service_code="agama,pekerjaan-umum") == listed(status="open") == listed(status="closed, open") == 1
    assert listed(service_code="agama") == listed(service_code="tidak-ada") == listed(status="closed") == 0
    assert listed(start_date=(at_ - day).isoformat()) == listed(end_date=(at_ + day).isoformat()) == 1
    assert listed(start_date=(at_ + hour).isoformat()) == listed(end_date=(at_ - hour).isoformat()) == 0
    assert listed(start_date=(at_ - 91 * day).isoformat()) == 0
    assert listed(service_request_id=token, status="closed", service_code="agama", end_date="kemarin", api_key="") == 1


def test_a_plus_that_was_not_encoded_is_forgiven(served: DoorClient) -> None:
    """A zone east of Greenwich is Indonesia's: its plus arrives as a space."""
    told(served.get("/open311/v2/requests.json?start_date=2026-01-31T00:00:00+07:00"))


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
def test_questions_that_cannot_be_read(served: DoorClient, query: dict[str, str], argument: str) -> None:
    """400, naming the argument; a span of more than 90 days among them."""
    for form in FORMATS:
        assert errors(ask(served, "requests", form, **query), 400)[0].startswith(f"{argument}: ")


def test_addresses_and_ways_that_are_not_ours(served: DoorClient) -> None:
    """Refused as Open311 refuses, in XML where no format is named; a wrong way says which is right."""
    for form in FORMATS:
        errors(ask(served, "tidak-ada", form), 404)
        wrong = served.post(f"/open311/v2/services.{form}")
        errors(wrong, 405)
        assert wrong.headers["Allow"] == "GET"
    for path in ("services", "services.html", "requests.json/", "services/.json", "%ff"):
        errors(served.get(f"/open311/v2/{path}"), 404)
    assert served.get("/open311/v22").headers["Content-Type"] == "application/problem+json"


def test_markup_in_an_arguments_name_is_told_as_text(served: DoorClient) -> None:
    """What comes back is XML still, whatever it quotes: markup escaped, and what XML can't write left out."""
    name = "<b a='\"'>&amp;]]>\0\x08\ufffe\U0001f6a7"
    (found,) = errors(send(served, "xml", **{name: "1"}), 400)
    assert found.startswith("<b a='\"'>&amp;]]>\U0001f6a7: ")


def test_large_body_is_refused(served: DoorClient) -> None:
    """413, in the format that was asked for."""
    for form in FORMATS:
        errors(send(served, form, description="a" * 300_000), 413)
    assert served.published() == 0


def test_a_client_that_knocks_too_often_waits(serve: Serve) -> None:
    """Counted by its key, whatever server it sends from; what it may ask and what it may send are counted apart."""
    served = serve(open311_keys=_KEYS, rates="open311=1/hour,open311-read=1/hour")
    token_of(send(served, api_key="kota-satu"))
    for form in FORMATS:
        late = send(served, form, api_key="kota-satu")
        errors(late, 429)
        assert int(late.headers["Retry-After"]) > 0
    token_of(send(served, api_key="kota-dua"))
    told(ask(served, "requests", api_key="kota-satu"))
    errors(ask(served, "requests", api_key="kota-satu"), 429)
    told(ask(served, "requests", api_key="kota-dua"))


def test_lists_are_counted_for_themselves(serve: Serve) -> None:
    """One looks up a thousand numbers: there are fewer of them than of other questions, which go on."""
    served = serve(open311_keys=_KEYS, rates="open311-list=1/hour")
    told(ask(served, "requests", api_key="kota-satu"))
    for form in FORMATS:
        errors(ask(served, "requests", form, api_key="kota-satu"), 429)
        told(ask(served, "requests", form, api_key="kota-satu", service_request_id="x"))


def test_guesses_of_a_key_are_counted_by_the_address(serve: Serve) -> None:
    """Whoever tries keys is stopped, and does not stop the client behind the same address whose key is right."""
    served = serve(open311_keys=_KEYS, rates="open311=1/hour")
    from_afar = {"X-Forwarded-For": "203.0.113.7"}

    def knock(key: str) -> int:
        body = service_request(api_key=key)
        return served.post("/open311/v2/requests.json", data=body, headers=from_afar).status_code

    assert [knock("tebak-1"), knock("tebak-2"), knock("kota-satu")] == [403, 429, 200]


def test_bus_away(serve: Serve, producer: Producer) -> None:
    """503, and when to come again; nothing was promised, and the same key is taken when the bus is back."""
    served = serve(FlakyProducer(producer, range(1, 3)))
    for form in FORMATS:
        away = send(served, form, key="k1")
        errors(away, 503)
        assert int(away.headers["Retry-After"]) > 0
    assert served.published() == 0
    token_of(send(served, key="k1"))
    assert served.published() == 1


def test_database_away(serve: Serve) -> None:
    """503: a token that could not be asked for is not given out. The lists need no database."""
    served = serve(migrated=False, database_url="postgresql://nobody@127.0.0.1:9/none")
    for form in FORMATS:
        errors(send(served, form), 503)
        errors(ask(served, "tokens/" + tracking_number(ids.message_id("web", "1"), b"k"), form), 503)
        told(ask(served, "services", form))
    assert served.published() == 0


def test_a_full_house_says_so_in_its_own_words(serve: Serve) -> None:
    """Even what is turned away before any door is told as Open311 tells errors."""
    served = serve(requests_at_once=1)
    guest = HTTPConnection(urlsplit(served.address).netloc, timeout=10)
    guest.putrequest("POST", "/web/reports")
    guest.putheader("Content-Length", "1000")
    guest.endheaders(b"text=setengah")

    # The guest is inside as soon as the server has looked at it.
    turned_away = next(found for _ in range(1000) if (found := ask(served, "services", "xml")).status_code != 200)

    errors(turned_away, 503)
    assert int(turned_away.headers["Retry-After"]) > 0
    guest.close()


def test_a_link_is_kept_and_not_followed(served: DoorClient, x: LoopbackX) -> None:
    """Whoever names an address makes us ask nobody; the agency is told that there is a picture, and not where."""
    address = f"{x.url}/foto.jpg"
    send(served, media_url=address)
    work(served)

    (raw,) = served.raw_messages("web")
    assert x.asked == []
    assert raw.unfetched == 1
    assert urlencode({"media_url": address}).encode() in served.opened(raw)


def test_log_names_reasons_and_nobody(serve: Serve, logged: list[EventDict]) -> None:
    """Each refusal is one event with its pattern; that no line names a citizen the fixture asserts for all tests."""
    served = serve(open311_keys=_KEYS)
    send(served, api_key=PHONE)
    ask(served, f"requests/{PHONE}")

    assert logged == [
        refusal("/open311/v2/requests.json", "unknown_api_key", 403),
        refusal("/open311/v2/requests/{number}.json", "no_such_number", 404),
    ]


def refusal(route: str, reason: str, status: int) -> EventDict:
    """The line of somebody who was turned away."""
    return {"event": "door.refused", "log_level": "info", "route": route, "reason": reason, "status": status}
