"""Reconciliation of SMS: missing messages are found, filled in once, and equal to their webhooks."""

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
from app.operations.reconciliation.sms import CONTENT_TYPE, MissingMessages, SmsReconciliation
from app.operations.reconciliation.twilio_messages import TwilioMessages, TwilioUnavailable
from bus.errors import Retry, Stop
from bus.port import Producer
from config.settings import Settings
from ingest.sms.media import MediaFetcher
from ingest.wrap import accepted_record, quarantine_record
from messages.shapes import RawMessage
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer, raw_messages
from tests.support import program, records
from tests.support.arrival_ids import arrival_id
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio, file
from tests.support.records import FORM
from tests.support.stages import make_normalizer

PHONE = "+628000000061"
SINCE = NOW - timedelta(hours=24)


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """Return a loopback Twilio without messages, with two messages a page."""
    with serving(LoopbackTwilio()) as loopback:
        loopback.page_size = 2
        yield loopback


@pytest.fixture
def producer(parts: Parts) -> Iterator[Producer]:
    """Return a producer of the bus."""
    producer_ = parts.bus.producer()
    yield producer_
    producer_.close()


def sid(number: int) -> str:
    """Return a MessageSid."""
    return f"SM{number:032x}"


def webhook(parts: Parts, number: int, text: str = "jalan rusak", phone: str = PHONE) -> RawMessage:
    """Return the raw message of a webhook."""
    body = f"MessageSid={sid(number)}&From={phone.replace('+', '%2B')}&Body={text.replace(' ', '+')}".encode()
    return parts.wrapper.wrap("sms", sid(number), f"tel:{phone}", body, NOW, FORM, "twilio-signature")


def make_reconciliation(parts: Parts, twilio: LoopbackTwilio, *tokens: str, bus: object = None) -> SmsReconciliation:
    """Return a reconciliation with these tokens; without any, with the valid one."""
    listing = TwilioMessages(twilio.url, ACCOUNT, tokens or (twilio.token,))
    media = MediaFetcher(twilio.url, parts.doors.attachments, parts.clock.monotonic, parts.threads.pool)
    return SmsReconciliation(bus or parts.bus, parts.wrapper, media, listing)  # type: ignore[arg-type]  # what it asks of one


def find_missing(parts: Parts, twilio: LoopbackTwilio, since: datetime = SINCE, *to: str) -> MissingMessages:
    """Return the messages that are missing now."""
    return make_reconciliation(parts, twilio).find_missing(since, to, NOW)


def fill(parts: Parts, twilio: LoopbackTwilio) -> list[str]:
    """Find and fill in the missing messages."""
    reconciliation = make_reconciliation(parts, twilio)
    return [raw.provider_id for raw in reconciliation.fill_in(reconciliation.find_missing(SINCE, (), NOW).missing)]


def test_missing_messages_over_several_pages(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """The messages without a webhook are found over several pages, oldest first."""
    for number in range(7):
        twilio.received(sid(number), NOW - timedelta(hours=7 - number), "jalan rusak", PHONE)
    producer.publish([accepted_record(webhook(parts, number)) for number in (0, 2, 3, 6)])

    result = find_missing(parts, twilio)

    assert result.listed == 7
    assert [message.sid for message in result.missing] == [sid(1), sid(4), sid(5)]


def test_a_filled_in_message_equals_its_webhook(parts: Parts, twilio: LoopbackTwilio) -> None:
    """A filled-in message has the webhook's id, number and sender, and a content type of its own."""
    at = (NOW - timedelta(hours=2)).replace(microsecond=0)
    service = "MG" + "0" * 32
    twilio.received(sid(1), at, "LAPOR jalan rusak & berlubang 🚧", PHONE, messaging_service_sid=service)

    assert fill(parts, twilio) == [sid(1)]

    (raw,) = raw_messages(parts, "sms")
    webhook_message = webhook(parts, 1)
    assert (raw.id, raw.tracking, raw.sender) == (webhook_message.id, webhook_message.tracking, webhook_message.sender)
    assert (raw.at, raw.verified_by, raw.content_type) == (at, "twilio-api", CONTENT_TYPE)
    fields = {name: values[0] for name, values in parse_qs(parts.sealer.open(raw.body, raw.id).decode()).items()}
    assert fields["MessagingServiceSid"] == service
    complaint, _ = make_normalizer(parts.engine, parts.sealer).handle([records.at(accepted_record(raw))])
    assert records.value_of(complaint)["report"]["text"] == "jalan rusak & berlubang 🚧"


def test_a_second_run_finds_nothing(parts: Parts, twilio: LoopbackTwilio) -> None:
    """A second reconciliation finds nothing missing."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)
    assert [fill(parts, twilio) for _ in range(2)] == [[sid(1)], []]


def test_a_late_webhook_is_a_redelivery(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """A late webhook of a filled-in message gives no second complaint."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)
    fill(parts, twilio)
    producer.publish([accepted_record(webhook(parts, 1))])

    stage = make_normalizer(parts.engine, parts.sealer)
    raws = raw_messages(parts, "sms")
    assert [len(stage.handle([records.at(accepted_record(raw), offset)])) for offset, raw in enumerate(raws)] == [2, 0]


def test_only_received_messages_are_missing(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Sent messages are ignored; messages without a sent time or a text are filled in."""
    twilio.received(sid(1), NOW, "Laporan Anda kami terima", "1708", direction="outbound-reply")
    twilio.received(sid(2), NOW, "x", PHONE, date_sent=None)
    twilio.received(sid(3), NOW, "x", PHONE, date_sent=None, date_created=None)
    twilio.received(sid(4), NOW, "x", PHONE)
    twilio.messages[-1]["body"] = None

    missing = {message.sid: message.fields["Body"] for message in find_missing(parts, twilio).missing}
    assert missing == {sid(2): "x", sid(4): ""}


@pytest.mark.parametrize("hours", [0.0, 23.9, 24.1, 47.0, 72.0])
def test_since_is_exact(parts: Parts, twilio: LoopbackTwilio, hours: float) -> None:
    """`since` holds to the second, although Twilio's filter may be coarser."""
    twilio.received(sid(1), NOW - timedelta(hours=hours), "x", PHONE)
    wib = SINCE.astimezone(UTC).astimezone(tz=None)
    assert len(find_missing(parts, twilio, wib).missing) == (hours < 24)


def test_filter_by_number(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Only messages to the given numbers are found."""
    for number, to in enumerate(("1708", "+62800000001708", "+62800000009999")):
        twilio.received(sid(number), NOW, "x", PHONE, to=to)

    assert len(find_missing(parts, twilio).missing) == 3
    missing = find_missing(parts, twilio, SINCE, "1708", "+62800000001708").missing
    assert sorted(message.sid for message in missing) == [sid(0), sid(1)]


def test_a_quarantined_message_is_filled_in_as_proven(parts: Parts, twilio: LoopbackTwilio, producer: Producer) -> None:
    """A quarantined message is missing, and Twilio's list proves its sender."""
    raw = parts.wrapper.wrap("sms", "held:1", "", b"MessageSid=" + sid(1).encode(), NOW, FORM)
    producer.publish([quarantine_record(raw, "bad_signature")])
    twilio.received(sid(1), NOW, "jalan rusak", PHONE)

    assert fill(parts, twilio) == [sid(1)]
    assert raw_messages(parts, "sms")[0].verified_by == "twilio-api"


def test_without_a_sender(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Messages without a sender have different senders."""
    for number in range(2):
        twilio.received(sid(number), NOW, "jalan rusak", "")
    fill(parts, twilio)
    assert len({raw.sender for raw in raw_messages(parts, "sms")}) == 2


def photo() -> bytes:
    """Return a JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 0, 30)).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("media_ids", "stored", "unfetched"), [(("ME0", "ME1"), 1, 1), ((), 0, 2)])
def test_pictures_are_fetched(
    parts: Parts, twilio: LoopbackTwilio, media_ids: tuple[str, ...], stored: int, unfetched: int
) -> None:
    """Available pictures are stored, the others are counted, and the text is filled in either way."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE, num_media="2")
    for name, response in zip(media_ids, (file(photo()), file(status=404)), strict=False):
        twilio.files[twilio.media_url(sid(1), name).removeprefix(twilio.url)] = response

    fill(parts, twilio)

    (raw,) = raw_messages(parts, "sms")
    assert (len(raw.attachments), raw.unfetched) == (stored, unfetched)


def test_the_next_token_is_tried(parts: Parts, twilio: LoopbackTwilio) -> None:
    """During a change of tokens the valid one is used for the list and the pictures."""
    twilio.received(sid(1), NOW, "jalan rusak", PHONE, num_media="1")
    twilio.files[twilio.media_url(sid(1), "ME0").removeprefix(twilio.url)] = file(photo())

    reconciliation = make_reconciliation(parts, twilio, "new-token", twilio.token)
    (raw,) = reconciliation.fill_in(reconciliation.find_missing(SINCE, (), NOW).missing)

    assert len(raw.attachments) == 1


def test_no_valid_token(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Without a valid token the error is raised, and nothing counts as missing."""
    with pytest.raises(TwilioUnavailable, match="HTTP 401"):
        make_reconciliation(parts, twilio, "other", "another").find_missing(SINCE, (), NOW)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_twilio_unavailable(parts: Parts, twilio: LoopbackTwilio, status: int) -> None:
    """The error has Twilio's HTTP status."""
    twilio.status = status
    with pytest.raises(TwilioUnavailable, match=f"HTTP {status}"):
        find_missing(parts, twilio)


def test_no_connection(parts: Parts, twilio: LoopbackTwilio) -> None:
    """The error has the kind of the failed connection."""
    twilio.url = "http://127.0.0.1:9"
    with pytest.raises(TwilioUnavailable, match="ConnectionError"):
        find_missing(parts, twilio)


def test_since_too_long_ago(parts: Parts, twilio: LoopbackTwilio) -> None:
    """Messages that the bus may have deleted are not missing."""
    with pytest.raises(Stop, match="300 days"):
        find_missing(parts, twilio, NOW - timedelta(days=301))


def test_without_an_account() -> None:
    """The error names the setting."""
    with pytest.raises(Stop, match="SATUPINTU_TWILIO_ACCOUNT_SID"):
        TwilioMessages("http://127.0.0.1:9", "", ("x",))


def test_a_failing_bus(parts: Parts, twilio: LoopbackTwilio) -> None:
    """The messages before the failure are filled in; the next run fills in the others."""
    for number in range(3):
        twilio.received(sid(number), NOW, "jalan rusak", PHONE)

    class _Bus:
        reader = staticmethod(parts.bus.reader)
        producer = staticmethod(lambda: FlakyProducer(parts.bus.producer(), {2}))

    reconciliation = make_reconciliation(parts, twilio, bus=_Bus())
    with pytest.raises(Retry):
        list(reconciliation.fill_in(reconciliation.find_missing(SINCE, (), NOW).missing))
    assert len(raw_messages(parts, "sms")) == 1
    assert len(fill(parts, twilio)) == 2


def test_the_command(parts: Parts, settings: Settings, twilio: LoopbackTwilio, tmp_path: Path) -> None:
    """A dry run of `reconcile sms` lists the missing messages and exits 1; a real run fills them in."""
    twilio.received(sid(1), datetime.now(UTC), "jalan rusak", PHONE)
    settings_in_environment = {
        "HOME": str(settings.home),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "TWILIO_AUTH_TOKENS": twilio.token,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_BASE_URL": twilio.url,
    }
    other_environment = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}
    environment = other_environment | {f"SATUPINTU_{name}": value for name, value in settings_in_environment.items()}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("reconcile", "sms", "--since", "24h", *arguments), environment, tmp_path)

    dry_run = run("--dry-run")
    assert (dry_run.returncode, dry_run.stdout.split()[0], dry_run.stdout.split()[-1]) == (1, sid(1), "missing")
    assert raw_messages(parts, "sms") == []
    real_run = run("--json")
    assert (real_run.returncode, json.loads(real_run.stdout)) == (
        0,
        {"listed": 1, "missing": [sid(1)], "filled": [sid(1)]},
    )
    assert [raw.id for raw in raw_messages(parts, "sms")] == [arrival_id("sms", sid(1))]
    assert not any(
        private in dry_run.stdout + dry_run.stderr + real_run.stdout + real_run.stderr for private in (PHONE, "rusak")
    )

    twilio.token = "changed"
    refused_run = run()
    assert (refused_run.returncode, "Traceback" in refused_run.stderr) == (69, False)
    assert "HTTP 401" in refused_run.stderr


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("30m", NOW - timedelta(minutes=30)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T08:00+07:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
    ],
)
def test_times(typed: str, expected: datetime) -> None:
    """Times as operators type them; without a zone, UTC."""
    assert parse_time(typed, NOW) == expected


@pytest.mark.parametrize("typed", ["", "kemarin", "24", "-1d", "2026-13-01", "9999999d"])
def test_invalid_times(typed: str) -> None:
    """The error names the accepted forms."""
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(typed, NOW)
