"""Messages: stable ids, tracking numbers that cannot be guessed, seals, and records that decode to what was encoded."""

import string
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.assembly.channels import DIRECTORY
from messages import codec, ids
from messages.payloads.submission import Submission, e164
from messages.sealing import Sealed, Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Complaint, OversightEvent, RawMessage, Report
from messages.topics import all_topics
from messages.tracking import find_tracking_numbers, read_tracking_number, tracking_number

KEY, OTHER_KEY = b"k" * 64, b"o" * 64
MESSAGE = UUID("2f7eb9e6-0216-53e2-bf38-e0ae2d338093")
AT = datetime(2026, 11, 24, 15, 4, 5, 678901, tzinfo=timezone(timedelta(hours=7)))


def event() -> OversightEvent:
    """Return a message of any shape."""
    return OversightEvent(id=MESSAGE, message_id=MESSAGE, at=AT, event="refused", subject=MESSAGE, reason="why")


def test_ids_never_change() -> None:
    """These ids are on topics and in ledgers: if they changed, every replay would make new complaints."""
    message = ids.message_id("sms", "SM1", KEY)
    assert str(message) == "b806f017-4160-814a-a5d3-25125232db62"
    assert str(ids.complaint_id(message)) == "d298e915-0147-57c7-8ced-a53fa8ae0c37"
    assert str(ids.dispatch_id(message, 0)) == "340dfdeb-63e1-5a08-b736-ede2e10d8772"


def test_ids_differ_by_everything_they_are_made_of() -> None:
    """Different channels, hops, verdicts and texts give different ids."""
    distinct_ids = {
        ids.message_id("sms", "1", KEY), ids.message_id("web", "1", KEY), ids.message_id("web", "1", b"another key"),
        ids.complaint_id(MESSAGE), ids.dispatch_id(MESSAGE, 0),
        ids.dispatch_id(MESSAGE, 1), ids.answer_id(MESSAGE, "accepted", ""),
        ids.answer_id(MESSAGE, "refused", ""), ids.answer_id(MESSAGE, "refused", "x"),
        ids.reply_id(MESSAGE, "received"), ids.event_id(MESSAGE, "refused"),
        ids.correction_id(MESSAGE, "new:a", None), ids.correction_id(MESSAGE, "new:b", None),
        ids.correction_id(MESSAGE, "new:a", MESSAGE),
    }  # fmt: skip
    assert len(distinct_ids) == 14


@given(st.uuids())
def test_a_number_reads_back_however_it_is_typed(message: UUID) -> None:
    """Case, spaces, dashes and look-alikes do not matter."""
    number = tracking_number(message, KEY)
    assert read_tracking_number(number) == number
    assert read_tracking_number(f" {number.lower().replace('-', ' ')} ") == number
    assert read_tracking_number(number.replace("0", "O").replace("1", "l")) == number


def test_each_number_is_found_without_its_hyphens() -> None:
    """A number of letters alone, one in 90 by chance, could not be told from a word in an SMS."""
    for index in range(2000):
        number = tracking_number(UUID(int=index), KEY)
        for typed in (number.replace("-", ""), number.replace("-", "").lower()):
            assert find_tracking_numbers(f"gimana laporan saya {typed} pak") == (number,)


def test_a_word_beside_a_number_with_spaces_makes_no_second_number() -> None:
    """`saya M58Y Z04Q` has a valid check symbol by chance."""
    assert read_tracking_number("SAYA M58Y Z04Q") is not None
    assert find_tracking_numbers("gimana laporan saya M58Y Z04Q Q2T7") == ("M58Y-Z04Q-Q2T7",)
    other = tracking_number(UUID(int=1), KEY)
    assert find_tracking_numbers(f"M58Y Z04Q Q2T7 {other}") == ("M58Y-Z04Q-Q2T7", other)


@given(st.uuids(), st.integers(0, 11), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_wrong_symbol_is_noticed(message: UUID, index: int, symbol: str) -> None:
    """A number with one wrong symbol is invalid, so that nobody sees another person's complaint."""
    symbols = list(tracking_number(message, KEY).replace("-", ""))
    right, symbols[index] = symbols[index], symbol
    assert (read_tracking_number("".join(symbols)) is not None) == (symbol == right)


def test_numbers_need_the_key() -> None:
    """Another key gives another number for every message."""
    messages = [uuid4() for _ in range(2000)]
    assert not {tracking_number(message, KEY) for message in messages} & {
        tracking_number(message, OTHER_KEY) for message in messages
    }
    assert len({tracking_number(message, KEY) for message in messages}) == len(messages)


@pytest.mark.parametrize("typed", ["", "-", "ABCD", "ABCD-EFGH-JKMN-PQRS", "½½½½-½½½½-½½½½", "👍" * 12, "\0" * 12])
def test_other_texts_are_no_number(typed: str) -> None:
    """Any typed text gives `None` and raises nothing."""
    assert read_tracking_number(typed) is None


@given(st.binary(max_size=300), st.uuids())
def test_seals_open_for_their_message_alone(plain: bytes, message: UUID) -> None:
    """A seal is deterministic, and opens to the same bytes with the id of its message only."""
    sealer = Sealer([KEY])
    sealed = sealer.seal(plain, message)
    assert sealer.seal(plain, message) == sealed
    assert sealer.open(sealed, message) == plain
    with pytest.raises(UnsealError):
        sealer.open(sealed, uuid4())


def test_equal_contacts_do_not_look_equal() -> None:
    """The sealed contacts of two messages of one person are different."""
    sealer = Sealer([KEY])
    assert sealer.seal(b"+628000000001", uuid4()) != sealer.seal(b"+628000000001", uuid4())


def test_keys_rotate() -> None:
    """New seals use the first key; old seals open while their key is configured; a missing key is named."""
    old, rotated = Sealer([KEY]), Sealer([OTHER_KEY, KEY])
    assert rotated.open(old.seal(b"x", MESSAGE), MESSAGE) == b"x"
    with pytest.raises(UnknownKeyError):
        old.open(rotated.seal(b"x", MESSAGE), MESSAGE)


@given(st.text(max_size=80))
def test_other_texts_are_no_seal(text: str) -> None:
    """Any text that is not a seal raises `UnsealError`."""
    with pytest.raises(UnsealError):
        Sealer([KEY]).open(Sealed(text), MESSAGE)


def test_records_are_cloud_events() -> None:
    """A client that knows only the CloudEvents Kafka binding reads our records."""
    key, value, headers = codec.encode(event(), "the key", "/satu-pintu/router")
    read = from_binary_event(KafkaMessage(dict(headers), key.decode(), value), JSONFormat())
    assert read.get_id() == str(MESSAGE)
    assert read.get_type() == "id.lapor.oversight-event.v1"
    assert read.get_source() == "/satu-pintu/router"
    assert read.get_time() == datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)


def test_a_record_reads_back() -> None:
    """Decoding an encoded message gives the same message, with its time in UTC to the millisecond."""
    encoded = codec.encode(event(), "k", "/x")
    read = codec.decode(OversightEvent, encoded.value, encoded.headers)
    assert read == event().model_copy(update={"at": datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)})
    assert codec.encode(read, "k", "/x") == encoded


def test_one_arrival_is_one_trace() -> None:
    """Every record that follows from a message has its trace id (W3C Trace Context)."""
    parent = dict(codec.encode(event(), "k", "/x").headers)["traceparent"].decode()
    version, trace, span, flags = parent.split("-")
    assert (version, trace, flags) == ("00", MESSAGE.hex, "01")
    assert len(span) == 16
    assert set(span) <= set(string.hexdigits.lower())


def test_another_type_is_refused() -> None:
    """A record that declares another type is not decoded."""
    encoded = codec.encode(event(), "k", "/x")
    with pytest.raises(codec.CodecError) as caught:
        codec.decode(Complaint, encoded.value, encoded.headers)
    assert (caught.value.reason, caught.value.field) == ("unexpected_type", "ce_type")


def test_an_unknown_channel_is_refused() -> None:
    """A message of a channel that the service does not have is not decoded; any channel is valid without a list."""
    raw = {"id": MESSAGE, "message_id": MESSAGE, "at": AT, "channel": "kiosk", "provider_id": "1", "sender": "s"}
    message = RawMessage.model_validate(
        {**raw, "tracking": "t", "verified_by": "none", "content_type": "text/plain", "body": "b"}
    )
    encoded = codec.encode(message, "k", "/x")
    assert codec.decode(RawMessage, encoded.value, encoded.headers).channel == "kiosk"
    assert codec.decode(RawMessage, encoded.value, encoded.headers, ["web", "kiosk"]).channel == "kiosk"
    with pytest.raises(codec.CodecError) as caught:
        codec.decode(RawMessage, encoded.value, encoded.headers, ["web"])
    assert (caught.value.reason, caught.value.field) == ("unknown_channel", "channel")


@pytest.mark.parametrize("name", ["", "Web", "1708", "web form", "web\n", "kiosk_1"])
def test_a_channel_has_a_plain_name(name: str) -> None:
    """Only small letters, digits and hyphens, so that it can name a topic."""
    with pytest.raises(ValidationError):
        TypeAdapter(Channel).validate_python(name)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_say_why(value: bytes) -> None:
    """Broken bytes raise `CodecError`, which quotes nothing of them."""
    headers = codec.encode(event(), "k", "/x").headers
    with pytest.raises(codec.CodecError) as caught:
        codec.decode(OversightEvent, value, headers)
    assert caught.value.reason == "not_the_shape"


def test_fields_of_a_newer_producer_are_ignored() -> None:
    """A consumer may be older than its producer: it ignores an added field."""
    encoded = codec.encode(event(), "k", "/x")
    newer = encoded.value.replace(b"{", b'{"added": 1, ', 1)
    assert codec.decode(OversightEvent, newer, encoded.headers).reason == "why"


def test_every_agency_and_channel_has_its_topics() -> None:
    """The topic list works for any registry; every topic has a writer and a reader."""
    service_topics = all_topics(["kota-3374", "triage"], DIRECTORY.names)
    names = [topic.name for topic in service_topics]
    assert {
        "raw-web",
        "raw-sms",
        "raw-twitter",
        "raw-mobile",
        "complaints",
        "agency-kota-3374",
        "agency-triage",
    } <= set(names)
    assert {"agency-answers", "oversight", "quarantine", "dead-normalize", "dead-router", "dead-cases"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(topic.writer and topic.readers and topic.partitions for topic in service_topics)


def test_a_report_leaves_without_its_sender() -> None:
    """The report for an agency has no field for a person."""
    submission = Submission(text="x", name="Budi Contohnya", phone="0800-0000-0021", email="a@contoh.invalid")
    assert set(Report.model_fields) & {"name", "phone", "email", "sender", "contact"} == set()
    assert "Contohnya" not in submission.report().model_dump_json()
    assert submission.contact().phone == "+6280000000021"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("+6281234567890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("+62081234567890", "+6281234567890"),
        ("+6221500000", "+6221500000"),
        ("+65 6123 4567", "+6561234567"),
        ("bukan nomor", "bukan nomor"),
        ("", ""),
    ],
)
def test_phones_are_compared_in_one_form(typed: str, read: str) -> None:
    """A number typed in the national form equals the one that the network sends."""
    assert e164(typed) == read


def test_raw_messages_name_every_channel() -> None:
    """Every channel has a topic for its raw messages."""
    assert {f"raw-{channel}" for channel in DIRECTORY.names} == {
        topic.name for topic in all_topics([], DIRECTORY.names) if topic.shape is RawMessage
    }
