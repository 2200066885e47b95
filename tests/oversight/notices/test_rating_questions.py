"""The question how a report was handled: each sender once, after the closing, about the own report alone."""

import threading

import pytest
from sqlalchemy import Engine, select

from app.assembly.channels import DIRECTORY
from bus.errors import Retry
from cases.course.verdicts import SYSTEM_ACTOR
from config.database import read_transaction
from messages import codec
from messages.gsm_alphabet import fits_one_sms
from messages.replies.rating_texts import rating_question
from messages.sender_link import sample_link
from messages.shapes import MERGED, SPLIT, Channel, Dispatch, FollowUp, Relation, Reply
from messages.topics import OVERSIGHT
from oversight.notices.consent_publisher import Asking
from oversight.notices.rating_publisher import RatingPublisher
from oversight.notices.tables import OversightNotice, OversightRatingQuestion
from tests.oversight.harness import READ_MODEL
from tests.oversight.notices.test_consents import LINK, Questions
from tests.oversight.notices.test_deadlines import correction, day
from tests.router.test_linked import complaint_of, id_of

ASKED = "rating-asked"
SENT = "asked-rating"


class RatingQuestions(Questions):
    """Oversight with the publisher of the questions for a rating."""

    def publisher(self) -> RatingPublisher:
        """Return the publisher."""
        asking = Asking(DIRECTORY.answer_forms, lambda _: LINK, lambda _connection, _ids: self.forgotten)
        return RatingPublisher(self.engine, self.publish, threading.Event(), asking)

    def send(self, number: int, channel: Channel = "sms", of: int | None = None) -> list[Dispatch]:
        """Let a citizen report something; with `of`, what another citizen reported before."""
        text = "Kemenkes, puskesmas tutup" if of is None else "saya juga"
        return list(self.oversight.send(complaint_of(number, text, of=of, kind="joins", channel=channel)))

    def close(self, dispatch: Dispatch, days: float) -> None:
        """Let the agency close a case some days after the beginning."""
        self.oversight.time = day(days)
        self.oversight.answer(dispatch, "closed")

    def reopen(self, number: int, objection: int, days: float) -> Dispatch:
        """Let the sender of a closed case object; return the dispatch by which it is open again."""
        self.oversight.time = day(days)
        message = complaint_of(objection, "Belum selesai.", of=number)
        dispatches = self.oversight.send(message.model_copy(update={"follow_up": FollowUp(act="objects")}))
        return next(dispatch for dispatch in dispatches if dispatch.complaint_id == id_of(number))

    def waiting(self) -> int:
        """Return the number of cases whose senders will be asked."""
        with read_transaction(self.engine) as connection:
            return len(connection.execute(select(OversightRatingQuestion.complaint_id)).all())  # type: ignore[call-overload]


@pytest.fixture
def questions(engine: Engine) -> RatingQuestions:
    """Oversight on each kind of database."""
    return RatingQuestions(engine)


def test_the_sender_is_asked_a_day_after_the_closing_and_never_again(questions: RatingQuestions) -> None:
    """The event comes with the reply. An objection opens the case before: nobody is asked until the next closing."""
    (first,) = questions.send(1)
    (second,) = questions.send(2)
    questions.close(first, 1)
    questions.close(second, 1)
    again = questions.reopen(2, 10, 1.5)
    assert questions.tell(1.9) == []
    assert questions.tell(2.1) == [("NOMOR1", ASKED), ("NOMOR1", SENT)]
    assert questions.tell(5) == []
    questions.close(again, 5)
    assert questions.tell(6.1) == [("NOMOR2", ASKED), ("NOMOR2", SENT)]
    # It is opened and closed once more.
    questions.close(questions.reopen(1, 11, 7), 8)
    assert questions.tell(9.1) == []
    assert questions.waiting() == 0


def test_each_channel_has_its_form_and_a_public_one_asks_nobody(questions: RatingQuestions) -> None:
    """An SMS is answered by a digit, elsewhere the own page takes the rating. At the counter nothing is sent by it.

    The sink of replies sends nothing to a contact without proof, such as a number that was told at a counter.
    """
    channels: tuple[Channel, ...] = ("sms", "mobile", "web", "counter", "twitter")
    for number, channel in enumerate(channels, start=1):
        (dispatch,) = questions.send(number, channel)
        questions.close(dispatch, 1)
    questions.tell(2.1)
    replies = _replies(questions)
    assert sorted(replies) == ["NOMOR1", "NOMOR2", "NOMOR3", "NOMOR4"]
    assert ("Balas satu angka" in replies["NOMOR1"], LINK in replies["NOMOR1"]) == (True, False)
    assert all(LINK in replies[number] for number in ("NOMOR2", "NOMOR3", "NOMOR4"))
    assert DIRECTORY.with_proof >= {"counter", "web"}


def test_who_rated_withdrew_or_was_forgotten_is_not_asked(questions: RatingQuestions) -> None:
    """Also if a response was rated and nobody objected, so that the system closed the case."""
    dispatches = [questions.send(number)[0] for number in range(1, 6)]
    questions.oversight.time = day(1)
    questions.oversight.answer(dispatches[0], "responded")
    questions.act(10, "rates", 1, 2)
    questions.act(11, "withdraws", 2, 2)
    questions.forgotten = [id_of(3)]
    for dispatch in dispatches[:4]:
        questions.close(dispatch, 3)
    questions.act(12, "confirms", 4, 3.5)
    questions.oversight.time = day(3)
    questions.oversight.answer(dispatches[4], "closed", actor=SYSTEM_ACTOR)
    assert sorted(questions.tell(4.1)) == sorted(
        [("NOMOR4", ASKED), ("NOMOR4", SENT), ("NOMOR5", ASKED), ("NOMOR5", SENT)]
    )


def test_triage_and_a_response_ask_nobody(questions: RatingQuestions) -> None:
    """What triage archives was handled by nobody; a response does not end a case."""
    (archived,) = questions.oversight.send(complaint_of(1, "tidak jelas", channel="sms"))
    assert archived.agency == "triage"
    (answered,) = questions.send(2)
    questions.close(archived, 1)
    questions.oversight.answer(answered, "responded")
    assert questions.tell(10) == []


def test_each_citizen_is_asked_about_the_own_report(questions: RatingQuestions) -> None:
    """Not who rated or withdrew the own report, or is on X. Whoever joins after a reopening is asked after the next."""
    (case,) = questions.send(1)
    questions.send(2, "mobile", of=1)
    questions.send(5, "twitter", of=1)
    for number in (3, 4, 6):
        questions.send(number, of=1)
    questions.close(case, 1)
    questions.act(20, "rates", 3, 1.2)
    questions.act(21, "withdraws", 4, 1.2)
    questions.forgotten = [id_of(6)]
    assert sorted(questions.tell(2.1)) == [("NOMOR1", SENT), ("NOMOR1", ASKED), ("NOMOR2", SENT), ("NOMOR2", ASKED)]
    for tracking, text in _replies(questions).items():
        assert all(other == tracking or other not in text for other in ("NOMOR1", "NOMOR2"))
    again = questions.reopen(1, 22, 3)
    questions.send(7, of=1)
    questions.close(again, 4)
    # The third sender rated what was done before, and was never asked.
    assert sorted(questions.tell(5.1)) == [("NOMOR3", SENT), ("NOMOR3", ASKED), ("NOMOR7", SENT), ("NOMOR7", ASKED)]


def test_after_a_merge_both_are_asked_and_after_a_split_nobody_again(questions: RatingQuestions) -> None:
    """A case that a person merged with another one is a report of that case."""
    (first,) = questions.send(1)
    questions.send(2)
    questions.oversight.correct(correction(2, Relation(kind="joins", of=id_of(1), evidence=(MERGED,)), 1))
    questions.close(first, 1)
    assert sorted(questions.tell(2.1)) == [("NOMOR1", SENT), ("NOMOR1", ASKED), ("NOMOR2", SENT), ("NOMOR2", ASKED)]
    questions.oversight.time = day(3)
    (own,) = questions.oversight.correct(correction(2, Relation(kind="new", evidence=(SPLIT,)), 2))
    questions.close(own, 4)
    assert questions.tell(5.1) == []


def test_an_outage_a_kill_or_a_rebuild_asks_nobody_twice(questions: RatingQuestions) -> None:
    """A copy has the same id and content. Without the notices the topic says who was asked."""
    (case,) = questions.send(1)
    questions.send(2, of=1)
    questions.close(case, 1)
    questions.bus_is_away = True
    with pytest.raises(Retry):
        questions.tell(2.1)
    questions.bus_is_away = False
    assert len(questions.tell(2.2)) == 4
    # The process ended between bus and database.
    questions.read_again(OversightNotice, *READ_MODEL, with_topic=False)
    assert len(questions.tell(2.2)) == 4
    assert len({message.value for message in questions.published}) == 4
    # During a rebuild the events may come last: what was told stays known.
    questions.read_again(*READ_MODEL, with_topic=False)
    assert (questions.tell(3), questions.waiting()) == ([], 0)
    questions.read_again(OversightNotice, *READ_MODEL)
    assert questions.tell(3) == []


def test_nobody_is_asked_weeks_later(questions: RatingQuestions) -> None:
    """After a long outage the moment is over, also for a rebuild."""
    (case,) = questions.send(1)
    questions.close(case, 1)
    assert questions.tell(17) == []
    questions.read_again(*READ_MODEL)
    assert (questions.tell(17), questions.waiting()) == ([], 0)


@pytest.mark.parametrize("host", ["lapor.go.id", "layanan-pengaduan.semarangkota.go.id", "a" * 99])
def test_the_question_is_one_sms(host: str) -> None:
    """A link that is too long is left out; a report has the same text whatever agency it is at."""
    link = sample_link(f"https://{host}")
    number = "0A1B-2C3D-4E5F"
    notice = rating_question("notice", number, link)
    assert (fits_one_sms(notice), link in notice) == (True, host != "a" * 99)
    assert fits_one_sms(rating_question("sms", number, link))
    assert "halaman laporan Anda" in rating_question("notice", number, "")


def _replies(questions: RatingQuestions) -> dict[str, str]:
    """Return the text of each question that was sent, by the number of the report."""
    messages = [message for message in questions.published if message.topic != OVERSIGHT]
    replies = [codec.decode(Reply, message.value, message.headers) for message in messages]
    return {reply.tracking: reply.text for reply in replies}
