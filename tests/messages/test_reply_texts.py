"""Texts about an agency's answer: the agency's words as far as one SMS holds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.gsm_alphabet import fits_one_sms
from messages.replies.reply_texts import (
    AttachedFiles,
    SenderAccess,
    answer_text,
    archived_text,
    is_complete,
    sender_text,
    septets_left,
    tells_citizen,
)
from messages.shapes import Verdict
from messages.topics import TRIAGE

NUMBER = "7K3M-9QXA-41BT"
TOLD: tuple[Verdict, ...] = ("asked", "extended", "responded", "closed")


def test_a_citizen_hears_of_questions_extensions_responses_and_closings() -> None:
    """That an agency accepted or refused is on the status page."""
    verdicts: tuple[Verdict, ...] = ("accepted", "refused", *TOLD)
    assert [verdict for verdict in verdicts if tells_citizen(verdict)] == list(TOLD)


@given(st.sampled_from(TOLD), st.text(max_size=150), st.text(max_size=400))
def test_every_text_fits_one_sms_and_has_the_number(verdict: Verdict, agency_name: str, words: str) -> None:
    """Whatever an officer types, and however long the agency's name is."""
    text = answer_text(verdict, NUMBER, agency_name, words)
    assert fits_one_sms(text)
    assert NUMBER in text


def test_short_words_are_complete() -> None:
    """The agency is named, and the question stands as it was written."""
    text = answer_text("asked", NUMBER, "Kota Semarang", "Di RT berapa lampu yang padam?")
    assert text == f"Laporan {NUMBER}: Kota Semarang bertanya: Di RT berapa lampu yang padam?"
    assert is_complete(text, "Di RT berapa lampu yang padam?")


@pytest.mark.parametrize(
    ("verdict", "words", "sms"),
    [
        ("asked", "Laporan {} di RT berapa?", "Kota Semarang bertanya: Laporan {} di RT berapa?"),
        ("responded", "Laporan {} kami jadwalkan.", "Tanggapan Kota Semarang: Laporan {} kami jadwalkan."),
        ("closed", "Terima kasih atas laporan {}.", "Selesai ditangani Kota Semarang: Terima kasih atas laporan {}."),
    ],
)
def test_a_number_in_the_words_is_there_once(verdict: Verdict, words: str, sms: str) -> None:
    """The opening has it only if the words have it not, or lose it where they are cut: there is more room for them."""
    words, access = words.format(NUMBER), SenderAccess(link=f"https://example.id/l/{'a' * 40}")
    assert answer_text(verdict, NUMBER, "Kota Semarang", words) == sms.format(NUMBER)
    last = f"{'Petugas memeriksa tiang. ' * 6}Laporan {NUMBER} selesai."
    assert answer_text(verdict, NUMBER, "Kota Semarang", last, access).count(NUMBER) == 1
    assert septets_left(verdict, NUMBER, "kota-3374", "Kota Semarang", words) > septets_left(
        verdict, NUMBER, "kota-3374", "Kota Semarang", words.replace(NUMBER, "x" * len(NUMBER))
    )
    assert archived_text(NUMBER, words) == f"Tidak kami teruskan ke instansi: {words}"


def test_complete_words_are_worth_more_than_the_name() -> None:
    """Without the agency's long name the whole question fits."""
    words = "Mohon kirim alamat lengkap dengan RT, RW, dan patokan terdekat. Terima kasih banyak."
    text = answer_text("asked", NUMBER, "Badan Penyelenggara Jaminan Sosial Kesehatan Republik", words)
    assert text == f"Laporan {NUMBER}: instansi yang berwenang bertanya: {words}"


@given(st.text(max_size=400))
def test_the_text_about_an_archived_case_fits_one_sms(words: str) -> None:
    """It never says that somebody handled the case."""
    text = archived_text(NUMBER, words)
    assert fits_one_sms(text)
    assert text.startswith(f"Laporan {NUMBER} tidak kami teruskan ke instansi")


def test_the_reason_of_an_archived_case_is_told() -> None:
    """Without a reason the sender hears what to do."""
    assert archived_text(NUMBER, "ini iklan.") == f"Laporan {NUMBER} tidak kami teruskan ke instansi: ini iklan."
    assert archived_text(NUMBER, "").endswith("Anda boleh melapor lagi dengan keterangan yang lebih lengkap.")


def test_long_words_end_at_a_word() -> None:
    """The cut is visible, and the text is known to be incomplete."""
    words = "Petugas sudah memeriksa " + "tiang dan kabel " * 20
    text = answer_text("responded", NUMBER, "Kota Semarang", words)
    assert text.startswith(f"Laporan {NUMBER} ditanggapi Kota Semarang: Petugas sudah memeriksa tiang")
    assert text.removesuffix("...").split()[-1] in {"tiang", "dan", "kabel"}
    assert not is_complete(text, words)


@pytest.mark.parametrize(
    ("words", "sms"), [("\u201cBesok\u201d \u2013 pukul 9\u2026", '"Besok" - pukul 9...'), ("résumé ☎ ẽ", "résumé ? e")]
)
def test_characters_that_sms_lacks(words: str, sms: str) -> None:
    """Quotes and dashes become plain, accents go, and the rest is a question mark."""
    assert answer_text("responded", NUMBER, "Kota Semarang", words).endswith(sms)


def test_without_words_there_is_a_notice() -> None:
    """So it is for a secret report, and for who joined another citizen's case."""
    assert answer_text("closed", NUMBER, "", "").startswith(
        f"Laporan {NUMBER} sudah selesai ditangani oleh instansi yang berwenang."
    )
    assert answer_text("asked", NUMBER, "", "").startswith("Instansi yang berwenang meminta keterangan")


@given(
    st.sampled_from(TOLD),
    st.sampled_from(["kota-3374", TRIAGE]),
    st.sampled_from(["", "Kota Semarang", "Badan " * 12, "Kabupaten Ngawi \u2013 Jawa Timur"]),
    st.text(st.characters(codec="latin-1"), min_size=1, max_size=200).filter(lambda words: words.split()),
)
def test_the_room_tells_if_all_words_fit(verdict: Verdict, agency: str, agency_name: str, words: str) -> None:
    """An officer who is told that characters are left is never cut, and the reverse."""
    text = sender_text(verdict, NUMBER, agency, agency_name, words, is_private=False)
    assert fits_one_sms(text)
    assert is_complete(text, words) is (septets_left(verdict, NUMBER, agency, agency_name, words) >= 0)


LINK = f"https://lapor.contoh.go.id/l/{'a1' * 20}"
WITH_PICTURES = SenderAccess(link=LINK, objection_period="10 hari kerja", files="foto")


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        ("Lampu sudah diganti.", f"diganti. Foto: {LINK}"),
        # Complete words are worth more than the link.
        ("Lampu dan kabel di tiang 12 sudah kami ganti.", "kami ganti. Ada foto di halaman laporan Anda."),
        ("Petugas sudah memeriksa " + "tiang dan kabel " * 20, f"... Foto: {LINK}"),
    ],
)
def test_an_answer_with_pictures_says_so_and_where(words: str, ending: str) -> None:
    """Words that must be cut end with the link."""
    text = answer_text("closed", NUMBER, "Kota Semarang", words, WITH_PICTURES)
    assert text.endswith(ending)
    assert fits_one_sms(text)
    assert text.startswith(f"Laporan {NUMBER} selesai ditangani")
    assert is_complete(text, words) is ("..." not in text)
    without = answer_text("closed", NUMBER, "Kota Semarang", words, SenderAccess(link=LINK))
    assert "Foto" not in without


@pytest.mark.parametrize(("files", "ending"), [("dokumen", f"okumen: {LINK}"), ("berkas", f"erkas: {LINK}")])
def test_an_answer_with_a_document_says_so_and_where(files: AttachedFiles, ending: str) -> None:
    """In one segment, also where words are cut, and without the words of a private report."""
    access = SenderAccess(link=LINK, files=files)
    for words in ("Beres.", "Petugas sudah memeriksa " + "tiang dan kabel " * 20):
        text = answer_text("closed", NUMBER, "Kota Semarang", words, access)
        assert text.endswith(ending)
        assert fits_one_sms(text)
    private = sender_text("closed", NUMBER, "kota-3374", "Kota Semarang", "Beres.", is_private=True, access=access)
    assert fits_one_sms(private)
    assert private.endswith(f" Ada {files}: {LINK}")


def test_a_private_answer_with_pictures_says_where() -> None:
    """Without the words and the agency."""
    text = sender_text(
        "responded", NUMBER, "kota-3374", "Kota Semarang", "Sudah.", is_private=True, access=WITH_PICTURES
    )
    assert text == f"Laporan {NUMBER} sudah ditanggapi oleh instansi yang berwenang. Baca dan lihat foto: {LINK}"


@given(
    st.sampled_from(["responded", "closed"]),
    st.sampled_from(["", "Kota Semarang", "Badan " * 12]),
    st.text(st.characters(codec="latin-1"), min_size=1, max_size=200).filter(lambda words: words.split()),
)
def test_the_room_beside_pictures(verdict: Verdict, agency_name: str, words: str) -> None:
    """Words for which there is room are complete, and the link follows them."""
    text = sender_text(verdict, NUMBER, "kota-3374", agency_name, words, is_private=False, access=WITH_PICTURES)
    assert fits_one_sms(text)
    assert LINK in text or "Ada foto di halaman laporan Anda." in text
    if septets_left(verdict, NUMBER, "kota-3374", agency_name, words, WITH_PICTURES) >= 0:
        assert is_complete(text, words)


@pytest.mark.parametrize("agency", ["kota-3374", TRIAGE])
@pytest.mark.parametrize("verdict", TOLD)
def test_a_private_report_gets_no_words(verdict: Verdict, agency: str) -> None:
    """Another person may see the screen: neither the agency nor its words are sent."""
    text = sender_text(verdict, NUMBER, agency, "Kota Semarang", "Lampu sudah menyala.", is_private=True)
    assert "Kota Semarang" not in text
    assert "Lampu sudah menyala." not in text
    assert NUMBER in text
