"""The masker, measured on invented messages and sentences, and on texts that are made to slow it down.

`tests/data/masks/` was written before the masker. `train.jsonl` was read while the masker was written, `test.jsonl`
was not. `sentences.txt` is by another author.
"""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.masks import FOLDER, NUMBER_KINDS, READABLE, Measured, measure
from language.masking import Kind, find_personal, mask_text, mask_with_labels

_SENTENCES = Path(__file__).with_name("sentences.txt")
_PERSONAL = re.compile(r"<([^>]+)>")
# The parts of `sentences.txt`, separated by this line.
_SEPARATOR = "===\n"
_LEAST_RECALL = 0.97
_MOST_LOST = 0.05


class MeasuredWords(NamedTuple):
    """Personal parts that are left in the masked texts, and other words that are lost, with the number of each."""

    left: list[str]
    personal: int
    lost: list[str]
    words: int


@pytest.fixture(scope="module", params=["train", "test"])
def measured(request: pytest.FixtureRequest) -> Measured:
    """The masker's results on one half of the messages."""
    return measure(FOLDER / f"{request.param}.jsonl")


def test_the_messages_are_of_all_kinds() -> None:
    """Each half has hundreds of messages, and no message is in both."""
    halves = [
        {json.loads(line)["text"] for line in (FOLDER / f"{half}.jsonl").read_text().splitlines()}
        for half in ("train", "test")
    ]
    assert min(map(len, halves)) >= 250
    assert not halves[0] & halves[1]


def test_recall_and_precision(measured: Measured) -> None:
    """Of the numbers 98 in 100 are masked, of the names 90. Of what is masked, 93 in 100 belong to a person."""
    assert measured.recall(NUMBER_KINDS) >= 0.98, [measured.missed[kind] for kind in NUMBER_KINDS]
    assert measured.recall(["name"]) >= 0.9, measured.missed["name"]
    assert measured.recall(["mail", "handle"]) >= 0.98
    assert measured.recall(["address"]) >= 0.9, measured.missed["address"]
    assert measured.precision >= 0.93, measured.wrongly_masked


def test_what_a_report_needs_stays_readable(measured: Measured) -> None:
    """Streets, institutions, regions, dates, prices, distances, kilometre posts and laws stay."""
    assert measured.parts[READABLE] >= 200
    assert measured.recall([READABLE]) >= 0.98, measured.missed[READABLE]


@pytest.mark.parametrize("part", [0, 1, 2], ids=["seen", "held-back", "disguised"])
def test_sentences_of_another_author(part: int) -> None:
    """Names, numbers and addresses are masked; places, amounts, dates and institutions stay."""
    sentences = _SENTENCES.read_text().split(_SEPARATOR)[part].splitlines()
    words = measure_words(sentences)
    assert len(sentences) >= 30
    assert 1 - len(words.left) / words.personal >= _LEAST_RECALL, words.left
    assert len(words.lost) / words.words <= _MOST_LOST, words.lost


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Hubungi Wulan 0896 1111 2222.", "Hubungi [nama] [nomor]."),
        ("Jl. Melati No. 12A RT 03/RW 05, Tegal", "Jl. Melati [alamat], Tegal"),
        ("WA 0812\n3456 7890", "WA [nomor]"),
        ("WA 0812\u00a03456\u00a07890, 0812\u20113456\u20117890", "WA [nomor]"),
        ("resi JP-1234567, nomor 2VA8-SD70-3330, kpj 12***78", "resi [nomor], nomor [nomor], kpj [nomor]"),
        ("Jl. Ahmad Yani, Jl. Kartini, RSUD Dr. Moewardi, Bandara Soekarno-Hatta", None),
        ("UU No. 25 Tahun 2009, PP 71 Tahun 2019, SDN 2, KM 12, Rp 1.500.000, 12-03-2025", None),
        ("Kami 12 orang,\n3 anak; KM 10/12/14, 08/12/2025, Rp 62.500.000.000", None),
        ("Bapak Bupati dan Ibu Lurah, jalan rusak 3 bulan, 1,5 km dari Simpang Lima", None),
        ("Hujan deras, taman indah, pelayanan bagus", None),
        ("Pak Hujan, Bu Indah dan Mas Bagus", "Pak [nama], Bu [nama] dan Mas [nama]"),
        ("budi.s at contoh dot com, ani (at) contoh.id, tono @ contoh.com", "[nomor], [nomor], [nomor]"),
        ("buka https://www.bkn.go.id/info atau akun @lapor1708", None),
        ("", None),
    ],
)
def test_examples(text: str, masked: str | None) -> None:
    """`None`: the text stays as it is."""
    assert mask_with_labels(text) == (text if masked is None else masked)


def test_staff_and_public_see_the_same_words() -> None:
    """The two ways to replace differ in the sign alone."""
    text = "Saya Siti Khotimah, HP 0812 3456 7890, Jl. Melati No. 3, @siti_k"
    assert [span.kind for span in find_personal(text)] == [Kind.NAME, Kind.NUMBER, Kind.ADDRESS, Kind.HANDLE]
    assert mask_text(text) == "Saya •••, HP •••, Jl. Melati •••, •••"


# The time limit is the check: a pattern that backtracks over the whole text would take hours.
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "part",
    ["a", "O", "(", "a(at", "1    ", "a@", "1,", "1*", "no ", "RT ", "satu ", "Budi ", "Jl. A ", "a.", "0-", "a dot "],
)
def test_a_long_text_is_read_once(part: str) -> None:
    """In 200 kB of one repeated part the spans are in order and do not overlap."""
    spans = find_personal((part * 200_000)[:200_000])
    assert all(span.start < span.end for span in spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))


def measure_words(sentences: list[str]) -> MeasuredWords:
    """Mask the sentences, in which each personal part stands in angle brackets."""
    left, lost, personal_count, word_count = [], [], 0, 0
    for sentence in sentences:
        personal_parts = _PERSONAL.findall(sentence)
        masked_words = set(re.findall(r"\w+", mask_with_labels(re.sub(r"[<>]", "", sentence))))
        personal_count += len(personal_parts)
        left += [part for part in personal_parts if masked_words & set(re.findall(r"\w+", part))]
        other_words = re.findall(r"\w+", _PERSONAL.sub(" ", sentence))
        word_count += len(other_words)
        lost += [word for word in other_words if word not in masked_words]
    return MeasuredWords(left, personal_count, lost, word_count)
