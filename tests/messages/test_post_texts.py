"""Public replies on X: they have no link, and as many words as one reply holds."""

import re
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messages.gsm_alphabet import fits_one_sms
from messages.replies.post_texts import answer_post, receipt_post, without_links
from messages.shapes import Danger, Verdict
from messages.topics import TRIAGE

NUMBER = "2M1X-1JKK-2MCW"
AGENCY = "kota-3374"
# A domain as twitter-text (config `validDomain`) reads it, where every word of letters counts as a top-level domain:
# X's own list of them grows. A link needs no scheme and no path.
DOMAIN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?\.(?:[^\W\d_]{2,}|xn--[-0-9a-z]+)", re.IGNORECASE)
ENTITY = re.compile(r"[@#$]\w")
# Parts of words that lead to links.
PIECES = [
    "kec.sokaraja",
    "lapor.go.id",
    "https://",
    "www.",
    "a@b.co.id",
    "@akun",
    "#tagar",
    "$BBCA",
    "t.co/x",
    ".id",
]


def linked_parts(text: str) -> list[str]:
    """Return the parts of a post of which X would make links."""
    return [*DOMAIN.findall(text), *ENTITY.findall(text), *re.findall("://", text)]


@given(
    st.sampled_from(["asked", "responded", "closed"]),
    st.sampled_from(["", "Kota Semarang", "PT.PLN (Persero).id", "Badan " * 12]),
    st.lists(st.sampled_from(PIECES) | st.text(st.characters(codec="latin-1"), max_size=8), max_size=12),
    st.sampled_from(["", " ", "."]),
)
@example("responded", "Kota Semarang", ["kec.sokaraja", "lapor.go.id"], " ")
def test_no_post_has_a_link(verdict: Verdict, agency_name: str, words: list[str], between: str) -> None:
    """Whatever agency and words, the reply fits, names the number and says where to look."""
    text = answer_post(verdict, NUMBER, AGENCY, agency_name, between.join(words))
    assert linked_parts(text) == []
    assert fits_one_sms(text)
    assert f"Cek {NUMBER} di halaman status." in text


@pytest.mark.parametrize("piece", [piece for piece in PIECES if piece not in {"www.", ".id", "xn--p1ai"}])
def test_the_rule_finds_links(piece: str) -> None:
    """The check of these tests sees each of them, and none after the change."""
    assert linked_parts(f"lihat {piece} ya")
    assert linked_parts(without_links(f"lihat {piece} ya")) == []


@pytest.mark.parametrize("tells_public", [False, True])
@pytest.mark.parametrize("asks_place", [False, True])
@pytest.mark.parametrize("danger", get_args(Danger))
def test_a_receipt_has_what_its_sender_needs_at_once(danger: Danger, asks_place: bool, tells_public: bool) -> None:  # noqa: FBT001
    """The number to look with, the emergency number in danger, the question for the place where it fits.

    Without danger also that everybody may read the words, and how to prevent it.
    """
    text = receipt_post(NUMBER, danger, asks_place=asks_place, tells_public=tells_public)
    assert ("Dapat dibaca umum; tidak mau? Balas RAHASIA." in text) == (tells_public and not danger)
    assert linked_parts(text) == []
    assert fits_one_sms(text)
    assert text.endswith(f" Cek {NUMBER} di halaman status.")
    assert ("112" in text) == bool(danger)
    assert ("Di mana" in text) == (asks_place and danger != "suicide")


def test_words_are_cut_before_the_number() -> None:
    """The receipt and an answer say in words where to look."""
    assert linked_parts(receipt_post(NUMBER)) == []
    assert receipt_post(NUMBER).endswith(f"Cek {NUMBER} di halaman status.")
    text = answer_post("responded", NUMBER, AGENCY, "Kota Semarang", "Petugas ke kec.sokaraja besok. " * 9)
    assert text.startswith(f"Laporan {NUMBER}: Kota Semarang menjawab: Petugas ke kec. sokaraja besok.")
    assert f"... Cek {NUMBER} di halaman status." in text
    without_words = answer_post("asked", NUMBER, AGENCY, "", "")
    assert without_words == f"Laporan {NUMBER}: instansi yang berwenang bertanya. Cek {NUMBER} di halaman status."


def test_a_closing_by_triage_is_no_answer() -> None:
    """No agency got the report, and the post says so."""
    text = answer_post("closed", NUMBER, TRIAGE, "petugas SP4N-LAPOR!", "Tidak ada tempatnya.")
    opening = f"Laporan {NUMBER} tidak kami teruskan ke instansi"
    assert text == f"{opening}: Tidak ada tempatnya. Cek {NUMBER} di halaman status."
    assert answer_post("closed", NUMBER, TRIAGE, "", "") == f"{opening}. Cek {NUMBER} di halaman status."
