"""The words of a text: positions, normal forms, and no equal form for different words."""

# ruff: noqa: RUF001 - letters in disguise are tested

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.regions import Regions, load_regions
from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from language.text import clean_text
from language.words import Word, WordReader
from tests.support.paths import SHARED

SLANG = load_slang()
WORDS = WordReader(SLANG)
NEGATIONS = ("tidak", "belum", "bukan", "jangan", "tanpa")


def normal(text: str) -> str:
    """Return the normal forms, joined by spaces."""
    return " ".join(word.normal for word in WORDS.read_words(text))


def test_abbreviations_and_slang_are_expanded() -> None:
    """They become the formal words."""
    hurried = "jln yg rusak blm diperbaiki tdk ada tindak lanjut"
    assert normal(hurried) == "jalan yang rusak belum diperbaiki tidak ada tindak lanjut"


def test_words_have_their_position() -> None:
    """Positions are in the given text, which is not changed."""
    text = "Jln. RUSAK 🚧 di Kec. Sukamulya, sdh 1,5 bln!"
    assert [(text[word.start : word.end], word.normal) for word in WORDS.read_words(text)] == [
        ("Jln", "jalan"),
        ("RUSAK", "rusak"),
        ("di", "di"),
        ("Kec", "kecamatan"),
        ("Sukamulya", "sukamulya"),
        ("sdh", "sudah"),
        ("1,5", "1.5"),
        ("bln", "bulan"),
    ]


def test_one_written_word_may_be_several_words() -> None:
    """Each of them has the position of the written word."""
    assert WORDS.read_words("trmksh pak") == [Word(0, 6, "terima"), Word(0, 6, "kasih"), Word(7, 10, "pak")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ЈАLАN ruѕak", "jalan rusak"),
        ("ΤΟLΟΝG", "tolong"),
        ("ｊａｌａｎ ＲＵＳＡＫ", "jalan rusak"),
        ("𝐣𝐚𝐥𝐚𝐧 𝓻𝓾𝓼𝓪𝓴 ⓙⓐⓛⓐⓝ ᴊᴀʟᴀɴ", "jalan rusak jalan jalan"),
        ("RT ٠٣", "rt 03"),
        ("Désa Ìndah", "desa indah"),
        ("t0l0ng j4lan s3kolah", "tolong jalan sekolah"),
        ("привет ꦏꦶ ꦏꦸ", "привет ꦏꦶ ꦏꦸ"),
        ("Jum’at do'a Ma'af", "jumat doa maaf"),
        ("😡😡 👍🏽 ❤️ 1️⃣", "1"),
    ],
    ids=[
        "cyrillic",
        "greek",
        "fullwidth",
        "fancy",
        "digits",
        "accents",
        "digits for letters",
        "scripts",
        "apostrophe",
        "emoji",
    ],
)
def test_letters_in_disguise(typed: str, expected: str) -> None:
    """A word is the same in any style of letters; another script keeps its letters and vowels."""
    assert normal(typed) == expected


@pytest.mark.parametrize("word", ["a1b2c3", "h1n1", "b1234xyz", "rt3rw4", "covid19"])
def test_digits_that_are_no_letters(word: str) -> None:
    """Digits are read as letters only in a known word."""
    assert re.findall("[0-9]+", normal(word)) == re.findall("[0-9]+", word)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("bangeeet", "banget"),
        ("parahhhh", "parah"),
        ("TOLOOOONG", "tolong"),
        ("saat maaf taat manfaat", "saat maaf taat manfaat"),
        ("maaaaf", "maaf"),
        ("yangg blmm", "yang belum"),
        ("keadaaan perusahaaan", "keadaan perusahaan"),
        ("jalaaan", "jalan"),
        ("RT III golongan IIIb VIII xxxx", "rt iii golongan iiib viii xxxx"),
    ],
)
def test_stretched_words(typed: str, expected: str) -> None:
    """A letter three times or more is read as one; two letters may belong to the word, and Roman numbers stay."""
    assert normal(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("anak2 anak-anak anak anak", "anak anak " * 3),
        ("org2 orang-orang", "orang orang " * 2),
        ("jalan2nya ugal2an mudah2an", "jalan jalan ugal ugalan mudah mudahan"),
        ("berkali2 berkali-kali", "berkali kali " * 2),
        ("ujian2x", "ujian ujian"),
        ("foto 2x foto2", "foto 2 kali foto foto"),
        ("lantai2 SDN2 RT2 jl2", "lantai 2 sdn 2 rt 2 jalan 2"),
        ("tahun2019", "tahun 2019"),
    ],
)
def test_doubled_words(typed: str, expected: str) -> None:
    """A doubled word is the word twice, in all three spellings; a numbered thing keeps its number."""
    assert normal(typed) == expected.strip()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("15.000 15,000 15000 15 rb 15rb 15ribu 15.000,00", "15000 " * 7),
        ("Rp15.000,- Rp. 15.000", "rp 15000 " * 2),
        ("1,5 jt 1.5jt 1.500.000", "1500000 " * 3),
        ("2 milyar 2 miliar", "2000000000 " * 2),
        ("1.250,75", "1250.75"),
        ("1,5 1.5", "1.5 1.5"),
        ("10:30 10.30", "10.30 10.30"),
        ("12.05.2026 12/05/2026 12-05-2026", "12 05 2026 " * 3),
        ("RT 01,02", "rt 01 02"),
        ("05 rb 0,0000001 jt 1234567 rb", "05 rb 0.0000001 jt 1234567 rb"),
        ("50% 50 % 50 persen", "50 persen " * 3),
    ],
)
def test_one_number_is_one_word(typed: str, expected: str) -> None:
    """A number has one form in every spelling; a date is its parts; "ribu" stays apart if it forms no number."""
    assert normal(typed) == expected.strip()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("3hari 3 hr", "3 hari 3 hari"),
        ("5 m 5m 5 mtr 5 meter", "5 meter 5 meter 5 meter 5 meter"),
        ("5 m2 5m²", "5 m2 5 m2"),
        ("3x4 m", "3 kali 4 meter"),
        ("48 th", "48 tahun"),
        ("M. Invented, x, hr", "m invented x hr"),
        ("RT 03/RW 005 Jl. Anggrek V No. 7", "rt 03 rw 005 jalan anggrek v nomor 7"),
        ("RT05RW03", "rt 05 rw 03"),
        ("% naik", "naik"),
    ],
)
def test_units(typed: str, expected: str) -> None:
    """A unit is read only after a number; numbers of addresses and Roman numbers stay."""
    assert normal(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("kec. Coblong kel. Dago", "kecamatan coblong kelurahan dago"),
        ("kab bdg, ds. Sukamaju dsn Krajan kp Baru", "kabupaten bdg desa sukamaju dusun krajan kampung baru"),
        ("dr kemarin dr. Invented dr jln", "dari kemarin dr invented dari jalan"),
        ("pd tgl 5 Pd. Pinang", "pada tanggal 5 pd pinang"),
        ("no 5 no. HP no respon", "nomor 5 nomor hp no respons"),
        ("pkl 10.30 PKL di trotoar", "pukul 10.30 pkl di trotoar"),
        ("th 2020 lt 2", "tahun 2020 lantai 2"),
        ("dr th 2015", "dari tahun 2015"),
        ("jam 8 s/d 10", "jam 8 sampai 10"),
        ("terima kasih tlg smg", "terima kasih tolong smg"),
    ],
)
def test_short_words_are_read_by_their_neighbours(typed: str, expected: str) -> None:
    """An ambiguous short word is expanded only before certain words; words of addresses always are."""
    assert normal(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("jalannya rusak", "jalan rusak"),
        ("rumah nya KTP-nya jlnnya", "rumah ktp jalan"),
        ("hanya punya bertanya nyonya ditanya", "hanya punya bertanya nyonya ditanya"),
    ],
)
def test_clitics_are_cut_off(typed: str, expected: str) -> None:
    """-nya distinguishes no complaints; words that end with it for another reason stay."""
    assert normal(typed) == expected


def test_a_web_address_is_one_word() -> None:
    """The full stop after it does not belong to it."""
    text = "lihat https://contoh.id/a-b?c=1&d=15.000. Terima kasih"
    assert [word.normal for word in WORDS.read_words(text)][:3] == [
        "lihat",
        "https://contoh.id/a-b?c=1&d=15.000",
        "terima",
    ]


def test_negations_keep_their_meaning() -> None:
    """No form of a negation is a form of another one, and none is lost."""
    forms = {negation: {key for key, full in SLANG.items() if full.split()[0] == negation} for negation in NEGATIONS}
    assert all(normal(word).split()[0] == negation for negation in NEGATIONS for word in {negation} | forms[negation])
    assert [negation for negation in NEGATIONS if not forms[negation]] == []


TRICKY = """
    5 15.000 1,5 10:30 12.05.2026 0 007 rb jt ribu juta m x th hr % dr pd no lt pkl kel nya jalannya anak2 x2 m2 2x a1b
    s/d https://x.id/A. http:// jum'at IIIb aaaa keadaaan t0l0ng ј аb ½ Ⅷ ꦏꦶ İ ß ﷺ e\u0301 🅰 - ' . ,
"""
PARTS = st.one_of(st.sampled_from(sorted(SLANG)), st.sampled_from(re.findall(r"\S+", TRICKY)), st.text(max_size=6))
GAPS = st.sampled_from(["", " ", "  ", "-", "'", ". ", "\n", "\u00a0"])
TEXTS = st.lists(st.one_of(PARTS, GAPS)).map("".join)


@given(TEXTS)
def test_normal_forms_are_their_own_normal_forms(text: str) -> None:
    """Joined by spaces they have the same normal forms, in cleaned text and in any other."""
    for given_text in (text, clean_text(text)):
        assert normal(normal(given_text)) == normal(given_text)


@given(TEXTS)
def test_normal_forms_have_a_length_limit(text: str) -> None:
    """Each written character gives at most the longest formal words and a space."""
    assert len(normal(text)) <= WORDS.max_expansion * len(text)
    assert WORDS.max_expansion < 32


@given(TEXTS)
def test_every_word_has_a_position(text: str) -> None:
    """Words are in order, within the text, never empty and without spaces."""
    words = WORDS.read_words(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(word.normal.split() == [word.normal] for word in words)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=50))
def test_no_word_is_omitted(text: str) -> None:
    """Letters and numbers of any script are words."""
    assert WORDS.read_words(text) or text.lower().endswith("nya")


def test_long_and_short_pieces_are_read_alike() -> None:
    """A piece that is too long for the cache is read like a cached one."""
    piece = "jln,yg;rusak/blm.diperbaiki"
    assert normal(f"{piece},{piece}") == f"{normal(piece)} {normal(piece)}"


@pytest.fixture(scope="module")
def regions() -> Regions:
    """The official regions."""
    return load_regions()


def names(regions: Regions, code: str = "") -> list[str]:
    """Return the names of all provinces, cities, regencies and districts."""
    return [name for region in regions.children(code) for name in (region.name.lower(), *names(regions, region.code))]


def test_no_part_of_a_places_name_is_slang(regions: Regions) -> None:
    """A word of the name of a province, city, regency or district always means the place."""
    parts = {part for name in names(regions) for part in re.findall(r"[^\W\d_]+", name)}
    parts -= {"kabupaten", "kota", "provinsi"}
    assert sorted(parts & SLANG.keys()) == []


def test_two_places_never_become_one(regions: Regions) -> None:
    """Names that differ in more than signs have different normal forms."""
    spellings_by_form = defaultdict(set)
    for name in names(regions):
        spellings_by_form[normal(name)].add(re.sub(r"['’]", "", re.sub(r"[-. ]+", " ", name)))
    assert [spellings for spellings in spellings_by_form.values() if len(spellings) > 1] == []


def test_every_row_of_slang_is_effective() -> None:
    """Each informal word has the forms of its row, not of another rule."""
    assert {informal: normal(informal) for informal in SLANG if normal(informal) != normal(SLANG[informal])} == {}


def test_informal_and_formal_sentences_have_common_words() -> None:
    """Four words in five agree; with small letters alone, three."""
    stif = SHARED / "lexicons" / "stif"
    if not stif.exists():
        pytest.skip("the informal and formal sentences are not on this machine")
    informal, formal = ((stif / name).read_text(encoding="utf-8").splitlines() for name in ("dev.inf", "dev.for"))
    pairs = [
        (normal(sentence).split(), normal(formal_sentence).split())
        for sentence, formal_sentence in zip(informal, formal, strict=True)
    ]
    common = sum((Counter(words) & Counter(formal_words)).total() for words, formal_words in pairs)
    assert 2 * common / sum(len(words) + len(formal_words) for words, formal_words in pairs) > 0.78


FAULTS = {
    "informal,resmi\n": "its first row must be informal,formal",
    "informal,formal\nJln,jalan\n": "line 2: 'Jln' and 'jalan' are not words",
    "informal,formal\njln,\n": "line 2: 'jln' and '' are not words",
    "informal,formal\njln\n": "line 2: 'jln' and '' are not words",
    "informal,formal\njln,jalan\njln,jalanan\n": "line 3: 'jln' has two rows",
    "informal,formal\ntp,tapi\ntapi,tetapi\n": "line 2: 'tapi' is itself an informal word",
    "informal,formal\nbelum,tidak\n": "line 2: 'belum' is a negation",
    'informal,formal\n"jln,jalan\n': "unexpected end of data",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_faulty_row_is_named(tmp_path: Path, text: str) -> None:
    """A faulty row stops the start, and the error names its line."""
    path = tmp_path / "slang.csv"
    path.write_text(text)

    with pytest.raises(TableError, match=FAULTS[text]):
        load_slang(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A missing table is not an empty table."""
    with pytest.raises(TableError, match=r"slang\.csv"):
        load_slang(tmp_path / "slang.csv")


@pytest.mark.parametrize(
    ("slang", "error"), [({"a": "bb", "bb": "c"}, "have other forms: a"), ({"meter": "mtr"}, "are formal words: meter")]
)
def test_forms_of_forms_are_refused(slang: dict[str, str], error: str) -> None:
    """The normal form of such words would not be fixed."""
    with pytest.raises(ValueError, match=error):
        WordReader(slang)
