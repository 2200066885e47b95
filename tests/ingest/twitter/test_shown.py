"""No public address shows any text of a post, whether its author withdrew it, asked for secrecy, or did neither.

X requires that deleted and protected posts are not shown, and the law that `rahasia` reports are never shown. A new
address that shows text fails these tests, and has to read the `post-withdrawn` events first.
"""

import html
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from messages import codec
from messages.shapes import Complaint
from messages.topics import COMPLAINTS, OVERSIGHT
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.mobile.phones import Phone
from tests.ingest.people import AUTHOR, post
from tests.ingest.sms.test_door import send, sms
from tests.ingest.twitter.reading import Reading
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

# Of no other text that we show.
_WORD = "wulungsari"
_TEXTS = {
    "withdrawn": f"@Lapor1708 Gapura {_WORD} ambruk, Kota Semarang",
    "rahasia": f"@Lapor1708 #rahasia Lurah {_WORD} minta uang, Kota Semarang",
    "anonim": f"@Lapor1708 #anonim Sumur {_WORD} kering, Kota Semarang",
    "open": f"@Lapor1708 Lampu {_WORD} mati, Kota Semarang",
}
# What the OpenAPI document leaves out.
_BESIDES = ("/openapi.json", "/web/form.js", "/web/regions/{code}")


@pytest.fixture
def numbers(reading: Reading) -> dict[str, str]:
    """Tracking numbers of four posts in the ledger, by kind; the first was withdrawn on X."""
    posts = {kind: post(number, text=text) for number, (kind, text) in enumerate(_TEXTS.items(), 1)}
    reading.x.posts = list(posts.values())
    reading.poll()
    parts = reading.parts
    reader = parts.bus.reader()
    arrivals = list(reader.read(["raw-twitter"]))
    normalized = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    complaints = [at(record, offset) for offset, record in enumerate(normalized) if record.topic == COMPLAINTS]
    routed = make_router(parts.engine, fixed_rules_source(), lambda: NOW).handle(complaints)
    dispatches = [at(record, offset) for offset, record in enumerate(routed) if record.topic.startswith("agency-")]
    make_case_stage(parts.engine).handle([*complaints, *dispatches])

    reading.x.deleted = {posts["withdrawn"]["id"]}
    reading.later(2)
    assert reading.withdrawn_post_check().check_due_posts() == 1
    assert [record.topic for record in reader.read([OVERSIGHT])] == [OVERSIGHT]
    reader.close()
    decoded = [codec.decode(Complaint, record.value, record.headers) for record in complaints]
    return {kind: decoded[offset].tracking for offset, kind in enumerate(posts)}


@pytest.fixture
def served(serve: Serve, numbers: dict[str, str]) -> DoorClient:
    """The doors, with all reports processed and one app key."""
    return serve(open311_keys="an-app")


def answers(served: DoorClient, number: str) -> Iterator[tuple[str, requests.Response]]:
    """Yield the answer of each address to a citizen with this number, in each format."""
    phone = Phone(served)
    phone.register()
    document: Mapping[str, Any] = served.get("/openapi.json").json()
    paths = [path for path, operations in document["paths"].items() if "get" in operations]
    values = {"number": number, "token": number, "code": "33.74"}
    for path in (*paths, *_BESIDES):
        url = path.format(**values)
        for accept in ("text/html", "application/json"):
            for query in ("", "?api_key=an-app", f"?number={number}&service_request_id={number}&api_key=an-app"):
                headers = {"Accept": accept, "Authorization": f"Bearer {phone.token}"}
                yield url + query, requests.get(served.address + url + query, headers=headers, timeout=60)


@pytest.mark.parametrize("kind", _TEXTS)
def test_no_address_shows_text(served: DoorClient, numbers: dict[str, str], kind: str) -> None:
    """An address shows that the number exists, and of an open report where it went: no text, author or post id."""
    secrets = (_WORD, AUTHOR, *(post(number)["id"] for number in range(1, 5)))
    statuses: dict[str, int] = {}
    for url, answer in answers(served, numbers[kind]):
        text = html.unescape(answer.text).lower()
        assert [secret for secret in secrets if secret in text] == [], url
        assert answer.headers.get("Content-Type", "").partition("/")[0] in {"text", "application"}, url
        statuses[url] = answer.status_code
    # The numbers are known here: nothing above was empty for want of them.
    page = served.get(f"/status/{numbers[kind]}").text
    assert ("Diteruskan" in page, "Kota Semarang" in page) == (True, kind in {"open", "withdrawn"})
    number = numbers[kind]
    status_urls = (f"/status/{number}", f"/open311/v2/requests/{number}.json", f"/open311/v2/tokens/{number}.xml")
    assert [statuses[url] for url in status_urls] == [200, 200, 200]


def test_no_sms_shows_text(served: DoorClient, numbers: dict[str, str]) -> None:
    """A status request by SMS returns only the state."""
    for index, number in enumerate(numbers.values()):
        answer = send(served, sms(f"STATUS {number}", sid=f"SM{index}"))

        assert "sudah kami teruskan" in answer.text
        assert _WORD not in answer.text.lower()
