"""What senders are told: on X their number, by SMS and in the app the way of their complaint; never what it says."""

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
from messages.shapes import AgencyAnswer, Complaint, Dispatch, Reply
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, REPLIES, TRIAGE, agency_topic
from normalize.stage import NormalizeStage
from router.replies import answer_reply, dispatch_reply
from router.stage import RouterStage
from tests.conftest import NOW
from tests.sinks.replies.office import complaint, record
from tests.support.paths import SHIPPED_TABLES, SMALL_TABLES
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

REGISTRY = SMALL_TABLES
AGENCIES = SHIPPED_TABLES / "agencies.csv"


@pytest.fixture
def normalize(parts: Parts, engine: Engine) -> NormalizeStage:
    """A normalizer on each kind of database."""
    return make_normalizer(engine, parts.sealer)


@pytest.fixture
def router(engine: Engine, now: Callable[[], Any]) -> RouterStage:
    """A router with a few agencies."""
    return make_router(engine, fixed_rules_source(), now)


def tweet(parts: Parts, number: int, text: str = "Kemenkes, puskesmas tutup", author: str = "42") -> Outgoing:
    """A mention, as the door publishes it."""
    post = {"id": str(number), "author_id": author, "text": f"@Lapor1708 {text}"}
    body = json.dumps({"account": "1708", "post": post}).encode()
    wrapped = parts.wrapper.wrap("twitter", str(number), f"x:{author}", body, NOW, "application/json", "x-api")
    return accepted_record(wrapped)


def told(outputs: Sequence[Outgoing]) -> list[Reply]:
    """The replies among what a stage says."""
    return [codec.decode(Reply, out.value, out.headers) for out in outputs if out.topic == REPLIES]


def answer(
    dispatch: Dispatch, verdict: Literal["accepted", "refused", "responded", "closed"], **changed: Any
) -> Record:
    """What an agency says, as a record."""
    said = AgencyAnswer(
        id=ids.answer_id(dispatch.id, verdict, ""),
        message_id=dispatch.message_id,
        at=NOW,
        complaint_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        agency=dispatch.agency,
        verdict=verdict,
        text="Petugas kami sudah datang ke rumah.",
    ).model_copy(update=changed)
    return Record(AGENCY_ANSWERS, 0, 0, 0, *codec.encode(said, str(said.complaint_id), "/agency"))


def sent_to(outputs: Sequence[Outgoing]) -> Dispatch:
    """The dispatch among what the router says."""
    (found,) = [out for out in outputs if out.topic.startswith(agency_topic("")) and out.topic != AGENCY_ANSWERS]
    return codec.decode(Dispatch, found.value, found.headers)


def test_a_mention_hears_its_number(parts: Parts, normalize: NormalizeStage) -> None:
    """One reply beside the complaint; the same record says the same, another delivery nothing."""
    first = normalize.handle([at(tweet(parts, 1), 3)])
    made = next(codec.decode(Complaint, out.value, out.headers) for out in first if out.topic == COMPLAINTS)
    (said,) = told(first)
    assert (said.complaint_id, said.channel, said.says) == (made.id, "twitter", "received")
    assert made.tracking in said.text
    assert normalize.handle([at(tweet(parts, 1), 3)]) == first
    assert list(normalize.handle([at(tweet(parts, 1), 4)])) == []


def test_who_repeats_on_x_is_not_answered_again(parts: Parts, normalize: NormalizeStage) -> None:
    """The same words of the same account: one complaint, one reply."""
    both = normalize.handle([at(tweet(parts, 1), 1), at(tweet(parts, 2), 2)])
    assert len(both) == 3
    assert len(told(both)) == 1


@pytest.mark.parametrize(("channel", "replies"), [("web", 0), ("sms", 1), ("twitter", 0), ("mobile", 1)])
def test_who_hears_of_a_dispatch(router: RouterStage, channel: str, replies: int) -> None:
    """By SMS and in the app; on X everybody would read it, and on the web there is nobody to write to."""
    outputs = router.handle([record(complaint(channel, channel, agency="Kemenkes"))])
    assert len(told(outputs)) == replies
    assert sent_to(outputs).agency == "kementerian-kemenkes"


def test_a_dispatch_names_the_agency(router: RouterStage) -> None:
    """And the number, and nothing of the complaint; the same record says the same again, a copy of it nothing."""
    one = complaint(agency="Kemenkes")
    (said,) = told(router.handle([record(one, 3)]))
    assert said.text == "Laporan 0000-0000-0000 sudah kami teruskan ke Kementerian Kesehatan."
    assert told(router.handle([record(one, 3)])) == [said]
    assert list(router.handle([record(one, 4)])) == []


def test_triage_is_said_in_plain_words(router: RouterStage) -> None:
    """Nobody need know the word."""
    (said,) = told(router.handle([record(complaint())]))
    assert said.text.endswith("sedang kami teliti untuk menentukan instansi yang berwenang.")


def test_the_next_door_is_not_said(router: RouterStage) -> None:
    """A refusal passes the complaint on; its sender hears of it when somebody answers."""
    first = sent_to(router.handle([record(complaint(agency="Kemenkes"))]))
    outputs = router.handle([answer(first, "refused", theirs="bumn-pln")])
    assert (told(outputs), sent_to(outputs).agency) == ([], "bumn-pln")


@pytest.mark.parametrize(
    ("verdict", "says"),
    [("accepted", None), ("responded", "sudah ditanggapi oleh"), ("closed", "sudah selesai ditangani oleh")],
)
def test_an_answer_is_said_once(
    router: RouterStage, verdict: Literal["accepted", "responded", "closed"], says: str | None
) -> None:
    """That there is one, not what it says; said again it has the same id."""
    first = sent_to(router.handle([record(complaint(agency="Kemenkes"))]))
    outputs = told(router.handle([answer(first, verdict)]))
    again = told(router.handle([answer(first, verdict, id=ids.answer_id(first.id, verdict, "lagi"), text="lagi")]))
    if says is None:
        assert outputs == []
        return
    assert f"{says} Kementerian Kesehatan" in outputs[0].text
    assert "Petugas" not in outputs[0].text
    assert [reply.id for reply in again] == [outputs[0].id]


def test_an_answer_to_nothing_is_rejected(router: RouterStage) -> None:
    """Nobody is told of an answer that another agency, or none, was asked for."""
    first = sent_to(router.handle([record(complaint(agency="Kemenkes"))]))
    for changed in ({"agency": "bumn-pln"}, {"dispatch_id": ids.dispatch_id(first.complaint_id, 5)}):
        with pytest.raises(Reject, match="unknown_dispatch"):
            router.handle([answer(first, "closed", **changed)])


@pytest.mark.parametrize("flag", ["anonim", "rahasia"])
def test_who_asked_for_secrecy_hears_no_name(router: RouterStage, flag: str) -> None:
    """Whoever looks over a shoulder does not learn from the agency what it is about."""
    one = complaint("secret", agency="Kemenkes", **{flag: True})  # type: ignore[arg-type]
    outputs = router.handle([record(one)])
    answered_ = router.handle([answer(sent_to(outputs), "responded")])
    for said in (*told(outputs), *told(answered_)):
        assert "instansi yang berwenang" in said.text
        assert "Kesehatan" not in said.text


def test_every_agency_fits_one_sms() -> None:
    """With the longest names of the registry, and in all that is said."""
    with AGENCIES.open() as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
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
        for said in (
            dispatch_reply(dispatch, name, DIRECTORY.with_progress),
            answer_reply(dispatch, responses[0], name, DIRECTORY.with_progress),
        ):
            assert said
            assert fits_one_sms(said.text)
            assert code == TRIAGE or name in said.text or len(name) > 60


@pytest.mark.parametrize(
    ("text", "length"),
    [("a" * 160, 160), ("€" * 80, 160), ("{}", 4), ("Ñandú", None), ("é", 1), ("😷", None), ("", 0), ("`", None)],
)
def test_septets(text: str, length: int | None) -> None:
    """Some characters take two, and some there are not (3GPP TS 23.038)."""
    assert septets(text) == length


def test_one_segment() -> None:
    """160 septets and no more."""
    assert fits_one_sms("€" * 80)
    assert not fits_one_sms("€" * 80 + "a")
    assert not fits_one_sms("ú")
