"""The normalizer reads, cleans and decides once: one message is one complaint, also if it is delivered again."""

import json
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from config.reference.classification_phrases import load_classification_rows
from config.reference.danger_phrases import load_danger_rows
from ingest.wrap import accepted_record
from language.text import clean_text, comparable_text
from messages import codec
from messages.sealing import Sealer
from messages.shapes import Attachment, OversightEvent, Place, Report
from messages.topics import COMPLAINTS
from normalize.classification.danger import DangerReader
from normalize.decision import fingerprint
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.readers import mobile, sms, twitter, web
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.support import records
from tests.support.log_capture import captured_log
from tests.support.records import at, value_of
from tests.support.stages import make_classifier, make_normalizer

PHONE, OTHER_PHONE = "+628000000021", "+628000000022"
OTHER_SECRET = "another key of thirty-two letters"


@pytest.fixture
def stage(parts: Parts, engine: Engine) -> NormalizeStage:
    """Return a normalizer on each kind of database."""
    return make_normalizer(engine, parts.sealer)


def relations(outputs: Sequence[Outgoing]) -> list[str]:
    """Return the kind of relation of each complaint."""
    return [value_of(output)["relation"]["kind"] for output in outputs]


def test_a_record_processed_again_gives_the_same_bytes(parts: Parts, stage: NormalizeStage) -> None:
    """After a crash between decision and commit the same record gives the same output, not none."""
    record = at(records.web(parts, "Lampu jalan padam"), 7)
    assert stage.handle([record]) == stage.handle([record])


def test_a_message_delivered_twice_is_one_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """A second delivery at another offset gives no output, in the same batch or a later one."""
    message = records.sms(parts, "PJU padam", PHONE, sid="SM1")
    assert len(stage.handle([at(message, 1), at(message, 2)])) == 1
    assert stage.handle([at(message, 3)]) == []


def test_the_same_text_of_the_same_sender_repeats(parts: Parts, stage: NormalizeStage) -> None:
    """The same text on another channel, in other case and spacing, repeats the first complaint, with evidence."""
    first = records.sms(parts, "Pasar becek di Kota Palu", PHONE)
    second = records.web(parts, "pasar BECEK  di kota Palu!!", phone=PHONE)
    first_output, second_output = stage.handle([at(first, 1), at(second, 2)])
    assert relations([first_output, second_output]) == ["new", "repeat"]
    assert value_of(second_output)["relation"]["of"] == value_of(first_output)["id"]
    assert value_of(second_output)["relation"]["evidence"]
    assert second_output.key == first_output.key


@pytest.mark.parametrize(
    ("second", "difference"),
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
def test_a_different_complaint_is_not_merged(
    parts: Parts, stage: NormalizeStage, second: dict[str, object], difference: str
) -> None:
    """A wrong merge loses a complaint: any of these differences makes it a new one."""
    first = records.web(parts, "Pasar becek", phone=PHONE)
    outputs = stage.handle([at(first, 1), at(records.web(parts, **second), 2)])  # type: ignore[arg-type]
    assert relations(outputs) == ["new", "new"], difference


def test_an_anonymous_report_is_no_repeat_of_an_open_one(parts: Parts, stage: NormalizeStage) -> None:
    """A repeat stands beside the report that it repeats, and the agency would see who wrote it."""
    text = "Pasar becek di Kota Palu"
    messages = [records.web(parts, text, phone=PHONE, anonim=is_anonymous) for is_anonymous in (False, True, True)]
    outputs = stage.handle([at(message, offset) for offset, message in enumerate(messages)])
    assert relations(outputs) == ["new", "new", "repeat"]
    assert value_of(outputs[2])["relation"]["of"] == value_of(outputs[1])["id"]


def test_an_anonymous_part_of_a_thread_stands_alone(parts: Parts, stage: NormalizeStage) -> None:
    """On X the second post of a thread asks for anonymity, the first does not."""
    first = {"id": "1", "author_id": "42", "conversation_id": "1", "text": "@Lapor1708 lampu padam di Kota Palu"}
    second = {
        **first,
        "id": "2",
        "in_reply_to_user_id": "42",
        "referenced_tweets": [{"type": "replied_to", "id": "1"}],
        "text": "@Lapor1708 petugasnya minta uang #anonim",
    }
    raws = [
        parts.wrapper.wrap(
            "twitter", id_, "x:42", json.dumps({"account": "1708", "post": post}).encode(), NOW, records.JSON
        )
        for id_, post in (("1", first), ("2", second))
    ]
    outputs = stage.handle([at(accepted_record(raw), offset) for offset, raw in enumerate(raws)])
    assert relations([output for output in outputs if output.topic == "complaints"]) == ["new", "new"]


def test_messages_without_words_have_different_texts(parts: Parts, stage: NormalizeStage) -> None:
    """The second of two pictures of one sender does not repeat the first. Each text has a part of the number."""
    bodies = [
        f"MessageSid=SM{n}&From=%2B628000000021&Body=&NumMedia=1&MediaUrl0=https://x/{n}".encode() for n in (1, 2)
    ]
    raws = [
        parts.wrapper.wrap("sms", f"SM{number}", f"tel:{PHONE}", body, NOW, records.FORM)
        for number, body in enumerate(bodies, start=1)
    ]
    outputs = stage.handle([at(accepted_record(raw), number) for number, raw in enumerate(raws)])
    assert relations(outputs) == ["new", "new"]
    texts = [value_of(output)["report"]["text"] for output in outputs]
    assert texts == [f"Foto tanpa keterangan ({raw.tracking[:9]})" for raw in raws]


def test_another_picture_or_place_is_another_matter() -> None:
    """The same text of the same sender with another picture or another district is not merged."""
    picture = Attachment(id=uuid.UUID(int=1), media_type="image/jpeg", size=1, sha256="a")
    second_picture = picture.model_copy(update={"sha256": "b"})
    reports = [
        Report(text="jalan rusak"),
        Report(text="jalan rusak", attachments=(picture,)),
        Report(text="jalan rusak", attachments=(second_picture,)),
        Report(text="jalan rusak", place=Place(code="33.74.01")),
        Report(text="jalan rusak", place=Place(code="33.74.02")),
        Report(text="jalan rusak", place=Place(district="Gunungpati")),
    ]
    assert len({fingerprint("sender", report) for report in reports}) == len(reports)
    again = Report(text="Jalan RUSAK!", attachments=(second_picture, picture))
    assert fingerprint("sender", again) == fingerprint(
        "sender", Report(text="jalan rusak", attachments=(picture, second_picture))
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"latitude": -0.03, "longitude": 109.3}, {"latitude": 0.03, "longitude": 109.3}),
        ({"text": "😷"}, {"text": "🚧"}),
        ({"text": "ꦏꦶ"}, {"text": "ꦏꦸ"}),
    ],
    ids=["either side of the equator", "emoji", "vowels"],
)
def test_similar_messages_are_not_merged(
    parts: Parts, stage: NormalizeStage, first: dict[str, object], second: dict[str, object]
) -> None:
    """Signs of coordinates, emoji and vowel marks tell two matters apart."""
    pair = [records.web(parts, **{"text": "Pasar becek", "phone": PHONE, **fields}) for fields in (first, second)]  # type: ignore[arg-type]
    assert relations(stage.handle([at(message, offset) for offset, message in enumerate(pair)])) == ["new", "new"]


def test_an_invisible_text_is_no_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """A text of only a NUL is set aside: it has no use for an agency, and no database stores it."""
    (event,) = stage.handle([at(records.sms(parts, "\0", PHONE))])
    assert value_of(event)["reason"] == "empty"


def test_two_normalizers_agree(parts: Parts, engine: Engine) -> None:
    """Two normalizers that get the same text of one sender at one moment give one complaint and one repeat."""
    for turn in range(8):
        pair = [records.sms(parts, f"Pasar becek {turn}", PHONE) for _ in range(2)]
        outputs: list[Outgoing] = []
        start = threading.Barrier(2)

        def process(
            message: Outgoing, offset: int, start: threading.Barrier = start, outputs: list[Outgoing] = outputs
        ) -> None:
            start.wait()
            outputs.extend(make_normalizer(engine, parts.sealer).handle([at(message, offset)]))

        threads = [threading.Thread(target=process, args=(message, offset)) for offset, message in enumerate(pair)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(relations(outputs)) == ["new", "repeat"]


def test_oversight_gets_the_reason_of_no_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """The event has the reason, and a second delivery gives no second event."""
    record = at(records.sms(parts, "LAPOR  ", PHONE), 4)
    (output,) = stage.handle([record])
    event = codec.decode(OversightEvent, output.value, output.headers)
    assert (event.event, event.reason) == ("not-a-complaint", "empty")
    assert stage.handle([at(Outgoing(record.topic, record.key, record.value, record.headers), 5)]) == []


def test_a_message_of_danger_is_marked_and_never_set_aside(parts: Parts, engine: Engine) -> None:
    """The complaint has the danger, also where the words alone would be an advertisement."""
    stage = make_normalizer(
        engine,
        parts.sealer,
        classifier=make_classifier(load_classification_rows()),
        find_danger=DangerReader(load_danger_rows()).danger,
    )
    advertisement = "Promo! Diskon 50% dan gratis ongkir hanya hari ini, klik bit.ly/contoh"
    texts = (advertisement, f"kebakaran gudang sekarang! {advertisement}", "PJU padam")
    outputs = stage.handle([at(records.sms(parts, text, PHONE), n) for n, text in enumerate(texts)])
    assert [value_of(output).get("reason") for output in outputs] == ["promotion", None, None]
    assert [value_of(output).get("danger") for output in outputs] == [None, "fire", ""]


def test_a_broken_record_is_rejected_by_field(parts: Parts, stage: NormalizeStage) -> None:
    """The rejection names the wrong field of a record, but not its value."""
    message = records.web(parts, "x")
    broken = message.value.replace(b'"channel":"web"', b'"channel":"pigeon"')
    with pytest.raises(Reject) as caught:
        stage.handle([at(Outgoing(message.topic, message.key, broken, message.headers))])
    assert caught.value.field == "channel"
    assert "pigeon" not in str(caught.value)


def test_another_secret_key_stops_the_stage(parts: Parts, engine: Engine) -> None:
    """A process with another key stops instead of rejecting every message."""
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        make_normalizer(engine, Sealer([b"o" * 64])).handle([at(records.web(parts, "x"))])


def test_another_hosts_secret_key_rejects_its_record(parts: Parts, engine: Engine) -> None:
    """If the key of this process is that of the service, the message waits, and the log names who sealed it."""
    other = Parts(
        parts.settings.model_copy(update={"secret_key": SecretStr(OTHER_SECRET)}), CHANNELS, system_surroundings()
    )
    with closing(other):
        message = records.web(other, "x")
        by_host = replace(message, headers=codec.with_sealing_instance(message.headers, "pintu-2"))
        stage = make_normalizer(engine, parts.sealer, is_own_key_known=lambda: True)
        with captured_log() as log, pytest.raises(Reject, match="unknown_key"):
            stage.handle([at(by_host)])
        (event,) = [event for event in log.lines if event["event"] == "message.unknown_key"]
        assert (event["sealed_by"], event["key"]) == ("pintu-2", other.keys.root_keys.current.id)
        with pytest.raises(Stop, match=r"sealed by pintu-2.*SATUPINTU_SECRET_KEY"):
            make_normalizer(engine, parts.sealer).handle([at(by_host)])


def test_the_other_secret_opens_what_its_host_sealed(parts: Parts, engine: Engine) -> None:
    """With `SATUPINTU_OTHER_SECRET_KEYS` the same record becomes a complaint; new texts have the own key."""
    other = Parts(
        parts.settings.model_copy(update={"secret_key": SecretStr(OTHER_SECRET)}), CHANNELS, system_surroundings()
    )
    both = Parts(
        parts.settings.model_copy(update={"other_secret_keys": [SecretStr(OTHER_SECRET)]}),
        CHANNELS,
        system_surroundings(),
    )
    with closing(other), closing(both):
        shared = records.at(records.web(other, "x"))
        of_person = records.at(records.sms(other, "Pasar becek di Kota Palu", "+628000000021"), 1)
        outputs = make_normalizer(engine, both.sealer, is_own_key_known=lambda: True).handle([shared, of_person])
    assert [output.topic for output in outputs].count(COMPLAINTS) == 2
    assert both.keys.own_key_id == parts.keys.own_key_id != other.keys.own_key_id


def test_a_damaged_seal_rejects_one_record(parts: Parts, stage: NormalizeStage) -> None:
    """A body with the seal of another message is rejected."""
    first, second = records.web(parts, "x"), records.web(parts, "y")
    moved = first.value.replace(value_of(first)["body"].encode(), value_of(second)["body"].encode())
    with pytest.raises(Reject, match="unsealable"):
        stage.handle([Record(first.topic, 0, 0, 0, first.key, moved, first.headers)])


ReportReader = Callable[[str, bytes], Draft | NotComplaint]


@given(st.sampled_from(["application/json", "application/x-www-form-urlencoded"]), st.binary(max_size=400))
@pytest.mark.parametrize("read_report", [web.read_report, sms.read_report, twitter.read_report, mobile.read_report])
def test_readers_are_total(read_report: ReportReader, content_type: str, body: bytes) -> None:
    """Any bytes give a draft, a reason, or the error that names the faulty field."""
    assert _faulty_field(read_report, content_type, body) != ""


_NAMES = st.sampled_from(["post", "id", "text", "author_id", "note_tweet", "referenced_tweets", "type", "account"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=12,
)


@given(_JSON)
def test_the_twitter_reader_is_total_on_json(post: object) -> None:
    """X may send any JSON in place of a post."""
    assert _faulty_field(twitter.read_report, "application/json", json.dumps({"post": post}).encode()) != ""


def _faulty_field(read_report: ReportReader, content_type: str, body: bytes) -> str | None:
    try:
        read_report(content_type, body)
    except Unreadable as error:
        return error.field
    return None


@given(st.text(max_size=300))
def test_cleaning_is_idempotent(text: str) -> None:
    """A cleaned text stays the same when it is cleaned again."""
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
    """Only invisible characters and repeated spaces are removed."""
    assert clean_text(typed) == cleaned
