"""A report as its sender reads it: whose words are there, and what one can do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.pictures.tables import AnswerPicture
from config.database import write_transaction
from language.masking import mask_with_labels
from messages.ids import complaint_id
from messages.replies.report_states import ReportState
from messages.shapes import Attachment, SenderAct
from messages.topics import TRIAGE
from messages.tracking import tracking_number
from sinks.ledger.own.own_report import OwnReport, OwnReports, possible_acts
from sinks.ledger.status import StatusReader
from tests.conftest import NOW
from tests.sinks.ledger.test_status import answer, complaint, dispatch, number
from tests.support.case_stages import store
from tests.support.deadlines import DEADLINES

MESSAGE, JOINER = UUID(int=71), UUID(int=72)
REPORT, JOINED = complaint_id(MESSAGE), complaint_id(JOINER)
HOUR = timedelta(hours=1)


def report_row(index: int, message_id: UUID = MESSAGE, **changed: Any) -> Mapping[str, Any]:
    """Return the row of a report with words of its own."""
    row = {**complaint(index), "id": complaint_id(message_id), "message_id": message_id, "text": f"Laporan {index}."}
    return {**row, "act": "reports", "rating": 0, **changed}


def message_row(index: int, act: SenderAct, text: str, of: UUID = REPORT, **changed: Any) -> Mapping[str, Any]:
    """Return a further message of the sender, so many hours later."""
    fields = {"act": act, "text": text, "of": of, "relation": "repeat", "received_at": NOW + index * HOUR}
    return report_row(index, UUID(int=1000 + index), **fields, **changed)


def case_row(hop: int = 0, complaint_id_: UUID = REPORT, **changed: Any) -> Mapping[str, Any]:
    """Return a dispatch of the report, which is a case of its own."""
    row = {**dispatch(1, hop), "id": UUID(int=500 + hop), "complaint_id": complaint_id_, "due_at": NOW + 50 * HOUR}
    return {**row, "own_case": True, "relation": "new", "of": None, **changed}


def answer_row(index: int, verdict: str, text: str, hop: int = 0, **changed: Any) -> Mapping[str, Any]:
    """Return an agency's answer with words, so many hours later."""
    ids = {"id": UUID(int=600 + index), "complaint_id": REPORT, "dispatch_id": UUID(int=500 + hop)}
    return {**answer(index, verdict), **ids, "text": text, "at": NOW + index * HOUR, **changed}


def write(engine: Engine, complaints: list[Any], dispatches: list[Any], answers: list[Any]) -> OwnReports:
    """Write the rows and return the reader."""
    with write_transaction(engine) as connection:
        store(connection, ComplaintFact, complaints)
        connection.execute(insert(DispatchFact), dispatches)
        if answers:
            store(connection, AnswerFact, answers)
    return OwnReports(engine, StatusReader(engine, {"kota-3374": "Kota Semarang"}), mask_with_labels)


def conversation(report: OwnReport | None) -> list[tuple[str, str]]:
    """Return what happened and the words, in order."""
    assert report
    return [(entry.act or entry.step.kind, entry.text) for entry in report.entries]


def test_the_conversation_has_the_words_of_both(engine: Engine) -> None:
    """Own words and the agency's words to the sender are there; the reason of a refusal is not."""
    complaints = [
        report_row(1, title="Lampu", rahasia=True),
        message_row(2, "adds", "Dekat pasar."),
        message_row(7, "rates", "Pelapor menilai penanganan: 4 dari 5.", rating=4),
    ]
    answers = [
        answer_row(3, "refused", "Bukan kami, kata Budi."),
        answer_row(4, "asked", "Tiang nomor berapa?", hop=1),
        answer_row(6, "closed", "Sudah diganti.", hop=1),
    ]
    reports = write(engine, complaints, [case_row(), case_row(1, at=NOW + 3 * HOUR)], answers)
    report = reports.read(MESSAGE)
    assert conversation(report) == [
        ("reports", "Lampu\nLaporan 1."),
        ("dispatched", ""),
        ("adds", "Dekat pasar."),
        ("refused", ""),
        ("dispatched", ""),
        ("asked", "Tiang nomor berapa?"),
        ("closed", "Sudah diganti."),
        ("rates", ""),
    ]
    assert report
    assert (report.answer, report.question) == ("Sudah diganti.", "")
    assert report.answered_at == NOW + 6 * HOUR
    assert reports.last_words([report.status]) == {number(1): ("Sudah diganti.", "", (), None, False)}
    assert reports.read(UUID(int=9)) is None


def keep_picture(engine: Engine, index: int, hop: int = 0, **changed: Any) -> UUID:
    """Store a picture for answers to a dispatch of the report; return its id."""
    row = {"id": UUID(int=900 + index), "dispatch_id": UUID(int=500 + hop), "complaint_id": REPORT, "agency": "x"}
    file = {"media_type": "image/png", "size": 3, "sha256": "aa", "body": "", "kept_at": NOW, "named_at": NOW}
    with write_transaction(engine) as connection:
        connection.execute(insert(AnswerPicture).values({**row, **file, **changed}))
    return UUID(int=900 + index)


def shown_pictures(report: OwnReport | None) -> list[tuple[str, list[UUID]]]:
    """Return the steps of agencies with pictures."""
    assert report
    return [
        (entry.step.kind, [file.id for file in entry.files])
        for entry in report.entries
        if entry.files and not entry.act
    ]


def test_an_answer_has_its_pictures(engine: Engine) -> None:
    """Of this dispatch alone, in its order; a refusal and a question show none, whatever they name."""
    one, two, other = keep_picture(engine, 1), keep_picture(engine, 2), keep_picture(engine, 3, hop=7)
    named = "|".join(map(str, (two, other, one, two, UUID(int=4))))
    answers = [
        answer_row(1, "asked", "Di mana?", pictures=str(one)),
        answer_row(2, "responded", "Sudah.", pictures=named),
        answer_row(3, "refused", "Bukan kami.", pictures=str(one)),
    ]
    reports = write(engine, [report_row(1)], [case_row()], answers)
    report = reports.read(MESSAGE)
    assert shown_pictures(report) == [("responded", [two, one])]
    assert report
    assert report.file(str(one))
    assert report.file(str(other)) is None
    last = reports.last_words([report.status])[number(1)]
    assert [file.id for file in last.pictures] == [two, one]


@pytest.mark.parametrize("public", [True, False])
def test_a_picture_to_another_citizen_is_for_everybody_or_not_shown(engine: Engine, *, public: bool) -> None:
    """It may show that citizen's house, and nothing masks it. The words are masked."""
    picture = keep_picture(engine, 1)
    complaints = [report_row(1), report_row(2, JOINER, relation="joins", of=REPORT)]
    joined = case_row(0, JOINED, own_case=False, relation="joins", of=REPORT, tracking=number(2), id=UUID(int=499))
    answers = [answer_row(3, "closed", "Sudah.", pictures=str(picture), pictures_public=public)]
    reports = write(engine, complaints, [case_row(), joined], answers)
    assert shown_pictures(reports.read(MESSAGE)) == [("closed", [picture])]
    report = reports.read(JOINER)
    assert report
    assert report.reads_masked
    assert shown_pictures(report) == ([("responded", [picture])] if public else [])
    assert (report.file(str(picture)) is not None) is public


@pytest.mark.parametrize("readers", ["", "all-senders", "sender"])
def test_a_document_is_for_who_reads_the_whole_words(engine: Engine, readers: str) -> None:
    """A letter names its addressee, and nothing masks it: pictures for everybody do not make it one."""
    document = keep_picture(engine, 1, media_type="application/pdf")
    complaints = [report_row(1), report_row(2, JOINER, relation="joins", of=REPORT)]
    joined = case_row(0, JOINED, own_case=False, relation="joins", of=REPORT, tracking=number(2), id=UUID(int=499))
    answer = answer_row(3, "closed", "Sudah.", document=document, pictures_public=True, readers=readers)
    reports = write(engine, complaints, [case_row(), joined], [answer])
    first, second = reports.read(MESSAGE), reports.read(JOINER)
    assert first
    assert second
    assert first.file(str(document)) is not None
    assert (second.file(str(document)) is not None) is (readers == "all-senders")
    last, joined_last = (next(iter(reports.last_words([report.status]).values())) for report in (first, second))
    assert last.document is not None
    assert (joined_last.document is not None) is (readers == "all-senders")


def test_a_file_of_the_other_kind_is_not_shown(engine: Engine) -> None:
    """A program may name any id: no picture is a document, and no document a picture."""
    picture, document = keep_picture(engine, 1), keep_picture(engine, 2, media_type="application/pdf")
    answer = answer_row(3, "closed", "Sudah.", document=picture, pictures=str(document))
    report = write(engine, [report_row(1)], [case_row()], [answer]).read(MESSAGE)
    assert report
    assert [report.file(str(id_)) for id_ in (picture, document)] == [None, None]


def test_the_pictures_before_an_answer(engine: Engine) -> None:
    """Those that the sender had sent until then, each once."""
    report = write(
        engine, [report_row(1), message_row(5, "adds", "Lagi.")], [case_row()], [answer_row(3, "responded", "Sudah.")]
    ).read(MESSAGE)
    assert report
    first, later = (Attachment(id=UUID(int=n), media_type="image/png", size=1, sha256="a") for n in (1, 2))
    files = {"reports": (first,), "adds": (first, later)}
    entries = tuple(replace(entry, files=files.get(entry.act or "", ())) for entry in report.entries)
    report = replace(report, entries=entries)
    (answered,) = (entry for entry in entries if entry.step.kind == "responded")
    assert report.sent_before(answered) == (first,)


def test_a_question_waits_for_the_sender(engine: Engine) -> None:
    """The question is there until the sender has written."""
    reports = write(engine, [report_row(1)], [case_row()], [answer_row(1, "asked", "Di mana?")])
    report = reports.read(MESSAGE)
    assert report
    assert (report.status.state, report.question, report.answer) == ("menunggu-anda", "Di mana?", "")


def test_the_words_are_those_of_the_answer_to_this_report(engine: Engine) -> None:
    """Another answer may have the same id: it names another complaint, and its words were removed."""
    other = answer_row(1, "asked", "", complaint_id=UUID(int=8))
    reports = write(engine, [report_row(1)], [case_row()], [answer_row(1, "asked", "Di mana?"), other])
    report = reports.read(MESSAGE)
    assert report
    assert report.question == "Di mana?"


def test_a_message_after_the_closing_is_shown_with_its_case(engine: Engine) -> None:
    """It became a case of its own, whose answers and question the sender reads here. One that was split off is not."""
    later, split = message_row(2, "adds", "Tiang kedua."), message_row(3, "adds", "Tiang ketiga.")
    further = case_row(0, later["id"], id=UUID(int=700), at=NOW + 2 * HOUR)
    accompanying = case_row(
        0, split["id"], id=UUID(int=710), own_case=False, relation="repeat", of=REPORT, at=NOW + 3 * HOUR
    )
    split_case = case_row(1, split["id"], id=UUID(int=711), at=NOW + 4 * HOUR)
    answers = [
        answer_row(1, "closed", "Sudah diganti."),
        answer_row(5, "asked", "Tiang yang mana?", complaint_id=later["id"], dispatch_id=UUID(int=700)),
        answer_row(6, "closed", "Kepada warga lain.", complaint_id=split["id"], dispatch_id=UUID(int=711)),
    ]
    reports = write(engine, [report_row(1), later, split], [case_row(), further, accompanying, split_case], answers)
    report = reports.read(MESSAGE)
    assert report
    assert (report.status.state, report.answer, report.question) == ("selesai", "Sudah diganti.", "Tiang yang mana?")
    assert report.asked_message_id == later["message_id"]
    assert [(entry.act or entry.step.kind, entry.text, entry.number) for entry in report.entries] == [
        ("reports", "Laporan 1.", ""),
        ("dispatched", "", ""),
        ("closed", "Sudah diganti.", ""),
        ("adds", "Tiang kedua.", ""),
        ("dispatched", "", later["tracking"]),
        ("adds", "Tiang ketiga.", ""),
        ("asked", "Tiang yang mana?", later["tracking"]),
    ]


@pytest.mark.parametrize("relation", ["joins", "new"])
def test_the_words_about_another_citizens_case_are_not_shown(engine: Engine, relation: str) -> None:
    """Who joined a case reads its answer masked; one whose report a person merged reads none, the first no other's."""
    joiner = report_row(2, JOINER, relation=relation, of=REPORT if relation == "joins" else None)
    current = "joins" if relation == "joins" else "repeat"
    own = case_row(0, JOINED, id=UUID(int=700), own_case=False, relation=current, of=REPORT)
    reports = write(engine, [report_row(1), joiner], [case_row(), own], [answer_row(3, "closed", "Pak Budi, selesai.")])
    joined = reports.read(JOINER)
    assert joined
    masked = ["Pak [nama], selesai."] if relation == "joins" else []
    assert [text for _, text in conversation(joined) if text] == ["Laporan 2.", *masked]
    assert joined.reads_masked == bool(masked)
    assert (joined.answer, joined.question) == ("".join(masked), "")
    assert [text for _, text in conversation(reports.read(MESSAGE)) if text] == ["Laporan 1.", "Pak Budi, selesai."]


@pytest.mark.parametrize(
    ("readers", "privacy", "read"),
    [
        ("", {}, "Pak [nama], {hidden} selesai."),
        ("sender", {}, ""),
        ("all-senders", {}, "Pak Budi, {hidden} selesai."),
        ("", {"anonim": True}, ""),
        ("all-senders", {"anonim": True}, "Pak Budi, {hidden} selesai."),
        ("all-senders", {"rahasia": True}, ""),
    ],
)
@pytest.mark.parametrize("current", ["joins", "repeat"])
def test_an_officer_shares_an_answer_with_all_who_reported(
    engine: Engine, readers: str, privacy: dict[str, Any], read: str, current: str
) -> None:
    """They read it whole, but for the other citizen's number, also if that citizen is anonymous; never if confidential.

    An answer for its sender alone is read by nobody else. A person had merged the second report (`repeat`): its sender
    reads only what is shared.
    """
    words = f"Pak Budi, {tracking_number(REPORT, b'key')} selesai."
    joiner = report_row(2, JOINER, relation="joins" if current == "joins" else "new", of=REPORT)
    own = case_row(0, JOINED, id=UUID(int=700), own_case=False, relation=current, of=REPORT)
    answers = [answer_row(3, "closed", words, readers=readers)]
    reports = write(engine, [report_row(1, **privacy), joiner], [case_row(), own], answers)
    joined = reports.read(JOINER)
    assert joined
    is_shared = readers == "all-senders" and bool(read)
    expected = read.format(hidden="[nomor]") if current == "joins" or is_shared else ""
    assert [text for _, text in conversation(joined) if text] == ["Laporan 2.", *([expected] if expected else [])]
    assert (joined.reads_masked and joined.reads_shared) == is_shared
    assert conversation(reports.read(MESSAGE))[-1] == ("closed", words)


@pytest.mark.parametrize(("is_own", "is_closed"), [(False, True), (True, True), (True, False)])
def test_the_own_closed_report_is_named(engine: Engine, *, is_own: bool, is_closed: bool) -> None:
    """The sender reads the own number while that case is closed, and never the number of another citizen."""
    closed = {"closed_id": REPORT, "closed_at": NOW, "is_own_closed": is_own}
    complaints = [report_row(1), report_row(2, JOINER, **closed)]
    reports = write(engine, complaints, [case_row()], [answer_row(3, "closed", "Sudah.")] if is_closed else [])
    report = reports.read(JOINER)
    assert report
    assert report.former_number == (number(1) if is_own and is_closed else "")


def accompanying_row(hop: int = 0, message_id: UUID = JOINER, **changed: Any) -> Mapping[str, Any]:
    """Return a dispatch of another report with the case."""
    complaint_id_ = complaint_id(message_id)
    ids = {"id": UUID(int=complaint_id_.int + hop), "own_case": False, "relation": "repeat", "of": REPORT}
    return {**case_row(hop, complaint_id_), **ids, **changed}


def test_a_repeat_of_a_merged_report_reads_no_words_either(engine: Engine) -> None:
    """Every link to the case must be a repeat that the normalizer found: a person may have merged two citizens."""
    again = UUID(int=73)
    complaints = [
        report_row(1),
        report_row(2, JOINER, relation="new", of=None),
        report_row(3, again, relation="repeat", of=JOINED),
        report_row(4, UUID(int=74), relation="repeat", of=REPORT),
    ]
    dispatches = [
        case_row(),
        accompanying_row(own_case=True, relation="new", of=None),
        accompanying_row(1),
        accompanying_row(0, again, of=JOINED),
        accompanying_row(1, again),
        accompanying_row(0, UUID(int=74)),
    ]
    reports = write(engine, complaints, dispatches, [answer_row(3, "closed", "Pak Budi, selesai.")])
    shown = {message_id: reports.read(message_id) for message_id in (MESSAGE, JOINER, again, UUID(int=74))}
    answers = {
        message_id: (report.answer, report.status.shares_words) for message_id, report in shown.items() if report
    }
    whole, nothing = ("Pak Budi, selesai.", True), ("", False)
    assert answers == {MESSAGE: whole, JOINER: nothing, again: nothing, UUID(int=74): whole}
    assert all("Pak Budi, selesai." not in dict(conversation(shown[id_])).values() for id_ in (JOINER, again))


@pytest.mark.parametrize("mode", ["anonim", "rahasia"])
def test_the_answer_to_a_private_report_is_for_its_sender_alone(engine: Engine, mode: str) -> None:
    """Who joins an anonymous or confidential report reads no word to its sender, not even a masked one."""
    joiner = report_row(2, JOINER, relation="joins", of=REPORT)
    own = case_row(0, JOINED, id=UUID(int=700), own_case=False, relation="joins", of=REPORT)
    first = {**report_row(1), mode: True}
    reports = write(engine, [first, joiner], [case_row(), own], [answer_row(3, "closed", "Selesai.")])
    joined = reports.read(JOINER)
    assert joined
    assert (joined.answer, [text for _, text in conversation(joined) if text]) == ("", ["Laporan 2."])


def test_a_question_to_another_citizen_is_not_shown(engine: Engine) -> None:
    """Only that citizen can answer it."""
    joiner = report_row(2, JOINER, relation="joins", of=REPORT)
    own = case_row(0, JOINED, id=UUID(int=700), own_case=False, relation="joins", of=REPORT)
    reports = write(engine, [report_row(1), joiner], [case_row(), own], [answer_row(3, "asked", "Tiang mana?")])
    joined = reports.read(JOINER)
    assert joined
    assert [text for _, text in conversation(joined) if text] == ["Laporan 2."]


def test_an_objection_counts_until_the_next_answer(engine: Engine) -> None:
    """The headline of an answered report says that its sender objected, until the agency answers again."""
    objection = message_row(2, "objects", "Masih padam.")
    answers = [answer_row(1, "responded", "Sudah menyala.")]
    reports = write(engine, [report_row(1), objection], [case_row()], answers)
    report = reports.read(MESSAGE)
    assert report
    assert (report.status.state, report.is_objected) == ("dijawab", True)
    with write_transaction(engine) as connection:
        store(connection, AnswerFact, [answer_row(3, "responded", "Sudah diganti.")])
    report = reports.read(MESSAGE)
    assert report
    assert not report.is_objected


def test_the_last_word_about_an_answer_counts(engine: Engine) -> None:
    """Who said that it is not solved, and then that it is, is not asked again and reads no headline of an objection."""
    messages = [message_row(2, "objects", "Masih padam."), message_row(3, "confirms", "")]
    answers = [answer_row(1, "responded", "Sudah menyala.")]
    report = write(engine, [report_row(1), *messages], [case_row()], answers).read(MESSAGE)
    assert report
    assert (report.is_objected, report.is_confirmed) == (False, True)


def test_an_answer_is_rated_once(engine: Engine) -> None:
    """The last rating since the last answer is shown and nothing is offered; the next answer may be rated again."""
    ratings = [message_row(index, "rates", "Pelapor menilai.", rating=index) for index in (2, 3)]
    reports = write(engine, [report_row(1), *ratings], [case_row()], [answer_row(1, "responded", "Kami periksa.")])
    rated = reports.read(MESSAGE)
    with write_transaction(engine) as connection:
        store(connection, AnswerFact, [answer_row(4, "closed", "Sudah diganti.")])
    answered_again = reports.read(MESSAGE)
    assert rated
    assert answered_again
    assert (rated.rating, answered_again.rating) == (3, 0)
    assert "rates" not in possible_acts("dijawab", rated.answered_at, NOW + 4 * HOUR, DEADLINES, is_rated=True)
    assert "rates" in possible_acts("selesai", rated.answered_at, NOW + 4 * HOUR, DEADLINES, is_rated=False)


@pytest.mark.parametrize("relation", ["joins", "new"])
def test_the_words_to_who_joined_are_not_shown_to_the_first(engine: Engine, relation: str) -> None:
    """An agency may answer the joined report: its verdict counts for the case, its words are to that citizen."""
    joiner = report_row(2, JOINER, relation=relation, of=REPORT if relation == "joins" else None, anonim=True)
    own = accompanying_row(relation="joins" if relation == "joins" else "repeat")
    words = "Bu Sari, ini untuk Anda."
    given = answer_row(3, "responded", words, complaint_id=JOINED, dispatch_id=own["id"])
    reports = write(engine, [report_row(1), joiner], [case_row(), own], [given])
    first, joined = reports.read(MESSAGE), reports.read(JOINER)
    assert first
    assert joined
    assert (first.answer, first.status.state) == ("", "dijawab")
    assert words not in dict(conversation(first)).values()
    assert joined.answer == words
    assert reports.last_words([first.status, joined.status]) == {
        number(1): ("", "", (), None, False),
        number(2): (words, "", (), None, False),
    }


def test_triage_says_why_it_closed(engine: Engine) -> None:
    """The sender reads the reason, and may object within ten working days."""
    closing = answer_row(2, "closed", "Ini pertanyaan umum.", agency=TRIAGE)
    report = write(engine, [report_row(1)], [case_row(agency=TRIAGE)], [closing]).read(MESSAGE)
    assert report
    assert (report.status.state, report.answer) == ("bukan-laporan", "Ini pertanyaan umum.")
    acts = possible_acts(report.status.state, report.answered_at, NOW + 3 * HOUR, DEADLINES)
    assert acts == ("adds", "objects", "asks-to-be-forgotten")


@pytest.mark.parametrize(
    ("state", "answered_at", "acts"),
    [
        ("diterima", None, {"adds", "withdraws", "asks-to-be-forgotten"}),
        ("menunggu-anda", None, {"adds", "withdraws", "asks-to-be-forgotten"}),
        ("dijawab", NOW, {"adds", "objects", "confirms", "rates", "withdraws", "asks-to-be-forgotten"}),
        ("selesai", NOW, {"adds", "objects", "confirms", "rates", "asks-to-be-forgotten"}),
        ("dibuka-lagi", NOW, {"adds", "rates", "withdraws", "asks-to-be-forgotten"}),
        ("ditarik", None, {"asks-to-be-forgotten"}),
    ],
)
def test_what_a_sender_can_do(state: ReportState, answered_at: datetime | None, acts: set[SenderAct]) -> None:
    """It depends on the state; an objection is about an answer of the last ten working days."""
    assert set(possible_acts(state, answered_at, NOW, DEADLINES)) == acts
    last_moment = DEADLINES.objection_deadline(NOW)
    assert set(possible_acts(state, answered_at, last_moment, DEADLINES)) == acts
    late = possible_acts(state, answered_at, last_moment + timedelta(seconds=1), DEADLINES)
    assert set(late) == acts - {"objects", "confirms"}
