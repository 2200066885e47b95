"""Queries of Open311 GeoReport v2: tokens, states of requests, and lists."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from ingest.web.open311.adapter import ApiKeys
from ingest.web.open311.store import RequestStore
from messages.tracking import tracking_number
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import PRIVATE, report
from tests.ingest.web.open311_client import (
    ANSWERED,
    API_KEYS,
    FORMATS,
    REQUEST_FIELDS,
    content_of,
    errors,
    get,
    process,
    send,
    token_of,
)
from tests.sinks.ledger.test_status import counted, written
from tests.support.arrival_ids import arrival_id


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
    stranger = tracking_number(arrival_id("web", "nobody"), b"another key")
    for form in FORMATS:
        for wrong in ("x", stranger, f"{stranger}0", "%01", "🚧"):
            errors(get(served, f"tokens/{wrong}", form), 404)
            errors(get(served, f"requests/{wrong}", form), 404)


@pytest.mark.parametrize(
    ("verdicts", "status", "notes"),
    [((), "open", "teruskan"), (("accepted",), "open", "ditangani"), (("closed",), "closed", "selesai")],
)
def test_state_of_a_request(served: DoorClient, verdicts: tuple[str, ...], status: str, notes: str) -> None:
    """The answer has every field of the specification. Fields that are not public are empty."""
    token = token_of(send(served))
    process(served, *verdicts)

    (request_state,) = content_of(get(served, f"requests/{token}"))
    assert [*request_state] == REQUEST_FIELDS
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
    assert content_of(get(served, f"requests/{token}", "xml"))[0].keys() == {*REQUEST_FIELDS}


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
    served = serve(open311_keys=API_KEYS)
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
    served = serve(open311_keys=API_KEYS)
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
    served = serve(open311_keys=API_KEYS)
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
