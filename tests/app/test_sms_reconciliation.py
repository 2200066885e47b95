"""Reconciling with Twilio's list: the exact gap, filled once, with what the webhooks would have brought."""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from PIL import Image

from app.assembly.parts import Parts
from app.commands.common.arguments import parse_time
from app.operations.sms_reconciliation import CONTENT_TYPE, MissingMessages, SmsReconciliation
from app.operations.twilio_messages import TwilioMessages, TwilioUnavailable
from bus.errors import Retry, Stop
from bus.port import Producer
from config.settings import Settings
from ingest.sms.media import MediaFetcher
from ingest.wrap import accepted_record, quarantine_record
from messages import ids
from messages.shapes import RawMessage
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer, raw_messages
from tests.support import program, records
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio, file
from tests.support.records import FORM
from tests.support.stages import make_normalizer

PHONE = "+628000000061"
SINCE = NOW - timedelta(hours=24)


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A Twilio that received nothing yet; it gives two messages a page."""
    with serving(LoopbackTwilio()) as made:
        made.page_size = 2
        yield made


@pytest.fixture
def producer(parts: Parts) -> Iterator[Producer]:
    """A producer of the bus."""
    made = parts.bus.producer()
    yield made
    made.close()


def sid(number: int) -> str:
    """A MessageSid."""
    return f"SM{number:032x}"


def webhook(parts: Parts, number: int, text: str = "jalan rusak", phone: str = PHONE) -> RawMessage:
    """What the door makes of the webhook of a message."""
    body = f"MessageSid={sid(number)}&From={phone.replace('+', '%2B')}&Body={text.replace(' ', '+')}".encode()
    return parts.wrapper.wrap("sms", sid(number), f"tel:{phone}", body, NOW, FORM, "twilio-signature")


def reconciler(parts: Parts, twilio: LoopbackTwilio, *tokens: str, bus: object = None) -> SmsReconciliation:
    """A reconciler with these tokens, the true one without any."""
    listing = TwilioMessages(twilio.url, ACCOUNT, tokens or (twilio.token,))
    media = MediaFetcher(twilio.url, parts.attachments)
    return SmsReconciliation(bus or parts.bus, parts.wrapper, media, listing)  # type: ignore[arg-type]  # what it asks of one


def gap_of(parts: Parts, twilio: LoopbackTwilio, since: datetime = SINCE, *to: str) -> MissingMessages:
    """What is missing now."""
    return reconciler(parts, twilio).find_missing(since, to, NOW)


def fill(parts: Parts, twilio: LoopbackTwilio) -> list[str]:
    """Find and fill."""
    mine = reconciler(parts, twilio)
    return [raw.provider_id for raw in mine.fill_in(mine.find_missing(SINCE, (), NOW).missing)]


def test_the_exact_gap_over_many_pages(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """Of seven messages on four pages, the three whose webhooks never came, oldest first."""
    for number in range(7):
        twilio.received(sid(number), NOW - timedelta(hours=7 - number), "jalan rusak", PHONE)
    producer.publish([accepted_record(webhook(parts, number)) for number in (0, 2, 3, 6)])

    gap = gap_of(parts, twilio)

    assert gap.listed == 7
    assert [found.sid for found in gap.missing] == [sid(1), sid(4), sid(5)]


def test_filled_is_what_the_webhook_would_have_been(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Same id, number and sender; the body says that it was made from the list, and is read like a webhook's."""
    at = (NOW - timedelta(hours=2)).replace(microsecond=0)
    service = "MG" + "0" * 32
    twilio.received(sid(1), at, "LAPOR jalan rusak & berlubang 🚧", PHONE, messaging_service_sid=service)

    assert fill(parts, twilio) == [sid(1)]

    (raw,) = raw_messages(parts, "sms")
    true = webhook(parts, 1)
    assert (raw.id, raw.tracking, raw.sender) == (true.id, true.tracking, true.sender)
    assert (raw.at, raw.verified_by, raw.content_type) == (at, "twilio-api", CONTENT_TYPE)
    fields = {name: values[0] for name, values in parse_qs(parts.sealer.open(raw.body, raw.id).decode()).items()}
    assert fields["MessagingServiceSid"] == service
    complaint, _ = make_normalizer(parts.engine, parts.sealer).handle([records.at(accepted_record(raw))])
    assert records.value_of(complaint)["report"]["text"] == "jalan rusak & berlubang 🚧"


def test_filling_twice_fills_once(parts: Parts, twilio: LoopbackTwilio) -> None:
    """When the gap is filled there is none."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)
    assert [fill(parts, twilio) for _ in range(2)] == [[sid(1)], []]


def test_a_late_webhook_is_delivered_again_only(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """Filled first, and then Twilio's own delivery: one complaint, and one SMS with its number."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)
    fill(parts, twilio)
    producer.publish([accepted_record(webhook(parts, 1))])

    stage = make_normalizer(parts.engine, parts.sealer)
    both = raw_messages(parts, "sms")
    assert [len(stage.handle([records.at(accepted_record(raw), place)])) for place, raw in enumerate(both)] == [2, 0]


def test_only_what_was_received(parts: Parts, twilio: LoopbackTwilio) -> None:
    """What we sent is no message to us; one that Twilio has just begun to take, or whose text it redacted, is."""
    twilio.received(sid(1), NOW, "Laporan Anda kami terima", "1708", direction="outbound-reply")
    twilio.received(sid(2), NOW, "x", PHONE, date_sent=None)
    twilio.received(sid(3), NOW, "x", PHONE, date_sent=None, date_created=None)
    twilio.received(sid(4), NOW, "x", PHONE)
    twilio.messages[-1]["body"] = None

    missing = {found.sid: found.fields["Body"] for found in gap_of(parts, twilio).missing}
    assert missing == {sid(2): "x", sid(4): ""}


@pytest.mark.parametrize("hours", [0.0, 23.9, 24.1, 47.0, 72.0])
def test_since_is_exact(parts: Parts, twilio: LoopbackTwilio, hours: float) -> None:
    """What was received since the moment, to the second, whatever Twilio's own filter rounds to."""
    twilio.received(sid(1), NOW - timedelta(hours=hours), "x", PHONE)
    wib = SINCE.astimezone(UTC).astimezone(tz=None)
    assert len(gap_of(parts, twilio, wib).missing) == (hours < 24)


def test_one_of_our_numbers(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Another service's numbers on the same account can be left out; each of ours is looked at."""
    for number, to in enumerate(("1708", "+62800000001708", "+62800000009999")):
        twilio.received(sid(number), NOW, "x", PHONE, to=to)

    assert len(gap_of(parts, twilio).missing) == 3
    found = gap_of(parts, twilio, SINCE, "1708", "+62800000001708").missing
    assert sorted(one.sid for one in found) == [sid(0), sid(1)]


def test_held_is_missing_and_comes_in_as_proven(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """A message in quarantine for its signature is proven by Twilio's own list."""
    raw = parts.wrapper.wrap("sms", "held:1", "", b"MessageSid=" + sid(1).encode(), NOW, FORM)
    producer.publish([quarantine_record(raw, "bad_signature")])
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)

    assert fill(parts, twilio) == [sid(1)]
    assert raw_messages(parts, "sms")[0].verified_by == "twilio-api"


def test_without_a_sender(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Two messages that name no sender are not one person's."""
    for number in range(2):
        twilio.received(sid(number), NOW, "jalan rusak", "")
    fill(parts, twilio)
    assert len({raw.sender for raw in raw_messages(parts, "sms")}) == 2


def photo() -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 0, 30)).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("named", "kept", "unfetched"), [(("ME0", "ME1"), 1, 1), ((), 0, 2)])
def test_pictures_are_filled_too(
    parts: Parts, twilio: LoopbackTwilio, named: tuple[str, ...], kept: int, unfetched: int
) -> None:
    """Those that Twilio still has; the rest is counted, and the words go in either way."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE, num_media="2")
    for name, answer in zip(named, (file(photo()), file(status=404)), strict=False):
        twilio.files[twilio.media_url(sid(1), name).removeprefix(twilio.url)] = answer

    fill(parts, twilio)

    (raw,) = raw_messages(parts, "sms")
    assert (len(raw.attachments), raw.unfetched) == (kept, unfetched)


def test_the_next_token_is_tried(parts: Parts, twilio: LoopbackTwilio) -> None:
    """While tokens are changed, the one that opens is used, for the list and for the pictures."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE, num_media="1")
    twilio.files[twilio.media_url(sid(1), "ME0").removeprefix(twilio.url)] = file(photo())

    mine = reconciler(parts, twilio, "new-token", twilio.token)
    (raw,) = mine.fill_in(mine.find_missing(SINCE, (), NOW).missing)

    assert len(raw.attachments) == 1


def test_no_token_opens(parts: Parts, twilio: LoopbackTwilio) -> None:
    """It is said, and nothing is taken for a gap."""
    with pytest.raises(TwilioUnavailable, match="HTTP 401"):
        reconciler(parts, twilio, "other", "another").find_missing(SINCE, (), NOW)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_twilio_away(parts: Parts, twilio: LoopbackTwilio, status: int) -> None:
    """What it answers is said."""
    twilio.status = status
    with pytest.raises(TwilioUnavailable, match=f"HTTP {status}"):
        gap_of(parts, twilio)


def test_no_twilio_at_all(parts: Parts, twilio: LoopbackTwilio) -> None:
    """A connection that fails is named by its kind."""
    twilio.url = "http://127.0.0.1:9"
    with pytest.raises(TwilioUnavailable, match="ConnectionError"):
        gap_of(parts, twilio)


def test_too_long_ago(parts: Parts, twilio: LoopbackTwilio) -> None:
    """What the bus has forgotten is not missing."""
    with pytest.raises(Stop, match="300 days"):
        gap_of(parts, twilio, NOW - timedelta(days=301))


def test_without_an_account() -> None:
    """The setting is named."""
    with pytest.raises(Stop, match="SATUPINTU_TWILIO_ACCOUNT_SID"):
        TwilioMessages("http://127.0.0.1:9", "", ("x",))


def test_a_bus_that_goes_away_in_between(parts: Parts, twilio: LoopbackTwilio) -> None:
    """What was filled is there; the next run fills the rest."""
    for number in range(3):
        twilio.received(sid(number), NOW, "jalan rusak", PHONE)

    class _Bus:
        reader = staticmethod(parts.bus.reader)
        producer = staticmethod(lambda: FlakyProducer(parts.bus.producer(), {2}))

    mine = reconciler(parts, twilio, bus=_Bus())
    with pytest.raises(Retry):
        list(mine.fill_in(mine.find_missing(SINCE, (), NOW).missing))
    assert len(raw_messages(parts, "sms")) == 1
    assert len(fill(parts, twilio)) == 2


def test_the_command(parts: Parts, settings: Settings, twilio: LoopbackTwilio, tmp_path: Path) -> None:
    """`reconcile sms`: a dry run says what is missing and exits 1; then the gap is filled, and said."""
    twilio.received(sid(1), datetime.now(UTC), "jalan rusak", PHONE)
    mine = {
        "HOME": str(settings.home),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "TWILIO_AUTH_TOKENS": twilio.token,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_BASE_URL": twilio.url,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}
    environment = clean | {f"SATUPINTU_{name}": value for name, value in mine.items()}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("reconcile", "sms", "--since", "24h", *arguments), environment, tmp_path)

    dry = run("--dry-run")
    assert (dry.returncode, dry.stdout.split()[0], dry.stdout.split()[-1]) == (1, sid(1), "missing")
    assert raw_messages(parts, "sms") == []
    wet = run("--json")
    assert (wet.returncode, json.loads(wet.stdout)) == (0, {"listed": 1, "missing": [sid(1)], "filled": [sid(1)]})
    assert [raw.id for raw in raw_messages(parts, "sms")] == [ids.message_id("sms", sid(1))]
    assert not any(private in dry.stdout + dry.stderr + wet.stdout + wet.stderr for private in (PHONE, "rusak"))

    twilio.token = "changed"
    refused = run()
    assert (refused.returncode, "Traceback" in refused.stderr) == (69, False)
    assert "HTTP 401" in refused.stderr


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("30m", NOW - timedelta(minutes=30)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T08:00+07:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
    ],
)
def test_moments(typed: str, moment: datetime) -> None:
    """As operators type them; without a zone, UTC."""
    assert parse_time(typed, NOW) == moment


@pytest.mark.parametrize("typed", ["", "kemarin", "24", "-1d", "2026-13-01", "9999999d"])
def test_what_is_no_moment(typed: str) -> None:
    """It is said what is understood."""
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(typed, NOW)
