"""Text of an e-mail about an agency's answer."""

import pytest

from messages.replies.mail_texts import answer_mail
from messages.replies.reply_texts import TRIAGE_NAME
from messages.shapes import Verdict
from messages.topics import TRIAGE

NUMBER = "WTW9-TRA3-7Q0Y"
WORDS = "Petugas sudah memeriksa lampu itu.\nKabelnya diganti besok.\n\n" + "Terima kasih. " * 300


@pytest.mark.parametrize(
    ("verdict", "opening", "next_step"),
    [
        ("asked", f"Kota Semarang meminta keterangan tentang laporan {NUMBER}.", "Jawab di halaman Anda."),
        ("responded", f"Laporan {NUMBER} sudah ditanggapi oleh Kota Semarang.", "dalam 10 hari kerja."),
        ("closed", f"Laporan {NUMBER} sudah selesai ditangani oleh Kota Semarang.", "laporan dibuka lagi."),
    ],
)
def test_all_words_and_what_can_be_done_next(verdict: Verdict, opening: str, next_step: str) -> None:
    """Nothing is cut; lines stay."""
    text = answer_mail(verdict, NUMBER, "kota-3374", "Kota Semarang", WORDS, "10 hari kerja", is_private=False)
    assert text.startswith(f"{opening}\n\n")
    assert f"\n\n{WORDS.strip()}\n\n" in text
    assert next_step in text.rpartition("\n\n")[2]


def test_a_private_report_names_nothing() -> None:
    """Somebody else may read the mailbox: neither the agency nor its words."""
    text = answer_mail("closed", NUMBER, "kota-3374", "Kota Semarang", WORDS, "10 hari kerja", is_private=True)
    assert "Semarang" not in text
    assert "lampu" not in text
    assert "Isi jawaban hanya ada di halaman Anda." in text


def test_what_triage_archives_is_no_solution() -> None:
    """Nobody handled it, and there is no objection."""
    text = answer_mail("closed", NUMBER, TRIAGE, TRIAGE_NAME, "Bukan laporan.", "10 hari kerja", is_private=False)
    assert text == (
        f"Laporan {NUMBER} tidak kami teruskan ke instansi.\n\nAlasannya:\n\nBukan laporan.\n\n"
        "Anda boleh melapor lagi dengan keterangan yang lebih lengkap."
    )


def test_who_must_not_read_the_words_is_asked_nothing() -> None:
    """A sender who joined another citizen's case learns that there is an answer."""
    text = answer_mail("responded", NUMBER, "kota-3374", "Kota Semarang", None, "10 hari kerja", is_private=False)
    assert text == f"Laporan {NUMBER} sudah ditanggapi oleh Kota Semarang."


def test_a_closing_without_words_can_be_objected_to() -> None:
    """A program of an agency may send none."""
    text = answer_mail("closed", NUMBER, "kota-3374", "Kota Semarang", "", "10 hari kerja", is_private=False)
    assert "Jawabannya" not in text
    assert "Belum selesai? Sampaikan di halaman Anda dalam 10 hari kerja" in text


def test_characters_that_no_database_takes_are_left_out() -> None:
    """Programs of agencies write the words."""
    text = answer_mail("asked", NUMBER, "a", "A", "Di\x00 mana\x1b[2J?\ud800", "", is_private=False)
    assert "Pertanyaannya:\n\nDi mana[2J?\n\n" in text
