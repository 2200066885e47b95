"""What is never one matter, what always is, and what is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.duplicates import ExplainedMessage, Readers
from messages.shapes import Channel
from normalize.duplicates.comparable import pack, unpack
from tests.normalize.duplicates.conftest import Judge, said

# Invented reports, each with enough in it to know it by.
LETTERS = (
    (
        "Jalan Kenanga RT 3 RW 5 Kelurahan Sukaramai berlubang besar di depan bengkel Pak Darto, sudah dua motor "
        "jatuh. Mohon segera ditambal sebelum ada korban lagi."
    ),
    (
        "Air PDAM di Perumahan Griya Lestari Blok C2 mati sejak hari Minggu, kami membeli air tangki setiap pagi. "
        "Petugas bilang pompa rusak tetapi tidak ada kabar kapan selesai."
    ),
    (
        "Saya Wiratmoko, klaim JHT saya di kantor cabang Tanjung Seloka sudah empat bulan belum cair padahal berkas "
        "lengkap. Mohon penjelasan."
    ),
    (
        "Nomor peserta 0009000012345 tidak aktif waktu dipakai berobat di Puskesmas Kali Wungu, padahal iuran lunas. "
        "Tolong diaktifkan lagi."
    ),
    (
        "Lampu jalan di Jl. Veteran Lama dekat jembatan Kali Wungu padam semua, gelap gulita dan rawan begal bagi "
        "pulang kerja malam."
    ),
    (
        "Sampah di TPS Pasar Randublatung menumpuk sampai ke badan jalan, bau busuk masuk rumah warga Dusun Ngrandu, "
        "truk tidak datang sepuluh hari."
    ),
)
# What tells each of them from another's: a street, a number of a house, a person, an identifier.
EXCHANGES = (
    ("Jalan Kenanga", "Jalan Dahlia"),
    ("RT 3", "RT 8"),
    ("RW 5", "RW 2"),
    ("Kelurahan Sukaramai", "Kelurahan Kalirejo"),
    ("Blok C2", "Blok F1"),
    ("Saya Wiratmoko", "Saya Hendrawati"),
    ("0009000012345", "0009000054321"),
    ("Jl. Veteran Lama", "Jl. Diponegoro"),
    ("Dusun Ngrandu", "Dusun Klopo"),
)


def again(text: str, how: str) -> str:
    """The text as somebody sends it again."""
    return {
        "the same": text,
        "capitals": text.upper(),
        "small letters": text.lower(),
        "spaces": text.replace(" ", "  ").replace(",", " , "),
        "a greeting": f"Assalamualaikum, selamat pagi Bapak. {text} Terima kasih.",
        "emoji": f"😡😡 {text} 🙏",
        "a tag": f"@Lapor1708 {text} #lapor",
        "more": f"{text} Kami sudah lama menunggu, tolong jangan dibiarkan saja.",
        "whom it is for": f"Kepada Yth. Bapak Bupati dan Kepala Dinas Terkait. {text}",
        "a link": f"{text} https://t.example/a1B2c3",
        "a telephone": f"{text} Hubungi [PHONE]",
        "in a hurry": text.replace("sudah", "sdh")
        .replace("tidak", "tdk")
        .replace("yang", "yg")
        .replace("jalan", "jln"),
    }[how]


HOWS = (
    *("the same", "capitals", "small letters", "spaces", "a greeting", "emoji", "a tag", "more", "whom it is for"),
    *("a link", "a telephone", "in a hurry"),
)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("text", LETTERS)
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_repeat_is_never_split(judge: Judge, readers: Readers, text: str, how: str, channel: Channel) -> None:
    """A greeting, capitals, spaces, emoji or another channel make no other matter."""
    verdict = judge(said(text), said(again(text, how), hours=30, channel=channel))
    assert verdict.score >= readers.likeness.threshold
    assert verdict.person == "likely"


@given(st.sampled_from(EXCHANGES), st.sampled_from(HOWS), st.floats(0, 400), st.sampled_from(["", "one"]))
def test_an_exchange_always_splits(
    readers: Readers, exchange: tuple[str, str], how: str, hours: float, sender: str
) -> None:
    """Another street, neighbourhood, block, person or identifier is another matter, whoever says it and however."""
    here, there = exchange
    (text,) = (letter for letter in LETTERS if here in letter)
    one = said(text, sender=sender)
    other = said(again(text.replace(here, there), how), hours=hours, sender=sender)
    assert (
        readers.comparator.compare(readers.read_message(one), readers.read_message(other)).score
        < readers.likeness.threshold
    )


def test_a_duration_grows(judge: Judge, readers: Readers) -> None:
    """Nobody came: the same person counts on, and it is the same matter."""
    text = "Air PDAM di Perumahan Griya Lestari Blok C2 sudah {} hari tidak mengalir, tolong dikirim tangki."
    verdict = judge(said(text.format(3), sender="a"), said(text.format(5), hours=48, sender="a"))
    assert verdict.score >= readers.likeness.threshold
    assert verdict.person == "same"


@pytest.mark.parametrize("length", [60, 75, 90, 110])
@pytest.mark.parametrize("text", LETTERS)
def test_an_sms_is_cut_off(judge: Judge, readers: Readers, text: str, length: int) -> None:
    """The half of a letter is the letter, also where a word was torn."""
    verdict = judge(said(text), said(text[:length], hours=5, channel="sms"))
    assert verdict.score >= readers.likeness.threshold
    assert verdict.person == "likely"


STREETS = ("Jl. Kebon Nanas Raya", "Jl. Tanjung Lengkong", "Jl. Pasar Kambing III", "Gg. Mawar 2", "Jl. H. Mansyur")
SAID = ("PJU padam", "sampah menumpuk", "parkir liar", "got mampet, air meluap ke jalan", "jalan berlubang dalam")


def at(street: str, house: int = 7, rt: int = 3) -> str:
    """An address as a map writes it."""
    return f"{street} No.{house}, RT.{rt}/RW.5, Bidara Cina, Kec. Jatinegara, Kota Jakarta Timur, Indonesia"


@given(st.sampled_from(SAID), st.sampled_from(STREETS), st.floats(0, 300), st.sampled_from(HOWS))
def test_few_words_at_one_address_are_one_matter(
    readers: Readers, text: str, street: str, hours: float, how: str
) -> None:
    """What the app sends has few words; with the same address, within days, they are enough."""
    one, other = said(text, address=at(street)), said(again(text, how), hours=hours, address=at(street))
    assert (
        readers.comparator.compare(readers.read_message(one), readers.read_message(other)).score
        >= readers.likeness.threshold
    )


@given(st.sampled_from(SAID), st.permutations(STREETS), st.floats(0, 300), st.sampled_from(HOWS))
def test_few_words_at_two_addresses_are_two(
    readers: Readers, text: str, streets: list[str], hours: float, how: str
) -> None:
    """The same words in another street are another matter, however they are sent."""
    one, other = said(text, address=at(streets[0])), said(again(text, how), hours=hours, address=at(streets[1]))
    verdict = readers.comparator.compare(readers.read_message(one), readers.read_message(other))
    assert verdict.never in {"other-street", "other-alley"} or verdict.score < readers.likeness.threshold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jl. Kb. Nanas Raya No.7, Cipinang Cemp., Kota Jkt Timur", "jalan kebon nanas raya no 7 cipinang cempedak"),
        ("Jl. Tj. Lengkong, Bidara Cina, East Jakarta City, Jakarta 13330", "Tanjung Lengkong, Bidara Cina"),
        (at("Jl. Kebon Nanas Raya"), at("Jl. Kebon Nanas Raya", house=9)),
    ],
    ids=["short words", "English", "next house"],
)
def test_one_address_in_two_spellings(judge: Judge, readers: Readers, one: str, other: str) -> None:
    """Maps, telephones and people write one address differently."""
    verdict = judge(said("lampu jalan mati", address=one), said("Lampu jalan mati pak", hours=9, address=other))
    assert verdict.score >= readers.likeness.threshold


def test_one_letter_to_three_offices(judge: Judge, readers: Readers) -> None:
    """Whom a letter is addressed to makes no other matter of it."""
    offices = ("Yth. Bapak Presiden RI di Jakarta", "Kepada Yth. Menteri Kesehatan", "Kpd yth Direktur BPJS Kesehatan")
    one, two, three = (said(f"{office}\n{LETTERS[5]}", hours=hours) for hours, office in enumerate(offices))
    assert min(judge(one, two).score, judge(two, three).score) >= readers.likeness.threshold


@pytest.mark.parametrize(
    ("one", "other", "never"),
    [
        ("0001[****]32", "0001[****]32", ""),
        ("0001[****]32", "0001[****]57", "other-person"),
        ("[****]", "0001[****]57", ""),
        ("xxxxxx", "[****]", ""),
    ],
)
def test_hidden_numbers(judge: Judge, one: str, other: str, never: str) -> None:
    """What is hidden is neither equal nor different; what is shown may be."""
    text = "Mohon dicek mengapa nomor kartu {} tidak dapat dipakai berobat di Puskesmas Kali Wungu sejak Senin."
    assert judge(said(text.format(one)), said(text.format(other), hours=3)).never == never


@pytest.mark.parametrize(
    ("one", "other", "never"),
    [
        (said("PJU padam", address="Jl. Mawar"), said("PJU padam", address="Jl. Anggrek"), "other-street"),
        (said(LETTERS[0]), said(LETTERS[0], hours=24 * 120), "other-episode"),
        (
            said("PJU padam", address="Jl. Mawar"),
            said("PJU padam", hours=24 * 45, address="Jl. Mawar"),
            "other-episode",
        ),
        (said("listrik mati", sender="a"), said("listrik mati", sender="b"), "nothing-says-so"),
        (said(LETTERS[1] + " Kota Tegal"), said(LETTERS[1] + " Kabupaten Sleman"), "other-region"),
        (said("SDN 1 Wonosekar menarik iuran"), said("SDN 3 Wonosekar menarik iuran"), "other-public"),
        (said("klaim saya di cabang Seloka lama"), said("klaim saya di cabang Ngrandu lama"), "other-branch"),
        (said("jalan rusak di Kec. Tebet"), said("jalan rusak di Kec. Cakung"), "other-region"),
    ],
    ids=["address", "months later", "weeks later", "says nothing", "region", "school", "branch", "district"],
)
def test_what_is_never_one_matter(judge: Judge, one: ExplainedMessage, other: ExplainedMessage, never: str) -> None:
    """Equal words are not enough: the place, the time and who says it count."""
    assert judge(one, other).never == never
    assert judge(other, one).never == never


def test_two_who_ask_for_their_own(judge: Judge, readers: Readers) -> None:
    """That many wait for the same card in one office makes no one matter of it."""
    one = said("e-KTP saya di kecamatan Randublatung belum jadi sejak Maret, kapan bisa diambil?")
    other = said("Mau tanya KTP elektronik punya istri saya, rekam di kecamatan Randublatung, kok lama sekali", hours=8)
    assert judge(one, other).score < readers.likeness.threshold


def test_neighbours_join(judge: Judge, readers: Readers) -> None:
    """Other words, another person, one street and one trouble on one day."""
    one = said(
        "Sejak tadi malam Jl. Pemuda Asri depan SD Kartika Kencana tergenang banjir setinggi lutut, selokan mampet.",
        sender="a",
        address="Jl. Pemuda Asri, Kel. Wonosekar",
    )
    other = said(
        "banjir lagi di jalan pemuda asri wonosekar dekat sd kartika kencana, got mampet tidak pernah dikeruk, "
        "anak2 tidak bisa sekolah",
        hours=5,
        sender="b",
        address="Jl. Pemuda Asri",
    )
    verdict = judge(one, other)
    assert verdict.score >= readers.likeness.threshold
    assert verdict.person == "other"
    assert "place-same-topics" in verdict.evidence


def test_a_street_in_passing(judge: Judge, readers: Readers) -> None:
    """Who does not write that it is a street means it still; another number is another street."""
    one = said("PJU padam sudah 3 hari, jalan gelap gulita", address=at("Jl. Kebon Nanas Selatan II"))
    other = said("lampu jalan mati di kebon nanas selatan 2, gelap gulita", hours=20, address="Bidara Cina")
    elsewhere = said("lampu jalan mati di kebon nanas selatan 5, gelap gulita", hours=20, address="Bidara Cina")
    assert judge(one, other).score >= readers.likeness.threshold
    assert judge(one, elsewhere).score < readers.likeness.threshold


def test_another_number_is_another_street(judge: Judge) -> None:
    """However alike the rest, and though it is not called a street."""
    one = said("PJU padam", address="Jl. Kebon Nanas Selatan II")
    assert judge(one, said("PJU padam di kebon nanas selatan 5")).never == "other-street"
    assert judge(said("PJU padam di kebon nanas selatan 5"), one).never == "other-street"
    assert judge(one, said("PJU padam di kebon nanas selatan II")).never == ""


def test_what_is_beside_it(judge: Judge) -> None:
    """A place that all there know needs no name, wherever the other names it; that is a reason."""
    one = said("genangan di depan kantor pos tinggi sekali, mobil mogok")
    other = said("Kantor pos banjir sampai lutut, kendaraan tidak bisa lewat", hours=2)
    elsewhere = said("Terminal banjir sampai lutut, kendaraan tidak bisa lewat", hours=2)
    found, not_found = judge(one, other), judge(one, elsewhere)
    assert found.score > not_found.score
    assert "beside-same-topic" in found.evidence
    assert "beside-same-topic" not in not_found.evidence


def test_what_only_the_other_speaks_of(judge: Judge) -> None:
    """Two titles of which neither text of the other speaks, other numbers, each its own trouble: less likely one."""
    bus = "nunggu lama sekali di halte Wiratama Baru"
    same = judge(said(f"Bus 6 {bus}"), said(f"bus 6 tidak datang, {bus}")).score
    assert judge(said(f"Bus 6 {bus}"), said(f"bus 9 tidak datang, {bus}")).score < same
    road = "Jalan Wiratama Baru rusak parah di depan bengkel"
    told = judge(said(road, title="Jalan rusak"), said(f"{road} sekali", title="Perbaikan jalan")).score
    assert judge(said(road, title="Penerangan"), said(f"{road} sekali", title="Karcis masuk")).score < told


def test_a_name_that_is_a_word_too(readers: Readers) -> None:
    """What a dictionary has but nobody writes in a complaint is a name where a village bears it; others are words."""
    assert "johar" in readers.read_message(said("banjir di johar")).fine
    assert not {"banjir", "jalan"} & readers.read_message(said("banjir di jalan")).fine


@given(st.sampled_from(LETTERS), st.sampled_from(LETTERS), st.floats(0, 3000))
def test_it_makes_no_difference_which_came_first(readers: Readers, one: str, other: str, hours: float) -> None:
    """The order of arrival changes who is first, not who is together."""
    a, b = readers.read_message(said(one)), readers.read_message(said(other, hours=hours))
    there, back = readers.comparator.compare(a, b), readers.comparator.compare(b, a)
    assert there.never == back.never
    assert there.score == pytest.approx(back.score)


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_a_matter(readers: Readers, text: str, title: str, address: str) -> None:
    """Whatever is written is read, kept and found again as it was."""
    matter = readers.read_message(ExplainedMessage(id="1", text=text, title=title, address=address))
    assert unpack(pack(matter)) == matter
    assert len(readers.reader.lookup_keys(matter)) <= 4 * 40


def test_what_was_kept_before(readers: Readers) -> None:
    """A store that was begun before districts, things and faults were kept is read on."""
    matter = readers.read_message(said(LETTERS[5]))
    *lists, _, _, _, rest = pack(matter).decode().split("\n")
    before = unpack("\n".join((*lists, rest)).encode())
    assert before == replace(matter, wide=frozenset(), things=frozenset(), faults=frozenset())
    assert readers.comparator.compare(before, matter).score >= readers.likeness.threshold


_SCRAPS = st.lists(
    st.sampled_from(
        ("", "🙏", "???", "yang", "5", "RT 3", "di depan", "Yth. Bupati", "Jl. Veteran Lama 4", LETTERS[0])
    ),
    max_size=4,
).map(" ".join)


@given(_SCRAPS, _SCRAPS, st.sampled_from(("", "!", "Jalan rusak")))
def test_any_two_can_be_compared(readers: Readers, one: str, other: str, title: str) -> None:
    """However little either says, be it no word at all, and in either order."""
    a, b = readers.read_message(said(one, sender="s")), readers.read_message(said(other, sender="s", title=title))
    there, back = readers.comparator.compare(a, b), readers.comparator.compare(b, a)
    assert 0 <= there.score <= 1
    assert there.never == back.never
    assert there.score == pytest.approx(back.score)


def test_no_identifier_is_kept_in_the_clear(readers: Readers) -> None:
    """Whoever reads the store of matters finds no number of a person's."""
    numbers = ("3374010101900001", "0009000012345", "081200000001", "1234567890123456")
    packed = pack(
        readers.read_message(said(f"NIK {numbers[0]} BPJS {numbers[1]} hp {numbers[2]} rek {numbers[3]}"))
    ).decode()
    assert not [number for number in numbers if number in packed or number[1:] in packed]
