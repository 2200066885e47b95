"""Texts of replies: the number on X, the progress by SMS and in the app, and never the text of the complaint."""

import csv
import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest
from sqlalchemy import Engine

from app.assembly.channels import DIRECTORY
from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing, Record
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.gsm_alphabet import fits_one_sms, septets
from messages.shapes import AgencyAnswer, Complaint, Dispatch, Relation, Reply, Verdict
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, REPLIES, TRIAGE, agency_topic
from normalize.stage import NormalizeStage
from router.replies import AnswerRecipients, answer_reply, dispatch_reply
from router.stage import RouterStage
from tests.conftest import NOW
from tests.sinks.replies.reply_harness import complaint, record
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.deadlines import DEADLINES
from tests.support.paths import SHIPPED_TABLES, SMALL_TABLES
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import link_of, make_normalizer, make_router

REGISTRY = SMALL_TABLES
AGENCIES = SHIPPED_TABLES / "agencies.csv"


@pytest.fixture
def normalize(parts: Parts, engine: Engine) -> NormalizeStage:
    """Return a normalizer on each kind of database."""
    return make_normalizer(engine, parts.sealer)


@pytest.fixture
def router(engine: Engine, now: Callable[[], Any]) -> RouterStage:
    """Return a router with a few agencies."""
    return make_router(engine, fixed_rules_source(), now)


def tweet(parts: Parts, number: int, text: str = "Kemenkes, puskesmas tutup", author: str = "42") -> Outgoing:
    """Return a mention as the door publishes it."""
    post = {"id": str(number), "author_id": author, "text": f"@Lapor1708 {text}"}
    body = json.dumps({"account": "1708", "post": post}).encode()
    wrapped = parts.wrapper.wrap("twitter", str(number), f"x:{author}", body, NOW, "application/json", "x-api")
    return accepted_record(wrapped)


def replies_in(outputs: Sequence[Outgoing]) -> list[Reply]:
    """Return the replies among a stage's outputs."""
    return [codec.decode(Reply, out.value, out.headers) for out in outputs if out.topic == REPLIES]


def answer(dispatch: Dispatch, verdict: Verdict, **changed: Any) -> Record:
    """Return an agency's answer as a record."""
    agency_answer = unsigned_answer(dispatch, verdict, **{"text": "Petugas kami sudah datang ke rumah.", **changed})
    message = codec.encode(signed(agency_answer), str(agency_answer.complaint_id), "/agency")
    return at(Outgoing(AGENCY_ANSWERS, *message))


def dispatch_in(outputs: Sequence[Outgoing]) -> Dispatch:
    """Return the dispatch among the router's outputs."""
    (dispatch_record,) = [
        out for out in outputs if out.topic.startswith(agency_topic("")) and out.topic != AGENCY_ANSWERS
    ]
    return codec.decode(Dispatch, dispatch_record.value, dispatch_record.headers)


def test_a_mention_gets_its_number(parts: Parts, normalize: NormalizeStage) -> None:
    """A mention has one reply. The same record gives the same reply, another delivery none."""
    first = normalize.handle([at(tweet(parts, 1), 3)])
    made_complaint = next(codec.decode(Complaint, out.value, out.headers) for out in first if out.topic == COMPLAINTS)
    (reply_,) = replies_in(first)
    assert (reply_.complaint_id, reply_.channel, reply_.kind) == (made_complaint.id, "twitter", "received")
    assert made_complaint.tracking in reply_.text
    assert normalize.handle([at(tweet(parts, 1), 3)]) == first
    assert list(normalize.handle([at(tweet(parts, 1), 4)])) == []


def test_a_repeat_on_x_has_no_reply(parts: Parts, normalize: NormalizeStage) -> None:
    """The same text of the same account is one complaint with one reply."""
    outputs = normalize.handle([at(tweet(parts, 1), 1), at(tweet(parts, 2), 2)])
    assert len(outputs) == 3
    assert len(replies_in(outputs)) == 1


@pytest.mark.parametrize(("channel", "replies"), [("web", 1), ("sms", 1), ("twitter", 0), ("mobile", 1)])
def test_channels_with_a_reply_about_a_dispatch(router: RouterStage, channel: str, replies: int) -> None:
    """A dispatch is replied by SMS, in the app, and to proven contacts of the web. On X everybody would read it."""
    outputs = router.handle([record(complaint(channel, channel, agency="Kemenkes"))])
    assert len(replies_in(outputs)) == replies
    assert dispatch_in(outputs).agency == "kementerian-kemenkes"


def test_a_dispatch_names_the_agency(router: RouterStage) -> None:
    """The reply has the number and the agency, and no text of the complaint. A copy of the record has no reply."""
    complaint_ = complaint(agency="Kemenkes")
    (reply_,) = replies_in(router.handle([record(complaint_, 3)]))
    assert reply_.text == "Laporan 0000-0000-0000 sudah kami teruskan ke Kementerian Kesehatan."
    assert replies_in(router.handle([record(complaint_, 3)])) == [reply_]
    assert list(router.handle([record(complaint_, 4)])) == []


def test_triage_has_a_plain_text(router: RouterStage) -> None:
    """The reply does not use the word triage."""
    (reply_,) = replies_in(router.handle([record(complaint())]))
    assert reply_.text.endswith("sedang kami teliti untuk menentukan instansi yang berwenang.")


def test_a_dispatch_after_a_refusal_has_no_reply(router: RouterStage) -> None:
    """The dispatch after a refusal has no reply; the sender gets one when an agency answers."""
    first = dispatch_in(router.handle([record(complaint(agency="Kemenkes"))]))
    outputs = router.handle([answer(first, "refused", suggested_agency="bumn-pln")])
    assert (replies_in(outputs), dispatch_in(outputs).agency) == ([], "bumn-pln")


@pytest.mark.parametrize(
    ("verdict", "phrase"),
    [
        ("accepted", None),
        ("asked", "Kementerian Kesehatan bertanya: "),
        ("responded", "ditanggapi Kementerian Kesehatan: "),
        ("closed", "selesai ditangani Kementerian Kesehatan: "),
    ],
)
def test_an_answer_has_one_reply(
    router: RouterStage, verdict: Literal["accepted", "asked", "responded", "closed"], phrase: str | None
) -> None:
    """The reply has the agency's words. A second response has the same id, a second question another one."""
    first = dispatch_in(router.handle([record(complaint(agency="Kemenkes"))]))
    replies = replies_in(router.handle([answer(first, verdict)]))
    repeated_replies = replies_in(router.handle([answer(first, verdict, text="lagi")]))
    if phrase is None:
        assert replies == []
        return
    assert phrase in replies[0].text
    assert "Petugas" in replies[0].text
    assert len(repeated_replies) == (0 if verdict == "closed" else 1)
    assert len({reply.id for reply in (*replies, *repeated_replies)}) == (2 if verdict == "asked" else 1)


def test_words_that_do_not_fit_stand_behind_the_senders_link(router: RouterStage) -> None:
    """By SMS and in the app. A text with all words has no link; a closing says how to object where it fits."""
    for offset, channel in enumerate(("sms", "mobile")):
        first = dispatch_in(router.handle([record(complaint(channel, channel, agency="Kemenkes"), offset)]))
        link = link_of(first.message_id)
        (short,) = replies_in(router.handle([answer(first, "responded")]))
        (question,) = replies_in(router.handle([answer(first, "asked", text="Mohon jelaskan letaknya. " * 9)]))
        (closing,) = replies_in(router.handle([answer(first, "closed", text="Sudah.")]))
        assert (link in short.text, question.text.endswith(f"... {link}"), short.kind) == (False, True, "answered")
        hint = f"Belum selesai? Balas BELUM {first.tracking} dalam 10 hari kerja."
        assert (hint in closing.text, closing.kind) == (channel == "sms", "closed")


def test_on_x_there_is_one_reply_when_it_is_answered(router: RouterStage) -> None:
    """A response and the closing after it have one id; a question has its own. No reply tells of the dispatch."""
    outputs = router.handle([record(complaint("x", "twitter", agency="Kemenkes"))])
    first = dispatch_in(outputs)
    verdicts: tuple[Verdict, ...] = ("asked", "responded", "closed")
    asked, responded, closed = (replies_in(router.handle([answer(first, verdict)]))[0] for verdict in verdicts)
    assert replies_in(outputs) == []
    assert (responded.id == closed.id, asked.id == responded.id) == (True, False)
    assert responded.text == (
        f"Laporan {first.tracking}: Kementerian Kesehatan menjawab: Petugas kami sudah datang ke rumah. "
        f"Cek {first.tracking} di halaman status."
    )


def test_a_sender_is_asked_once_for_the_place(router: RouterStage) -> None:
    """A matter of a local government without a place. When the place came, the sender hears of the agency."""
    first = router.handle([record(complaint("p", "sms", text="jalan rusak parah"), 1)])
    (question,) = replies_in(first)
    assert (dispatch_in(first).agency, question.kind) == (TRIAGE, "asked-place")
    assert question.text == (
        f"Laporan {question.tracking} belum menyebut tempat. Balas dengan nama jalan atau desa, kecamatan, dan "
        "kota/kabupatennya."
    )
    place = complaint("q", "sms", text="di Kota Semarang")
    relation = Relation(kind="repeat", of=dispatch_in(first).complaint_id)
    outputs = router.handle([record(place.model_copy(update={"relation": relation}), 2)])
    (told,) = replies_in(outputs)
    assert (told.tracking, told.kind) == (question.tracking, "dispatched")
    assert told.text.endswith("sudah kami teruskan ke Kota Semarang.")
    assert told.id != question.id


def test_an_answer_to_an_unknown_dispatch_is_rejected(router: RouterStage) -> None:
    """An answer of another agency, or to an unknown dispatch, has no reply."""
    first = dispatch_in(router.handle([record(complaint(agency="Kemenkes"))]))
    for changed in ({"agency": "bumn-pln"}, {"dispatch_id": ids.dispatch_id(first.complaint_id, 5)}):
        with pytest.raises(Reject, match="unknown_dispatch"):
            router.handle([answer(first, "closed", **changed)])


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_a_secret_report_hears_no_agency(router: RouterStage, flag: str) -> None:
    """A secret report's reply has neither the agency nor its words, which would show the topic to a bystander."""
    secret_complaint = complaint("secret", agency="Kemenkes", **{flag: True})  # type: ignore[arg-type]
    outputs = router.handle([record(secret_complaint)])
    answer_outputs = router.handle([answer(dispatch_in(outputs), "responded")])
    for reply_ in (*replies_in(outputs), *replies_in(answer_outputs)):
        assert "instansi yang berwenang" in reply_.text
        assert (link_of(secret_complaint.message_id) in reply_.text) == (reply_.kind == "answered")
        assert "Kesehatan" not in reply_.text
        assert "Petugas" not in reply_.text


@pytest.mark.parametrize(("channel", "is_mailed"), [("web", True), ("sms", False), ("mobile", False)])
def test_a_sender_of_the_form_can_read_the_whole_answer_by_email(
    router: RouterStage, channel: str, *, is_mailed: bool
) -> None:
    """The reply has a text for an e-mail with all words; on a channel without e-mail the words stay where they are."""
    words = "Petugas kami sudah datang ke rumah. " * 100
    dispatch = dispatch_in(router.handle([record(complaint(channel, channel, agency="Kemenkes"))]))
    (reply_,) = replies_in(router.handle([answer(dispatch, "responded", text=words)]))
    assert fits_one_sms(reply_.text)
    assert (words.strip() in reply_.mail_text) == is_mailed
    assert bool(reply_.mail_text) == is_mailed


def test_the_longest_answer_fits_an_email(router: RouterStage) -> None:
    """An agency may write 10,000 characters."""
    dispatch = dispatch_in(router.handle([record(complaint("one", "web", agency="Kemenkes"))]))
    (reply_,) = replies_in(router.handle([answer(dispatch, "closed", text="a" * 10_000)]))
    assert "a" * 10_000 in reply_.mail_text


def test_every_agency_fits_one_sms() -> None:
    """Every reply fits one SMS with the longest names of the registry."""
    with AGENCIES.open() as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    recipients = AnswerRecipients(DIRECTORY.answer_forms, link_of, DEADLINES.objection_period)
    for code, name in names.items():
        dispatch = Dispatch(
            id=ids.dispatch_id(complaint().id, 0),
            message_id=complaint().message_id,
            at=NOW,
            complaint_id=complaint().id,
            tracking="WWWW-WWWW-WWWW",
            channel="sms",
            agency=code,
            reasons=(),
            rules_version="1",
            hop=0,
            due_at=NOW,
            report=complaint().report,
        )
        responses = [codec.decode(AgencyAnswer, r.value, r.headers) for r in (answer(dispatch, "closed"),)]
        for reply_ in (
            dispatch_reply(dispatch, name, DIRECTORY.with_progress, recipients),
            answer_reply(dispatch, dispatch.id, responses[0], NOW, name, recipients),
        ):
            assert reply_
            assert fits_one_sms(reply_.text)
            assert code == TRIAGE or name in reply_.text or len(name) > 60


@pytest.mark.parametrize(
    ("text", "length"),
    [("a" * 160, 160), ("€" * 80, 160), ("{}", 4), ("Ñandú", None), ("é", 1), ("😷", None), ("", 0), ("`", None)],
)
def test_septets(text: str, length: int | None) -> None:
    """Some characters need two septets, and some do not exist (3GPP TS 23.038)."""
    assert septets(text) == length


def test_one_segment() -> None:
    """One SMS has 160 septets."""
    assert fits_one_sms("€" * 80)
    assert not fits_one_sms("€" * 80 + "a")
    assert not fits_one_sms("ú")
