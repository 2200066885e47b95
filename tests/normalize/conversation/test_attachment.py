"""The normalizer attaches messages of a proven sender to the sender's own reports, once, on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from normalize.duplicates.store.expiry import COMPARISON_PERIOD
from tests.normalize.conversation.citizen import OTHER_PHONE, Citizen, assert_belongs, assert_own


def test_a_place_completes_a_report(citizen: Citizen) -> None:
    """The place belongs to the report of the same number until a place is known; then the report has a place."""
    report = citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    assert_belongs(citizen.send("lokasinya di Purwokerto"), report, "adds", "completes")
    assert_own(citizen.send("di depan masjid Al Falah Kec. Sokaraja"))
    late = citizen.send("selokan mampet, air naik ke jalan", minutes=1500)
    assert_own(late)
    assert_belongs(citizen.send("di depan rumah saya", minutes=61), late, "adds", "completes")
    assert_belongs(citizen.send("lokasinya di Purbalingga", minutes=1500), late, "adds", "completes")
    assert_own(citizen.send("di depan masjid Al Falah Kec. Kutasari"))


def test_only_a_proven_sender_is_the_same_sender(citizen: Citizen) -> None:
    """A place from another number, or without proof of the number, is a report of its own."""
    citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    assert_own(citizen.send("lokasinya di Purwokerto", phone=OTHER_PHONE))
    assert_own(citizen.send("lokasinya di Sokaraja", proven=False))


@pytest.mark.parametrize(
    "text",
    [
        "maaf salah tulis pak, bukan Banyumas, Kabupaten Purbalingga",
        "ralat: Kabupaten Purbalingga",
        "eh salah ketik, yang mati lampu taman di Purbalingga",
    ],
)
def test_a_correction_belongs_to_the_report_before_it(citizen: Citizen, text: str) -> None:
    """Of the same telephone. Its words name another place, or another thing."""
    report = citizen.send("Lampu jalan mati di Jalan Jenderal Sudirman Purwokerto Banyumas sudah seminggu")
    assert_own(citizen.send(text, minutes=1, phone=OTHER_PHONE))
    assert_belongs(citizen.send(text, minutes=3), report, "adds", "corrects")


def test_a_correction_that_comes_late_is_a_report_of_its_own(citizen: Citizen) -> None:
    """After five minutes nobody knows what it corrects."""
    citizen.send("Lampu jalan mati di Jalan Jenderal Sudirman Purwokerto Banyumas sudah seminggu")
    assert_own(citizen.send("maaf salah tulis pak, bukan Banyumas, Kabupaten Purbalingga", minutes=6))


def test_an_excuse_is_no_correction(citizen: Citizen) -> None:
    """Many reports begin with one."""
    citizen.send("Lampu jalan mati di Jalan Jenderal Sudirman Purwokerto Banyumas sudah seminggu")
    assert_own(citizen.send("maaf mengganggu pak, sampah di Pasar Segamas Purbalingga tidak diangkut", minutes=2))


def test_words_complete_a_place(citizen: Citizen) -> None:
    """Words without a place belong to the place that came before them."""
    place = citizen.send("di depan masjid Al Falah Kec. Sokaraja Kab. Banyumas")
    assert_belongs(citizen.send("lampu jalan mati sudah tiga malam, gelap sekali"), place, "adds", "completes")


def test_an_objection_opens_the_case_again(citizen: Citizen) -> None:
    """It repeats the closed case. Then the case is open: a second report of the sender repeats it again."""
    text = "Lampu jalan mati di Jalan Gerilya Purwokerto Selatan sudah seminggu"
    report = citizen.send(text)
    closing = citizen.answer(report, "closed")
    assert_belongs(citizen.send("belum nyala, masih gelap", 1440), report, "objects", "responds-to-answer")
    citizen.stage.handle([closing])
    repeated = citizen.send(text, 60)
    assert (repeated["relation"]["of"], repeated["follow_up"]["act"]) == (report["id"], "reports")
    citizen.answer(report, "closed")
    assert_own(citizen.send(text, 60 * 24 * 20))


def test_a_closing_may_be_read_after_the_objection_to_it(citizen: Citizen) -> None:
    """The order of two topics is unknown. The times decide: the case stays open, and a later closing closes it."""
    text = "Lampu jalan mati di Jalan Gerilya Purwokerto Selatan sudah seminggu"
    report = citizen.send(text)
    citizen.now += timedelta(hours=1)
    closing = citizen.answer_record(report, "closed", citizen.now)
    assert_belongs(citizen.send(f"BELUM {report['tracking']} masih gelap"), report, "objects", "own-number")
    citizen.handle(closing)
    assert citizen.send(text)["relation"]["of"] == report["id"]
    citizen.answer(report, "closed")
    assert_own(citizen.send(text))


def test_an_objection_after_the_period_opens_nothing(citizen: Citizen) -> None:
    """By its number it still belongs to the case, for the router to decide. The case stays closed."""
    report = citizen.send("Jalan amblas di Desa Gununglurah Kecamatan Cilongok")
    citizen.answer(report, "closed")
    assert_own(citizen.send("belum diperbaiki, tambah lebar", 60 * 24 * 30))
    late = citizen.send(f"BELUM {report['tracking']} tambah lebar")
    assert_belongs(late, report, "objects", "own-number")
    assert_own(citizen.send("Jalan amblas di Desa Gununglurah Kecamatan Cilongok"))


def test_numbers_of_reports(citizen: Citizen) -> None:
    """The sender's own number leads to the report. The number of somebody else leads nowhere."""
    report = citizen.send("Pohon tumbang menutup jalan di Desa Karangtengah Kecamatan Cilongok")
    number = report["tracking"]
    assert_belongs(citizen.send(f"TAMBAH {number} kabel telepon ikut putus"), report, "adds", "own-number")
    assert_belongs(citizen.send(f"laporan {number.lower()} dahannya besar"), report, "adds", "own-number")
    # Twelve letters without a digit may be words: one number in sixty needs its hyphens.
    has_digit = any(map(str.isdigit, number))
    typed = number.replace("-", "") if has_digit else number
    assert_belongs(citizen.send(f"Belum {typed} diangkat"), report, "objects", "own-number")
    for text in (f"TAMBAH {number} kabel putus di Ajibarang", f"BELUM {number} dahan masih melintang di Wangon"):
        assert_own(citizen.send(text, minutes=1, phone=OTHER_PHONE))


def test_the_number_of_an_expired_report_leads_nowhere(citizen: Citizen) -> None:
    """Rows are deleted each hour: this one is still there, ten minutes after the report has expired."""
    report = citizen.send("Pohon tumbang menutup jalan di Desa Karangtengah Kecamatan Cilongok")
    period = COMPARISON_PERIOD / timedelta(minutes=1)
    assert_belongs(citizen.send(f"TAMBAH {report['tracking']} kabel putus", period - 30), report, "adds", "own-number")
    assert_own(citizen.send(f"TAMBAH {report['tracking']} kabel putus lagi", 40))


def test_thanks_confirm_an_answer(citizen: Citizen) -> None:
    """A confirmation belongs to the answered case, whether it is closed or not."""
    report = citizen.send("Pipa PDAM bocor di Jalan Pahlawan Kelurahan Tanjung Purwokerto")
    citizen.answer(report, "responded")
    confirmation = citizen.send("sudah diperbaiki, terima kasih pak", 300)
    assert_belongs(confirmation, report, "confirms", "responds-to-answer")


def test_the_keyword_confirms_an_answer(citizen: Citizen) -> None:
    """It confirms an answer, alone with the number. Before the answer, and with more words, the message is added."""
    report = citizen.send("Pipa PDAM bocor di Jalan Pahlawan Kelurahan Tanjung Purwokerto")
    keyword = f"SUDAH {report['tracking']}"
    assert_belongs(citizen.send(keyword), report, "adds", "own-number")
    citizen.answer(report, "responded")
    assert_belongs(citizen.send(f"{keyword} tiga minggu pipanya bocor"), report, "adds", "own-number")
    assert_belongs(citizen.send(f"{keyword}."), report, "confirms", "own-number")


def test_a_follow_up_is_hidden_as_its_report(citizen: Citizen) -> None:
    """Beside an anonymous report a message of the same person must not be open."""
    report = citizen.send("LAPOR ANONIM kepala desa memotong dana bantuan warga")
    assert report["report"]["anonim"]
    place = citizen.send("Desa Karanggintung Kecamatan Sumbang")
    assert_belongs(place, report, "adds", "completes")
    assert place["report"]["anonim"]
    open_report = citizen.send("jalan rusak parah banyak lubang", 90)
    assert_own(citizen.send("ANONIM lokasinya di Purwokerto"))
    assert_own(open_report)


def test_an_open_post_is_not_beside_an_anonymous_report(citizen: Citizen) -> None:
    """It keeps links, which may lead to its author; an anonymous post has none."""
    report = citizen.post("@lapor1708 #anonim kepala desa memotong dana bantuan warga", "100")
    place = "Desa Karanggintung Kecamatan Sumbang"
    assert_own(citizen.post(f"@lapor1708 {place}", "200"))
    assert_own(citizen.post(f"@lapor1708 TAMBAH {report['tracking']} bendahara ikut https://t.co/abcDEF", "300"))
    hidden = citizen.post(f"@lapor1708 #anonim TAMBAH {report['tracking']} bendahara ikut", "400")
    assert_belongs(hidden, report, "adds", "own-number")
    open_report = citizen.post("@lapor1708 jalan rusak parah banyak lubang", "500")
    completion = citizen.post(f"@lapor1708 {place}", "600")
    assert_belongs(completion, open_report, "adds", "completes")


def test_the_first_number_counts(citizen: Citizen) -> None:
    """A message with the numbers of two own reports is about the first; later numbers are mentions."""
    tree = citizen.send("Pohon tumbang menutup jalan di Desa Karangtengah Kecamatan Cilongok")
    pipe = citizen.send("Pipa PDAM bocor di Jalan Pahlawan Kelurahan Tanjung Purwokerto", 100)
    text = f"BELUM {tree['tracking']} dahan masih melintang. Laporan lain saya {pipe['tracking']} baru"
    assert_belongs(citizen.send(text, 100), tree, "objects", "own-number")


def test_another_matter_with_a_quoted_number(citizen: Citizen) -> None:
    """A whole report that mentions the number of an earlier one is a report of its own, unless it states an act."""
    tree = citizen.send("Pohon tumbang menutup jalan di Desa Karangtengah Kecamatan Cilongok")
    number = tree["tracking"]
    pipe = "pipa PDAM bocor di Jalan Pahlawan Kelurahan Tanjung Purwokerto sudah tiga hari air mati"
    assert_own(citizen.send(f"Saya pernah lapor {number}. Sekarang lain lagi: {pipe}", 6000))
    assert_belongs(citizen.send(f"TAMBAH {number} {pipe}"), tree, "adds", "own-number")
    same = "Sekarang pohon tumbang di Desa Karangtengah Kecamatan Cilongok itu mengenai kabel listrik"
    assert_belongs(citizen.send(f"Saya pernah lapor {number}. {same}"), tree, "adds", "own-number")


def below(parent_id: str, author: str) -> dict[str, Any]:
    """Return the fields of a reply in the thread that begins with the post 100."""
    reference = {"type": "replied_to", "id": parent_id}
    return {"conversation_id": "100", "in_reply_to_user_id": author, "referenced_tweets": [reference]}


def test_another_matter_in_a_thread(citizen: Citizen) -> None:
    """A thread is one matter, except a post about another matter at another place; posts below that continue it."""
    bridge = citizen.post("@lapor1708 jembatan gantung di Desa Melung Kedungbanteng Banyumas papannya lepas", "100")
    rope = citizen.post("@lapor1708 tali jembatan di Desa Melung ikut putus", "200", **below("100", "77"))
    waste = citizen.post("@lapor1708 sampah menumpuk di Pasar Segamas Purbalingga", "300", **below("150", "1"))
    smell = citizen.post("@lapor1708 baunya sampai ke sekolah", "400", **below("300", "77"))
    again = citizen.post("@lapor1708 besinya juga berkarat", "500", **below("200", "77"))
    assert_own(waste)
    assert_belongs(rope, bridge, "reports", "same-thread")
    assert_belongs(smell, waste, "reports", "same-thread")
    assert_belongs(again, bridge, "reports", "same-thread")


def test_what_is_posted_before_the_closing_is_not_about_it(citizen: Citizen) -> None:
    """The closing is read first, but the post is older: it is a report that somebody sees, with what continues it."""
    report = citizen.post("@lapor1708 lampu jalan mati di Jalan Suparjo Rustam Sokaraja Banyumas", "100")
    citizen.handle(citizen.answer_record(report, "closed", citizen.now + timedelta(minutes=30)))
    older = citizen.post("@lapor1708 cuma diganti satu, yang empat tidak", "200", 10, **below("100", "77"))
    assert_own(older)
    later = citizen.post("@lapor1708 yang empat itu bagaimana", "300", 60, **below("200", "77"))
    assert_belongs(later, older, "adds", "pushes")
