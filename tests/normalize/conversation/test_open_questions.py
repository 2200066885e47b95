"""The agency's question is answered once, by the sender, with a message that may have any words."""

from datetime import timedelta
from uuid import UUID

import pytest

from messages.shapes import AnswerOutcomeKind
from tests.normalize.conversation.citizen import OTHER_PHONE, Citizen, assert_belongs, assert_own

SCAM = "Selamat! Nomor anda menang undian Rp 100 juta dari Shopee, hubungi WA 08000000001 atau klik bit.ly/hadiahshopee"


def test_the_answer_to_a_question(citizen: Citizen) -> None:
    """What the sender writes next answers the question; later messages do not, and no whole report does."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "asked")
    assert_own(citizen.send("Jembatan putus di Desa Melung Kecamatan Kedungbanteng, warga memutar"))
    answer = citizen.send("nomor meter 14000000011, rumah cat hijau", 200)
    assert_belongs(answer, report, "adds", "answers-question")
    assert_own(citizen.send("harga pupuk naik terus, petani rugi", 200))


def test_a_question_about_an_addition_is_answered_once(citizen: Citizen) -> None:
    """The question is open with the addition and with its report. One answer ends both."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "responded")
    addition = citizen.send(f"TAMBAH {report['tracking']} tiang listrik juga miring", 60)
    citizen.answer(addition, "asked")
    answer = citizen.send("rumah cat hijau nomor meter 14000000011", 200)
    assert_belongs(answer, report, "adds", "answers-question")
    assert_own(citizen.send("sapi saya hilang", 200))
    citizen.answer(addition, "asked")
    assert_belongs(citizen.send("rumah pak lurah", 200), report, "adds", "answers-question")


@pytest.mark.parametrize("outcome", ["late", "not-accepted"])
def test_a_question_that_does_not_count_is_no_question(citizen: Citizen, outcome: AnswerOutcomeKind) -> None:
    """The case is at another agency: its sender was not asked, and writes about another matter."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "asked", outcome=outcome)
    assert_own(citizen.send("nomor meter 14000000011, rumah cat hijau", 200))


def test_a_question_about_the_report_of_another_citizen_is_for_the_sender_of_the_case(citizen: Citizen) -> None:
    """The router asks the sender of the case, whichever complaint the agency answered."""
    case = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    other = citizen.send("Sapi saya hilang di Desa Melung Kecamatan Kedungbanteng", phone=OTHER_PHONE)
    citizen.now += timedelta(minutes=5)
    citizen.handle(citizen.answer_record(other, "asked", citizen.now, case_id=UUID(case["id"])))
    assert_own(citizen.send("nomor meter 14000000012, rumah cat biru", 200, OTHER_PHONE))
    assert_belongs(citizen.send("nomor meter 14000000011, rumah cat hijau", 200), case, "adds", "answers-question")


def test_an_answer_may_quote_a_fraud(classified_citizen: Citizen) -> None:
    """What the agency or the sender points to is no advertisement, though the same words alone are set aside."""
    citizen = classified_citizen
    report = citizen.send("Saya ditipu lewat SMS undian, uang saya hilang dua juta, lokasi Purwokerto")
    assert citizen.send(SCAM)["event"] == "not-a-complaint"
    citizen.answer(report, "asked")
    assert_belongs(citizen.send(SCAM), report, "adds", "answers-question")
    assert citizen.send(SCAM)["event"] == "not-a-complaint"
    for words in (f"TAMBAH {report['tracking']} isi SMS nya:", report["tracking"]):
        assert_belongs(citizen.send(f"{words} {SCAM}"), report, "adds", "own-number")


@pytest.mark.parametrize("courtesy", ["baik pak terima kasih", "selamat pagi pak"])
def test_a_courtesy_answers_no_question(classified_citizen: Citizen, courtesy: str) -> None:
    """The question stays open for the answer after it."""
    citizen = classified_citizen
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "asked")
    assert citizen.send(courtesy)["event"] == "not-a-complaint"
    answer = citizen.send("nomor meter 14000000011, rumah cat hijau")
    assert_belongs(answer, report, "adds", "answers-question")


def test_thanks_for_a_response_leave_the_question_open(classified_citizen: Citizen) -> None:
    """They confirm the response. The agency's later question waits for its answer."""
    citizen = classified_citizen
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "responded")
    citizen.answer(report, "asked")
    thanks = citizen.send("sudah nyala, terima kasih banyak pak")
    assert_belongs(thanks, report, "confirms", "responds-to-answer")
    assert_belongs(citizen.send("nomor meter 14000000011"), report, "adds", "answers-question")
