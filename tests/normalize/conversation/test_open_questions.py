"""The agency's question is answered once, by the sender, with a message that may have any words."""

import pytest

from tests.normalize.conversation.citizen import Citizen, assert_belongs, assert_own

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
