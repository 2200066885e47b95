"""Repeats and joins score above the threshold, different matters below it or are excluded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.explanation.reading import ExplainedMessage
from messages.shapes import Channel
from tests.normalize.duplicates.conftest import CompareMessages, message
from tests.normalize.duplicates.resent_texts import EXCHANGES, FORMS, REPORTS, resend


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", REPORTS)
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_repeat_is_one_matter(
    compare: CompareMessages, threshold: float, text: str, form: str, channel: Channel
) -> None:
    """A greeting, capitals, spaces, emoji or another channel make no other matter."""
    verdict = compare(message(text), message(resend(text, form), hours=30, channel=channel))
    assert verdict.score >= threshold
    assert verdict.sender == "likely"


@given(st.sampled_from(EXCHANGES), st.sampled_from(FORMS), st.floats(0, 400), st.sampled_from(["", "one"]))
def test_exchange_makes_two_matters(
    compare: CompareMessages, threshold: float, exchange: tuple[str, str], form: str, hours: float, sender: str
) -> None:
    """Another street, neighbourhood, block, person or identifier is another matter, from any sender, in any form."""
    original, replacement = exchange
    (text,) = (report for report in REPORTS if original in report)
    first = message(text, sender=sender)
    second = message(resend(text.replace(original, replacement), form), hours=hours, sender=sender)
    assert compare(first, second).score < threshold


def test_duration_grows(compare: CompareMessages, threshold: float) -> None:
    """A sender who counts on while nobody comes repeats the same matter."""
    text = "Air PDAM di Perumahan Griya Lestari Blok C2 sudah {} hari tidak mengalir, tolong dikirim tangki."
    verdict = compare(message(text.format(3), sender="a"), message(text.format(5), hours=48, sender="a"))
    assert verdict.score >= threshold
    assert verdict.sender == "same"


@pytest.mark.parametrize("length", [60, 75, 90, 110])
@pytest.mark.parametrize("text", REPORTS)
def test_cut_sms_is_one_matter(compare: CompareMessages, threshold: float, text: str, length: int) -> None:
    """The beginning of a report is the same matter, also if a word was cut off."""
    verdict = compare(message(text), message(text[:length], hours=5, channel="sms"))
    assert verdict.score >= threshold
    assert verdict.sender == "likely"


STREETS = ("Jl. Kebon Nanas Raya", "Jl. Tanjung Lengkong", "Jl. Pasar Kambing III", "Gg. Mawar 2", "Jl. H. Mansyur")
SHORT_TEXTS = (
    "PJU padam",
    "sampah menumpuk",
    "parkir liar",
    "got mampet, air meluap ke jalan",
    "jalan berlubang dalam",
)


def map_address(street: str, house: int = 7, rt: int = 3) -> str:
    """Return an address as a map writes it."""
    return f"{street} No.{house}, RT.{rt}/RW.5, Bidara Cina, Kec. Jatinegara, Kota Jakarta Timur, Indonesia"


@given(st.sampled_from(SHORT_TEXTS), st.sampled_from(STREETS), st.floats(0, 300), st.sampled_from(FORMS))
def test_short_texts_at_one_address_are_one_matter(
    compare: CompareMessages, threshold: float, text: str, street: str, hours: float, form: str
) -> None:
    """Reports from the app have few words. With the same address, within days, they are one matter."""
    address = map_address(street)
    first, second = message(text, address=address), message(resend(text, form), hours=hours, address=address)
    assert compare(first, second).score >= threshold


@given(st.sampled_from(SHORT_TEXTS), st.permutations(STREETS), st.floats(0, 300), st.sampled_from(FORMS))
def test_short_texts_at_two_addresses_are_two_matters(
    compare: CompareMessages, threshold: float, text: str, streets: list[str], hours: float, form: str
) -> None:
    """The same words in another street are another matter, in any form."""
    first = message(text, address=map_address(streets[0]))
    second = message(resend(text, form), hours=hours, address=map_address(streets[1]))
    verdict = compare(first, second)
    assert verdict.exclusion in {"other-street", "other-alley"} or verdict.score < threshold


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jl. Kb. Nanas Raya No.7, Cipinang Cemp., Kota Jkt Timur", "jalan kebon nanas raya no 7 cipinang cempedak"),
        ("Jl. Tj. Lengkong, Bidara Cina, East Jakarta City, Jakarta 13330", "Tanjung Lengkong, Bidara Cina"),
    ],
    ids=["short words", "English"],
)
def test_one_address_in_two_spellings(compare: CompareMessages, threshold: float, first: str, second: str) -> None:
    """Maps, telephones and people write one address differently."""
    verdict = compare(
        message("lampu jalan mati", address=first), message("Lampu jalan mati pak", hours=9, address=second)
    )
    assert verdict.score >= threshold


def test_one_letter_to_three_offices(compare: CompareMessages, threshold: float) -> None:
    """The addressee of a letter makes no other matter."""
    offices = ("Yth. Bapak Presiden RI di Jakarta", "Kepada Yth. Menteri Kesehatan", "Kpd yth Direktur BPJS Kesehatan")
    first, second, third = (message(f"{office}\n{REPORTS[5]}", hours=hours) for hours, office in enumerate(offices))
    assert min(compare(first, second).score, compare(second, third).score) >= threshold


@pytest.mark.parametrize(
    ("first", "second", "exclusion"),
    [
        ("0001[****]32", "0001[****]32", ""),
        ("0001[****]32", "0001[****]57", "other-person"),
        ("[****]", "0001[****]57", ""),
        ("xxxxxx", "[****]", ""),
    ],
)
def test_masked_numbers(compare: CompareMessages, first: str, second: str, exclusion: str) -> None:
    """Hidden digits are neither equal nor different; shown digits may be."""
    text = "Mohon dicek mengapa nomor kartu {} tidak dapat dipakai berobat di Puskesmas Kali Wungu sejak Senin."
    assert compare(message(text.format(first)), message(text.format(second), hours=3)).exclusion == exclusion


@pytest.mark.parametrize(
    ("first", "second", "exclusion"),
    [
        (message("PJU padam", address="Jl. Mawar"), message("PJU padam", address="Jl. Anggrek"), "other-street"),
        (message(REPORTS[0]), message(REPORTS[0], hours=24 * 120), "other-episode"),
        (
            message("PJU padam", address="Jl. Mawar"),
            message("PJU padam", hours=24 * 45, address="Jl. Mawar"),
            "other-episode",
        ),
        (message("listrik mati", sender="a"), message("listrik mati", sender="b"), "nothing-says-so"),
        (message(REPORTS[1] + " Kota Tegal"), message(REPORTS[1] + " Kabupaten Sleman"), "other-region"),
        (message("SDN 1 Wonosekar menarik iuran"), message("SDN 3 Wonosekar menarik iuran"), "other-public"),
        (
            message("klaim saya di cabang Seloka lama"),
            message("klaim saya di cabang Ngrandu lama"),
            "other-branch",
        ),
        (message("jalan rusak di Kec. Tebet"), message("jalan rusak di Kec. Cakung"), "other-region"),
    ],
    ids=["address", "months later", "weeks later", "no common ground", "region", "school", "branch", "district"],
)
def test_exclusions(
    compare: CompareMessages, first: ExplainedMessage, second: ExplainedMessage, exclusion: str
) -> None:
    """Equal words are not enough: the place, the time and the sender count."""
    assert compare(first, second).exclusion == exclusion
    assert compare(second, first).exclusion == exclusion


def test_two_citizens_with_personal_troubles(compare: CompareMessages, threshold: float) -> None:
    """Two citizens who wait for their own cards in one office have two matters."""
    first = message("e-KTP saya di kecamatan Randublatung belum jadi sejak Maret, kapan bisa diambil?")
    second = message(
        "Mau tanya KTP elektronik punya istri saya, rekam di kecamatan Randublatung, kok lama sekali", hours=8
    )
    assert compare(first, second).score < threshold


def test_neighbours_join(compare: CompareMessages, threshold: float) -> None:
    """Two neighbours who report one trouble in one street on one day, in different words, have one matter."""
    first = message(
        "Sejak tadi malam Jl. Pemuda Asri depan SD Kartika Kencana tergenang banjir setinggi lutut, selokan mampet.",
        sender="a",
        address="Jl. Pemuda Asri, Kel. Wonosekar",
    )
    second = message(
        "banjir lagi di jalan pemuda asri wonosekar dekat sd kartika kencana, got mampet tidak pernah dikeruk, "
        "anak2 tidak bisa sekolah",
        hours=5,
        sender="b",
        address="Jl. Pemuda Asri",
    )
    verdict = compare(first, second)
    assert verdict.score >= threshold
    assert verdict.sender == "other"
    assert "same-names" in verdict.evidence


def test_street_without_the_word_for_a_street(compare: CompareMessages) -> None:
    """A street's name alone means the street; another number means another street. The lamp may be another one."""
    first = message("PJU padam sudah 3 hari, jalan gelap gulita", address=map_address("Jl. Kebon Nanas Selatan II"))
    text = "lampu jalan mati di kebon nanas selatan {}, gelap gulita"
    same_street, sibling_street = (message(text.format(number), hours=20, address="Bidara Cina") for number in (2, 5))
    assert compare(first, same_street).certainty == "likely"
    assert compare(first, sibling_street).certainty == "new"


def test_sibling_street_is_excluded(compare: CompareMessages) -> None:
    """Another number of a street is another street, although the text does not call it a street."""
    first = message("PJU padam", address="Jl. Kebon Nanas Selatan II")
    assert compare(first, message("PJU padam di kebon nanas selatan 5")).exclusion == "other-street"
    assert compare(message("PJU padam di kebon nanas selatan 5"), first).exclusion == "other-street"
    assert compare(first, message("PJU padam di kebon nanas selatan II")).exclusion == ""


def test_landmark_beside_the_spot(compare: CompareMessages) -> None:
    """A common landmark needs no proper name, in any position in the other text, and is named as evidence."""
    first = message("genangan di depan kantor pos Jalan Kenari tinggi sekali, mobil mogok")
    post_office = message("Kantor pos Jalan Kenari banjir sampai lutut, kendaraan tidak bisa lewat", hours=2)
    terminal = message("Terminal Jalan Kenari banjir sampai lutut, kendaraan tidak bisa lewat", hours=2)
    same_landmark, other_landmark = compare(first, post_office), compare(first, terminal)
    assert same_landmark.score > other_landmark.score
    assert "same-object-and-fault-at-landmark" not in other_landmark.evidence


def test_differences_lower_the_score(compare: CompareMessages) -> None:
    """Different numbers, and two titles that the other complaint does not mention, make one matter less likely."""
    bus = "nunggu lama sekali di halte Wiratama Baru"
    same_number = compare(message(f"Bus 6 {bus}"), message(f"bus 6 tidak datang, {bus}")).score
    assert compare(message(f"Bus 6 {bus}"), message(f"bus 9 tidak datang, {bus}")).score < same_number
    road = "Jalan Wiratama Baru rusak parah di depan bengkel"
    related_titles = compare(
        message(road, title="Jalan rusak"), message(f"{road} sekali", title="Perbaikan jalan")
    ).score
    different_titles = compare(message(road, title="Penerangan"), message(f"{road} sekali", title="Karcis masuk")).score
    assert different_titles < related_titles


@given(st.sampled_from(REPORTS), st.sampled_from(REPORTS), st.floats(0, 3000))
def test_order_of_arrival_changes_nothing(compare: CompareMessages, first: str, second: str, hours: float) -> None:
    """The verdict is the same in both orders."""
    earlier, later = message(first), message(second, hours=hours)
    forward, backward = compare(earlier, later), compare(later, earlier)
    assert forward.exclusion == backward.exclusion
    assert forward.score == pytest.approx(backward.score)


_SHORT_PIECES = st.lists(
    st.sampled_from(
        ("", "🙏", "???", "yang", "5", "RT 3", "di depan", "Yth. Bupati", "Jl. Veteran Lama 4", REPORTS[0])
    ),
    max_size=4,
).map(" ".join)


@given(_SHORT_PIECES, _SHORT_PIECES, st.sampled_from(("", "!", "Jalan rusak")))
def test_any_two_texts_can_be_compared(compare: CompareMessages, first: str, second: str, title: str) -> None:
    """Texts without a word can be compared too, in both orders."""
    earlier, later = message(first, sender="s"), message(second, sender="s", title=title)
    forward, backward = compare(earlier, later), compare(later, earlier)
    assert 0 <= forward.score <= 1
    assert forward.exclusion == backward.exclusion
    assert forward.score == pytest.approx(backward.score)
