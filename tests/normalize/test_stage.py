"""The normalizer: read, clean, decide once; the same message is one complaint however often it comes."""

import json
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from language.text import clean_text, comparable_text
from messages import codec
from messages.sealing import Sealer
from messages.shapes import Attachment, OversightEvent, Place, Report
from normalize.decision import fingerprint
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.readers import mobile, sms, twitter, web
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.support import records
from tests.support.records import at, value_of
from tests.support.stages import make_normalizer

PHONE, OTHER_PHONE = "+628000000021", "+628000000022"


@pytest.fixture
def stage(parts: Parts, engine: Engine) -> NormalizeStage:
    """A normalizer on each kind of database."""
    return make_normalizer(engine, parts.sealer)


def relations(outputs: Sequence[Outgoing]) -> list[str]:
    """What each complaint was decided to be."""
    return [value_of(output)["relation"]["kind"] for output in outputs]


def test_working_a_record_again_says_the_same(parts: Parts, stage: NormalizeStage) -> None:
    """After a crash between decision and commit the same record gives the same bytes, not silence."""
    record = at(records.web(parts, "Lampu jalan padam"), 7)
    assert stage.handle([record]) == stage.handle([record])


def test_a_message_delivered_twice_is_one_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """The provider's second delivery, at another offset, says nothing new; in one batch or in two."""
    message = records.sms(parts, "PJU padam", PHONE, sid="SM1")
    assert len(stage.handle([at(message, 1), at(message, 2)])) == 1
    assert stage.handle([at(message, 3)]) == []


def test_the_same_words_of_the_same_sender_repeat(parts: Parts, stage: NormalizeStage) -> None:
    """On another channel, in other case and spacing: a repeat of the first, with the evidence."""
    first = records.sms(parts, "Pasar becek di Kota Palu", PHONE)
    again = records.web(parts, "pasar BECEK  di kota Palu!!", phone=PHONE)
    one, two = stage.handle([at(first, 1), at(again, 2)])
    assert relations([one, two]) == ["new", "repeat"]
    assert value_of(two)["relation"]["of"] == value_of(one)["id"]
    assert value_of(two)["relation"]["evidence"]
    assert two.key == one.key


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({"text": "Pasar becek", "phone": OTHER_PHONE}, "another person"),
        ({"text": "Pasar becek", "phone": PHONE, "address": "Jalan Mawar"}, "another place"),
        ({"text": "Pasar bersih", "phone": PHONE}, "other words"),
        ({"text": "Pasar becek", "phone": PHONE, "when": NOW + timedelta(days=31)}, "a new episode"),
        ({"text": "Pasar becek"}, "nobody we know"),
        ({"text": "Pasar becek", "phone": PHONE, "agency": "PLN"}, "another addressee"),
        ({"text": "Pasar becek", "phone": PHONE, "kind": "aspirasi"}, "another kind"),
        ({"text": "Pasar becek", "phone": PHONE, "latitude": -0.03, "longitude": 109.3}, "a place"),
    ],
)
def test_what_is_not_merged(parts: Parts, stage: NormalizeStage, second: dict[str, object], why: str) -> None:
    """A wrong merge loses a complaint: any of these makes it a new one."""
    first = records.web(parts, "Pasar becek", phone=PHONE)
    outputs = stage.handle([at(first, 1), at(records.web(parts, **second), 2)])  # type: ignore[arg-type]
    assert relations(outputs) == ["new", "new"], why


def test_another_picture_or_place_is_another_matter() -> None:
    """The same words of the same sender with another hole on the picture, or another district, are not merged."""
    picture = Attachment(id=uuid.UUID(int=1), media_type="image/jpeg", size=1, sha256="a")
    other = picture.model_copy(update={"sha256": "b"})
    reports = [
        Report(text="jalan rusak"),
        Report(text="jalan rusak", attachments=(picture,)),
        Report(text="jalan rusak", attachments=(other,)),
        Report(text="jalan rusak", place=Place(code="33.74.01")),
        Report(text="jalan rusak", place=Place(code="33.74.02")),
        Report(text="jalan rusak", place=Place(district="Gunungpati")),
    ]
    assert len({fingerprint("sender", report) for report in reports}) == len(reports)
    again = Report(text="Jalan RUSAK!", attachments=(other, picture))
    assert fingerprint("sender", again) == fingerprint(
        "sender", Report(text="jalan rusak", attachments=(picture, other))
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"latitude": -0.03, "longitude": 109.3}, {"latitude": 0.03, "longitude": 109.3}),
        ({"text": "😷"}, {"text": "🚧"}),
        ({"text": "ꦏꦶ"}, {"text": "ꦏꦸ"}),
    ],
    ids=["either side of the equator", "emoji", "vowels"],
)
def test_what_only_looks_the_same(
    parts: Parts, stage: NormalizeStage, one: dict[str, object], other: dict[str, object]
) -> None:
    """Signs, marks and pictures tell two matters apart."""
    pair = [records.web(parts, **{"text": "Pasar becek", "phone": PHONE, **said}) for said in (one, other)]  # type: ignore[arg-type]
    assert relations(stage.handle([at(message, offset) for offset, message in enumerate(pair)])) == ["new", "new"]


def test_what_nobody_sees_is_no_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """A text of nothing but a NUL is set aside: it would reach no agency, and no database takes it."""
    (told,) = stage.handle([at(records.sms(parts, "\0", PHONE))])
    assert value_of(told)["reason"] == "empty"


def test_two_normalizers_agree(parts: Parts, engine: Engine) -> None:
    """Two that meet the same words of one sender at the same moment end with one complaint and one repeat."""
    for turn in range(8):
        pair = [records.sms(parts, f"Pasar becek {turn}", PHONE) for _ in range(2)]
        both: list[Outgoing] = []
        start = threading.Barrier(2)

        def work(message: Outgoing, offset: int, start: threading.Barrier = start, both: list[Outgoing] = both) -> None:
            start.wait()
            both.extend(make_normalizer(engine, parts.sealer).handle([at(message, offset)]))

        threads = [threading.Thread(target=work, args=(message, offset)) for offset, message in enumerate(pair)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(relations(both)) == ["new", "repeat"]


def test_what_is_no_complaint_is_told_to_oversight(parts: Parts, stage: NormalizeStage) -> None:
    """Kept, with the reason; and only once."""
    record = at(records.sms(parts, "LAPOR  ", PHONE), 4)
    (told,) = stage.handle([record])
    event = codec.decode(OversightEvent, told.value, told.headers)
    assert (event.event, event.reason) == ("not-a-complaint", "empty")
    assert stage.handle([at(Outgoing(record.topic, record.key, record.value, record.headers), 5)]) == []


def test_a_broken_record_is_rejected_by_field(parts: Parts, stage: NormalizeStage) -> None:
    """Bytes that are no raw message name the field, and nothing that stood there."""
    message = records.web(parts, "x")
    broken = message.value.replace(b'"channel":"web"', b'"channel":"pigeon"')
    with pytest.raises(Reject) as caught:
        stage.handle([at(Outgoing(message.topic, message.key, broken, message.headers))])
    assert caught.value.field == "channel"
    assert "pigeon" not in str(caught.value)


def test_another_secret_key_stops_the_stage(parts: Parts, engine: Engine) -> None:
    """A process with another key must not put every message of the country aside."""
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        make_normalizer(engine, Sealer([b"o" * 64])).handle([at(records.web(parts, "x"))])


def test_a_damaged_seal_is_one_records_fault(parts: Parts, stage: NormalizeStage) -> None:
    """A seal moved from another message is rejected, alone."""
    one, two = records.web(parts, "x"), records.web(parts, "y")
    moved = one.value.replace(value_of(one)["body"].encode(), value_of(two)["body"].encode())
    with pytest.raises(Reject, match="unsealable"):
        stage.handle([Record(one.topic, 0, 0, 0, one.key, moved, one.headers)])


Read = Callable[[str, bytes], Draft | NotComplaint]


@given(st.sampled_from(["application/json", "application/x-www-form-urlencoded"]), st.binary(max_size=400))
@pytest.mark.parametrize("read", [web.read_report, sms.read_report, twitter.read_report, mobile.read_report])
def test_readers_are_total(read: Read, content_type: str, body: bytes) -> None:
    """Any bytes give a draft, a reason, or the one error that says where reading failed."""
    assert _field_at_fault(read, content_type, body) != ""


_NAMES = st.sampled_from(["post", "id", "text", "author_id", "note_tweet", "referenced_tweets", "type", "account"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=12,
)


@given(_JSON)
def test_the_twitter_reader_is_total_on_json(found: object) -> None:
    """X may send any JSON in the place of a post."""
    assert _field_at_fault(twitter.read_report, "application/json", json.dumps({"post": found}).encode()) != ""


def _field_at_fault(read: Read, content_type: str, body: bytes) -> str | None:
    try:
        read(content_type, body)
    except Unreadable as error:
        return error.field
    return None


@given(st.text(max_size=300))
def test_cleaning_is_idempotent(text: str) -> None:
    """Clean words stay as they are, and none is longer than it came (but for composition)."""
    assert clean_text(clean_text(text)) == clean_text(text)
    assert comparable_text(comparable_text(text)) == comparable_text(text)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  bau\u200b got \t sekali \r\n\r\n\r\n tolong ", "bau got sekali\n\ntolong"),
        ("e\u0301", "é"),
        ("a\x00b", "a b"),
        ("jl. Melati 3/5", "jl. Melati 3/5"),
    ],
)
def test_cleaning_keeps_the_words(typed: str, cleaned: str) -> None:
    """Only what nobody sees is folded away."""
    assert clean_text(typed) == cleaned
