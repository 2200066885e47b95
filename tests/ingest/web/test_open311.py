"""Open311 GeoReport v2: services and requests, in JSON and XML, and the refusals of requests."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from structlog.types import EventDict

from bus.port import Producer
from messages.payloads.open311 import CONTENT_TYPE
from messages.tracking import tracking_number
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer
from tests.ingest.people import PHONE, PRIVATE, report
from tests.ingest.twitter.loopback_x import LoopbackX
from tests.ingest.web.open311_client import (
    API_KEYS,
    FORMATS,
    as_xml_values,
    content_of,
    errors,
    get,
    process,
    send,
    service_request,
    token_of,
)
from tests.support.arrival_ids import arrival_id


@pytest.mark.parametrize("resource", ["discovery", "services", "services/kesehatan"])
def test_both_formats_have_the_same_content(served: DoorClient, resource: str) -> None:
    """The JSON follows from the XML by the Spark convention."""
    assert content_of(get(served, resource, "xml")) == as_xml_values(content_of(get(served, resource)))


def test_every_service_is_listed(served: DoorClient) -> None:
    """Each service has the fields of the specification, and its requests are answered with a token."""
    listed = {service["service_code"]: service for service in content_of(get(served, "services"))}

    assert set(listed) == set(served.parts.tables.services.by_code)
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
    closed = content_of(get(serve(open311_keys=API_KEYS), "discovery"))

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
    served = serve(open311_keys=API_KEYS)
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


def test_an_idempotency_key_makes_a_request_repeatable(serve: Serve) -> None:
    """The same key with the same request is the same token and message; with another request it is refused."""
    served = serve(open311_keys=API_KEYS)
    assert len({token_of(send(served, key="k1", api_key="kota-satu")) for _ in range(2)}) == 1
    assert len({raw.id for raw in served.raw_messages("web")}) == 1
    for form in FORMATS:
        errors(send(served, form, key="k1", api_key="kota-satu", description="Lain lagi."), 422)
    errors(send(served, key="k" * 256, api_key="kota-satu"), 400)
    assert served.published_count() == 2


def test_without_api_keys_a_key_blocks_nobody(served: DoorClient) -> None:
    """Two senders whom nothing distinguishes choose the same key: both reports are accepted, each with its number."""
    tokens = [token_of(send(served, key="1", description=text)) for text in ("Lampu padam.", "Lampu padam.", "Banjir.")]
    assert (tokens[0] == tokens[1], tokens[0] == tokens[2]) == (True, False)


def test_two_clients_may_choose_the_same_idempotency_key(serve: Serve) -> None:
    """The keys of two clients never collide, nor with a key of a JSON report."""
    served = serve(open311_keys=API_KEYS)
    tokens = [token_of(send(served, key="1", query=f"?api_key={client}")) for client in ("kota-satu", "kota-dua")]
    twin = served.post("/web/reports", json=report(), headers={"Idempotency-Key": "1"}).json()["tracking"]
    assert len({*tokens, twin}) == 3


def test_large_body_is_refused(served: DoorClient) -> None:
    """413, in the requested format."""
    for form in FORMATS:
        errors(send(served, form, description="a" * 300_000), 413)
    assert served.published_count() == 0


def test_a_client_above_its_rate_waits(serve: Serve) -> None:
    """Requests count by key, from any address. Reports and queries are counted separately."""
    served = serve(open311_keys=API_KEYS, rates="open311=1/hour,open311-read=1/hour")
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
    served = serve(open311_keys=API_KEYS, rates="open311-list=1/hour")
    content_of(get(served, "requests", api_key="kota-satu"))
    for form in FORMATS:
        errors(get(served, "requests", form, api_key="kota-satu"), 429)
        content_of(get(served, "requests", form, api_key="kota-satu", service_request_id="x"))


def test_guesses_of_a_key_are_counted_by_the_address(serve: Serve) -> None:
    """Wrong keys count against the address. A client with a right key behind the same address is not affected."""
    served = serve(open311_keys=API_KEYS, rates="open311=1/hour")
    from_afar = {"X-Forwarded-For": "203.0.113.7"}

    def send_with_key(key: str) -> int:
        body = service_request(api_key=key)
        return served.post("/open311/v2/requests.json", data=body, headers=from_afar).status_code

    assert [send_with_key("tebak-1"), send_with_key("tebak-2"), send_with_key("kota-satu")] == [403, 429, 200]


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
    served = serve(database_url="postgresql://nobody@127.0.0.1:9/none")
    for form in FORMATS:
        errors(send(served, form), 503)
        errors(get(served, "tokens/" + tracking_number(arrival_id("web", "1"), b"k"), form), 503)
        content_of(get(served, "services", form))
    assert served.published_count() == 0


def test_refusals_of_the_middleware_are_open311_errors(serve: Serve) -> None:
    """A request that no door saw is also refused in the format of Open311."""
    served = serve(requests_at_once=1)
    slow_request = HTTPConnection(urlsplit(served.address).netloc, timeout=60)
    slow_request.putrequest("POST", "/web/reports")
    slow_request.putheader("Content-Length", "300000")
    slow_request.endheaders(b"text=setengah")

    # A request with a large body counts as soon as the server has read its headers.
    turned_away = next(response for _ in range(1000) if (response := get(served, "services", "xml")).status_code != 200)

    errors(turned_away, 503)
    assert int(turned_away.headers["Retry-After"]) > 0
    slow_request.close()


def test_a_link_is_stored_and_not_fetched(served: DoorClient, x: LoopbackX) -> None:
    """The service sends no request to a named address. The agency learns that there is a picture, not where."""
    address = f"{x.url}/foto.jpg"
    send(served, media_url=address)
    process(served)

    (raw,) = served.raw_messages("web")
    assert x.requests == []
    assert raw.unfetched == 1
    assert urlencode({"media_url": address}).encode() in served.open_body(raw)


def test_log_names_reasons_and_nobody(serve: Serve, logged: list[EventDict]) -> None:
    """Each refusal is one event with its route. The fixture `logged` asserts that no line contains personal data."""
    served = serve(open311_keys=API_KEYS)
    send(served, api_key=PHONE)
    get(served, f"requests/{PHONE}")

    assert logged == [
        refusal_line("/open311/v2/requests.json", "unknown_api_key", 403),
        refusal_line("/open311/v2/requests/{number}.json", "no_such_number", 404),
    ]


def refusal_line(route: str, reason: str, status: int) -> EventDict:
    """Return the log line of a refusal."""
    return {"event": "door.refused", "log_level": "info", "route": route, "reason": reason, "status": status}
