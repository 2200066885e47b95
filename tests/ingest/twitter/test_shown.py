"""What we show: no address gives a word of a post, whether its author took it back, asked for secrecy, or did neither.

X asks that what is deleted or protected be shown no more, and the law that what is `rahasia` be never shown. Whoever
adds an address that shows words meets these tests, and must look at `post-withdrawn` first.
"""

import html
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from ingest.twitter.withdrawn_posts import WithdrawnPostCheck
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
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_ledger_sink, make_normalizer, make_router

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
    """Four posts that came all the way to the ledger, by their kinds; the first is gone from X since."""
    posts = {kind: post(number, text=text) for number, (kind, text) in enumerate(_TEXTS.items(), 1)}
    reading.x.posts = list(posts.values())
    reading.poll()
    parts = reading.parts
    reader = parts.bus.reader()
    arrivals = list(reader.read([f"raw-{'twitter'}"]))
    made = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    complaints = [at(one, place) for place, one in enumerate(made) if one.topic == COMPLAINTS]
    routed = make_router(parts.engine, fixed_rules_source(), lambda: NOW).handle(complaints)
    dispatches = [at(one, place) for place, one in enumerate(routed) if one.topic.startswith("agency-")]
    make_ledger_sink(parts.engine).handle([*complaints, *dispatches])

    gone: WithdrawnPostCheck = reading.withdrawals()
    assert gone.accept_events([{"action": "delete", "id": posts["withdrawn"]["id"]}]) == 1
    assert [one.topic for one in reader.read([OVERSIGHT])] == [OVERSIGHT]
    reader.close()
    found = [codec.decode(Complaint, one.value, one.headers) for one in complaints]
    return {kind: found[place].tracking for place, kind in enumerate(posts)}


@pytest.fixture
def served(serve: Serve, numbers: dict[str, str]) -> DoorClient:
    """The doors, when all that is worked; one app has a key."""
    return serve(open311_keys="an-app")


def answers(served: DoorClient, number: str) -> Iterator[tuple[str, requests.Response]]:
    """What each address says to whoever has this number, in each of its forms."""
    phone = Phone(served)
    phone.register()
    document: Mapping[str, Any] = served.get("/openapi.json").json()
    paths = [path for path, operations in document["paths"].items() if "get" in operations]
    values = {"number": number, "token": number, "code": "33.74"}
    for path in (*paths, *_BESIDES):
        asked = path.format(**values)
        for accept in ("text/html", "application/json"):
            for query in ("", "?api_key=an-app", f"?number={number}&service_request_id={number}&api_key=an-app"):
                headers = {"Accept": accept, "Authorization": f"Bearer {phone.token}"}
                yield asked + query, requests.get(served.address + asked + query, headers=headers, timeout=10)


@pytest.mark.parametrize("kind", _TEXTS)
def test_no_address_gives_a_word(served: DoorClient, numbers: dict[str, str], kind: str) -> None:
    """Neither a word nor the author nor the post: who has the number hears that it is there, and where it went."""
    secrets = (_WORD, AUTHOR, *(post(number)["id"] for number in range(1, 5)))
    told: dict[str, int] = {}
    for asked, answer in answers(served, numbers[kind]):
        said = html.unescape(answer.text).lower()
        assert [secret for secret in secrets if secret in said] == [], asked
        assert answer.headers.get("Content-Type", "").partition("/")[0] in {"text", "application"}, asked
        told[asked] = answer.status_code
    # The numbers are known here: nothing above was empty for want of them.
    assert served.get(f"/status/{numbers[kind]}").text.count("Kota Semarang") == 1
    number = numbers[kind]
    known = (f"/status/{number}", f"/open311/v2/requests/{number}.json", f"/open311/v2/tokens/{number}.xml")
    assert [told[asked] for asked in known] == [200, 200, 200]


def test_no_sms_gives_a_word(served: DoorClient, numbers: dict[str, str]) -> None:
    """Whoever asks for a number by SMS hears its state."""
    for place, number in enumerate(numbers.values()):
        answer = send(served, sms(f"STATUS {number}", sid=f"SM{place}"))

        assert "sudah diteruskan" in answer.text
        assert _WORD not in answer.text.lower()
