"""Reading of reports into their comparable form, and its stored form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.explanation.reading import ExplainedMessage
from bench.evaluation.explained_messages import read_comparable
from normalize.duplicates.comparable import pack_comparable, unpack_comparable
from normalize.duplicates.factory import DuplicateDetection
from tests.normalize.duplicates.conftest import ReadMessage, message


def test_dictionary_word_that_is_a_village(read_message: ReadMessage) -> None:
    """A dictionary word that no complaint uses is a name if a village has it; common words are no names."""
    assert "johar" in read_message(message("banjir di johar")).names
    assert not {"banjir", "jalan"} & read_message(message("banjir di jalan")).names


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_stored_and_read_again(detection: DuplicateDetection, text: str, title: str, address: str) -> None:
    """The stored form of any text is read back unchanged, and the number of its keys is limited."""
    comparable = read_comparable(detection, ExplainedMessage(id="1", text=text, title=title, address=address))
    assert unpack_comparable(pack_comparable(comparable)) == comparable
    assert len(detection.reader.lookup_keys(comparable).search_keys) <= 4 * 40


def test_stored_form_is_fixed() -> None:
    """The order and content of the stored lines: stored rows are read by it."""
    stored = (
        b"lampu padam\nlampu\nmelati\nmelati wiratama\npju\ntebet\nlampu.lampu\npadam.padam\n"
        b'[[["street","melati"]],[["rt","3"]],[-6.2,106.8],1772413200.0,"s","sms","pengaduan",false,true,true,true,true]'
    )
    comparable = unpack_comparable(stored)
    assert pack_comparable(comparable) == stored
    assert comparable.text_words == ("lampu", "padam")
    assert (comparable.title_words, comparable.address_words) == (("lampu",), ("melati",))
    assert comparable.names == {"melati", "wiratama"}
    assert (sorted(comparable.topics), sorted(comparable.district_words)) == (["pju"], ["tebet"])
    assert (sorted(comparable.objects), sorted(comparable.faults)) == (["lampu.lampu"], ["padam.padam"])
    assert (comparable.entities, comparable.address_entities) == ((("street", "melati"),), (("rt", "3"),))
    assert (comparable.coordinates, comparable.received_at) == ((-6.2, 106.8), 1772413200.0)
    assert (comparable.sender, comparable.channel, comparable.report_kind) == ("s", "sms", "pengaduan")
    assert (comparable.secret, comparable.mentions_earlier_report) == (False, True)
    assert (comparable.says_recurred, comparable.says_continuing, comparable.says_again) == (True, True, True)


def test_identifiers_are_stored_as_hashes(read_message: ReadMessage) -> None:
    """The stored form contains no number of a person."""
    numbers = ("3374010101900001", "0009000012345", "081200000001", "1234567890123456")
    text = f"NIK {numbers[0]} BPJS {numbers[1]} hp {numbers[2]} rek {numbers[3]}"
    stored = pack_comparable(read_message(message(text))).decode()
    assert not [number for number in numbers if number in stored or number[1:] in stored]


def test_village_with_a_name_of_ordinary_words(read_message: ReadMessage) -> None:
    """The region makes such a village a name, written as one word; in another region the words are ordinary words."""
    names = read_message(message("lampu mati di Batu Merah", location="Kota Ambon")).names
    assert "batumerah" in names
    assert "batumerah" not in read_message(message("lampu mati di Batu Merah", location="Kota Bandung")).names


@pytest.mark.parametrize("text", ["jalan dari dana desa baru dicor sudah retak", "pak desa bilang sudah dibagi"])
def test_deeds_of_a_village_are_no_village_name(read_message: ReadMessage, text: str) -> None:
    """`dana desa baru` and `pak desa bilang` name no village."""
    assert not [value for kind, value in read_message(message(text)).entities if kind == "village"]
