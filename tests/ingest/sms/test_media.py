"""Pictures of an SMS: fetched with the account's token and within limits. A failure never costs the text."""

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from structlog.types import EventDict

from ingest.sms.media import Fetched, MediaFetcher
from ingest.sms_acknowledgement import stored_but_unclear
from ingest.wrap import accepted_record
from messages import codec
from messages.shapes import Complaint
from messages.topics import COMPLAINTS
from pages.files.cleaning import MAX_FILE_BYTES
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import TEXT
from tests.ingest.sms.test_door import send, signed_with_shared_key, sms
from tests.support import records
from tests.support.loopback import Answer, serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio, file
from tests.support.stages import make_normalizer

_SID = "MM0123456789abcdef0123456789abcdef"


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """Twilio without messages and files."""
    with serving(LoopbackTwilio()) as loopback_twilio:
        yield loopback_twilio


@pytest.fixture
def served(serve: Serve, twilio: LoopbackTwilio) -> DoorClient:
    """The doors, with that Twilio."""
    return serve(twilio_base_url=twilio.url)


@pytest.fixture
def fetcher(served: DoorClient, twilio: LoopbackTwilio) -> Iterator[MediaFetcher]:
    """Fetcher with a short timeout that may be redirected to `localhost`."""
    storage = f"{twilio.url.replace('127.0.0.1', 'localhost')}/"
    fetcher = MediaFetcher(
        twilio.url, served.parts.doors.attachments, time.monotonic, ThreadPoolExecutor, (storage,), timeout=1.0
    )
    yield fetcher
    # A download that is too late still logs its end, which must not appear in the log of the next test.
    fetcher._pool.shutdown()  # noqa: SLF001 - the service never ends a fetcher


def photo(shade: int = 0) -> bytes:
    """Return a JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 60 * shade, 30)).save(out, "JPEG")
    return out.getvalue()


def put(twilio: LoopbackTwilio, *files: Answer) -> dict[str, str]:
    """Store files at Twilio. Return the fields with which a webhook names them."""
    fields = {"NumMedia": str(len(files)), "AccountSid": ACCOUNT}
    for number, answer in enumerate(files):
        url = twilio.media_url(_SID, f"ME{number}")
        twilio.files[url.removeprefix(twilio.url)] = answer
        fields |= {f"MediaUrl{number}": url, f"MediaContentType{number}": "image/jpeg"}
    return fields


def fetch(fetcher: MediaFetcher, twilio: LoopbackTwilio, *urls: str) -> Fetched:
    """Fetch with the account's token."""
    return fetcher.fetch(urls, ACCOUNT, twilio.token, NOW)


def causes(logged: list[EventDict]) -> set[str]:
    """Return the causes in the log."""
    return {line["cause"] for line in logged if line["event"] == "sms.picture_missed"}


def reported(served: DoorClient) -> Complaint:
    """Return the complaint of the only message."""
    (raw,) = served.raw_messages("sms")
    stage = make_normalizer(served.parts.engine, served.parts.sealer)
    output = stage.handle([records.at(accepted_record(raw))])
    (complaint,) = [record for record in output if record.topic == COMPLAINTS]
    return codec.decode(Complaint, complaint.value, complaint.headers)


def test_pictures_come_with_the_report(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """Pictures are fetched with the account's token, stored in order, and on the complaint; none is missing."""
    fields = sms(sid=_SID) | put(twilio, file(photo(1)), file(photo(2)))

    assert send(served, fields).status_code == 200

    report = reported(served).report
    assert (len(report.attachments), report.unfetched) == (2, 0)
    assert set(twilio.tokens) == {twilio.token}
    attachments = served.parts.doors.attachments
    assert report.attachments == tuple(attachments.store(photo(shade), NOW).attachment for shade in (1, 2))


def test_pictures_are_fetched_with_the_signing_token(serve: Serve, twilio: LoopbackTwilio) -> None:
    """During a token rotation pictures are fetched with the token that signed the webhook."""
    served = serve(twilio_base_url=twilio.url, twilio_auth_tokens="new-token,old-token")
    twilio.token = "old-token"

    send(served, sms(sid=_SID) | put(twilio, file(photo())), "old-token")

    assert len(served.raw_messages("sms")[0].attachments) == 1


def test_shared_key_is_not_sent_to_twilio(serve: Serve, twilio: LoopbackTwilio) -> None:
    """With a SharedKey, pictures are fetched with the account's token."""
    served = serve(twilio_base_url=twilio.url, twilio_shared_keys="a-key")
    fields = sms(sid=_SID) | put(twilio, file(photo()))
    headers = signed_with_shared_key(f"{served.address}/sms/twilio", fields, "a-key")

    assert served.post("/sms/twilio", data=fields, headers=headers).status_code == 200

    assert (len(served.raw_messages("sms")[0].attachments), twilio.tokens) == (1, [twilio.token])


@pytest.mark.parametrize(
    "failing",
    [
        file(status=404),
        file(status=500),
        file(b"BEGIN:VCARD"),
        file(b""),
        file(photo(), missing_bytes=10),
        file(photo()[:200]),
        file(status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
        file(status=307, headers={"Location": "http://[bad"}),
    ],
    ids=["gone", "broken", "card", "nothing", "cut", "half", "elsewhere", "nonsense"],
)
def test_a_picture_that_fails_costs_only_itself(served: DoorClient, twilio: LoopbackTwilio, failing: Answer) -> None:
    """The text and the other picture are published, and the report counts one as unfetched."""
    fields = sms(sid=_SID) | put(twilio, failing, file(photo()))

    answer = send(served, fields)

    complaint = reported(served)
    assert (complaint.report.text, len(complaint.report.attachments), complaint.report.unfetched) == (TEXT, 1, 1)
    assert complaint.tracking in (ET.fromstring(answer.content).findtext("Message") or "")  # noqa: S314 - our own


def test_stalled_twilio_does_not_delay_the_text(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """The message is stored and answered before the slow picture; the fetched one is attached."""
    forever = threading.Event()
    fields = sms(sid=_SID) | put(twilio, file(photo(1), stall=forever), file(photo(2)))

    assert send(served, fields).status_code == 200

    assert not forever.is_set()
    report = reported(served).report
    assert (len(report.attachments), report.unfetched) == (1, 1)
    forever.set()


def test_slow_picture_is_given_up(fetcher: MediaFetcher, twilio: LoopbackTwilio, logged: list[EventDict]) -> None:
    """A picture whose chunks arrive in time, but all together too late, is given up."""
    put(twilio, file(photo(), seconds_per_byte=0.05))

    assert fetch(fetcher, twilio, twilio.media_url(_SID, "ME0")) == ((), 0)
    assert causes(logged) == {"late"}


def test_a_huge_picture_is_not_read_to_its_end(
    served: DoorClient, twilio: LoopbackTwilio, logged: list[EventDict]
) -> None:
    """Reading stops at the limit. This picture has no end: its connection breaks before."""
    put(twilio, file(photo() + bytes(MAX_FILE_BYTES), missing_bytes=10**9))
    fetcher = MediaFetcher(twilio.url, served.parts.doors.attachments, lambda: 0.0, ThreadPoolExecutor, timeout=3600.0)

    assert fetch(fetcher, twilio, twilio.media_url(_SID, "ME0")) == ((), 0)
    assert causes(logged) == {"file_too_large"}


def test_storage_gets_no_token(fetcher: MediaFetcher, twilio: LoopbackTwilio) -> None:
    """A redirect to Twilio's storage is followed without the account's token."""
    storage = f"{twilio.url.replace('127.0.0.1', 'localhost')}/storage/1?signed=1"
    put(twilio, file(status=307, headers={"Location": storage}))
    twilio.files["/storage/1"] = file(photo())

    assert fetch(fetcher, twilio, twilio.media_url(_SID, "ME0")).picture_count == 1
    assert twilio.tokens == [twilio.token, ""]


def test_redirect_loop_is_given_up(fetcher: MediaFetcher, twilio: LoopbackTwilio) -> None:
    """An address that redirects to itself is given up."""
    url = twilio.media_url(_SID, "ME0")
    put(twilio, file(status=307, headers={"Location": url}))

    assert fetch(fetcher, twilio, url) == ((), 0)
    assert len(twilio.requests) == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/2010-04-01/x",
        "https://api.twilio.com/2010-04-01/x",
        "file:///etc/passwd",
        "http://{host}@127.0.0.1:9/x",
        "http://127.0.0.1:9\\@{host}/x",
        "nonsense",
        "http://[bad",
    ],
)
def test_only_twilios_api_is_requested(fetcher: MediaFetcher, twilio: LoopbackTwilio, url: str) -> None:
    """An address outside the API gets no request and no token."""
    assert fetch(fetcher, twilio, url.format(host=twilio.url.removeprefix("http://"))) == ((), 0)
    assert twilio.requests == []


def test_the_same_picture_twice_is_one(fetcher: MediaFetcher, twilio: LoopbackTwilio) -> None:
    """Two equal pictures are stored once, and neither counts as unfetched."""
    put(twilio, file(photo()), file(photo()))

    fetched = fetch(fetcher, twilio, twilio.media_url(_SID, "ME0"), twilio.media_url(_SID, "ME1"))
    assert (len(fetched.attachments), fetched.picture_count) == (1, 2)


def test_pictures_that_are_not_named_are_missing(served: DoorClient) -> None:
    """Pictures that Twilio counts without an address count as unfetched."""
    send(served, sms(sid=_SID) | {"NumMedia": "3"})

    assert reported(served).report.unfetched == 3


def test_picture_without_text_is_a_report(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """A picture without text is stored as a report, and its sender is asked for details."""
    answer = send(served, sms("", sid=_SID) | put(twilio, file(photo())))

    complaint = reported(served)
    assert len(complaint.report.attachments) == 1
    assert complaint.tracking in (ET.fromstring(answer.content).findtext("Message") or "")  # noqa: S314 - our own


def test_a_keyword_with_a_picture_is_a_report(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """The normalizer reads it as a report. The sender gets its number, not the text about the keyword."""
    pictures = put(twilio, file(photo()))
    keywords = ("BANTUAN", "DAFTAR", "berhenti", "STATUS")
    answers = [
        send(served, sms(keyword, f"SM{index}", f"+62800000009{index}") | pictures)
        for index, keyword in enumerate(keywords)
    ]
    texts = {ET.fromstring(answer.content).findtext("Message") for answer in answers}  # noqa: S314 - our own
    assert texts == {stored_but_unclear(raw.tracking) for raw in served.raw_messages("sms")}


def test_two_pictures_without_text_are_two_complaints(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """Two photos of one sender without text are not repeats of each other."""
    for number in range(2):
        send(served, sms("", sid=f"MM{number}") | put(twilio, file(photo(number))))

    stage = make_normalizer(served.parts.engine, served.parts.sealer)
    output = stage.handle(
        [records.at(accepted_record(raw), offset) for offset, raw in enumerate(served.raw_messages("sms"))]
    )
    kinds = [
        codec.decode(Complaint, record.value, record.headers).relation.kind
        for record in output
        if record.topic == COMPLAINTS
    ]
    assert kinds == ["new", "new"]


def test_unsigned_webhook_fetches_nothing(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """An unsigned webhook causes no request to Twilio or to any other server."""
    fields = sms(sid=_SID) | put(twilio, file(photo()))

    served.post("/sms/twilio", data=fields, headers={"X-Twilio-Signature": "x"})

    assert twilio.requests == []


def test_without_the_database_the_picture_is_lost(serve: Serve, twilio: LoopbackTwilio) -> None:
    """Without the database the picture is lost, but the text is on the bus."""
    served = serve(migrated=False, twilio_base_url=twilio.url)

    assert send(served, sms(sid=_SID) | put(twilio, file(photo()))).status_code == 200

    (raw,) = served.raw_messages("sms")
    assert (raw.attachments, raw.unfetched) == ((), 1)
