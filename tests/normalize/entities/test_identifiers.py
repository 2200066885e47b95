"""Numbers and codes of persons, things and cases. All are invented."""

import pytest

from language.places.gazetteer import Gazetteer
from messages.ids import message_id
from messages.tracking import tracking_number
from normalize.entities import Entity, EntityKind, extract_entities
from tests.normalize.entities.conftest import Extract

_NUMBER = tracking_number(message_id("web", "1", b"a key for tests"), b"a key for tests")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NIK 3174014101900001", "nik=3174014101900001"),
        ("nik: 3174-0141-0190-0001", "nik=3174014101900001"),
        ("no KK 3174011203170001", "kk=3174011203170001"),
        ("nomor kartu keluarga 3174011203170001", "kk=3174011203170001"),
        ("3174014101900001", "nik=3174014101900001"),
        ("BPJS 0001234567890", "bpjs=0001234567890"),
        ("Noka 0001234567890", "bpjs=0001234567890"),
        ("KPJ 10012345678", "kpj=10012345678"),
        ("NPWP 09.254.294.3-407.000", "npwp=092542943407000"),
        ("idpel 512345678901", "idpel=512345678901"),
        ("no meter 14012345678", "meter=14012345678"),
        ("rekening BRI 123456789012345", "account=123456789012345"),
        ("HP 0812-0000-0001", "phone=+6281200000001"),
        ("hub +62 812 0000 0001", "phone=+6281200000001"),
        ("WA 6281200000001", "phone=+6281200000001"),
        ("telp (021) 5550001", "phone=+62215550001"),
        ("021-5550001", "phone=+62215550001"),
        ("a.b-c@Example.org", "email=a.b-c@example.org"),
        ("https://www.Example.org/laporan?x=1.", "url=example.org/laporan?x=1"),
        ("antrian.contoh.go.id error", "url=antrian.contoh.go.id"),
        ("B 1234 XYZ", "plate=B1234XYZ"),
        ("H1373AW ngebut", "plate=H1373AW"),
        ("plat nomor ab 1234 cd", "plate=AB1234CD"),
        ("resi EE123456785ID", "reference=ee123456785id"),
        ("EE123456785ID", "reference=ee123456785id"),
        ("tiket ABC-12345", "reference=abc12345"),
        ("track ID 1634244", "reference=1634244"),
        ("laporan no 1634244", "reference=1634244"),
        ("polis 123456789012", "reference=123456789012"),
        ("kode 123456789012345678", "number=123456789012345678"),
    ],
)
def test_a_number_is_classified(text: str, expected: str, extract: Extract) -> None:
    """A number has the kind that its label, its form and its check digit state, in one canonical form."""
    assert extract(text) == [expected]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NIK 3174013201900001", "3174013201900001"),  # no 32nd of a month
        ("NIK 9974014101900001", "9974014101900001"),  # no such province
        ("NPWP 09.254.294.4-407.000", "092542944407000"),  # wrong check digit
    ],
)
def test_a_failed_check_gives_an_unknown_kind(text: str, value: str, extract: Extract) -> None:
    """A number that fails the check of its kind is a number of unknown kind; it is not lost."""
    assert extract(text) == [f"number={value}"]


def test_a_wrong_check_digit_is_no_parcel(extract: Extract) -> None:
    """A postal number with a wrong digit is no parcel number, unless its label states it."""
    assert extract("EE123456786ID") == ["number=123456786"]


@pytest.mark.parametrize(
    "text",
    ["antre no 12", "tahun 2017", "1.500.000.000 lebih", "RT 5 RW 3 DI B 12 NO 3", "yang-baik-saja", "SATU-DUA-TIGA"],
)
def test_ordinary_numbers_are_no_identifiers(text: str, extract: Extract) -> None:
    """Short numbers, sums and words with dashes are no identifiers."""
    kinds = {value.split("=")[0] for value in extract(text)}
    assert kinds.isdisjoint({"number", "plate", "tracking", "reference", "phone"})


def test_our_tracking_numbers(extract: Extract) -> None:
    """A tracking number is recognised by its check symbol anywhere in a text; with a wrong symbol it is none."""
    assert extract(f"Laporan {_NUMBER} belum dijawab") == [f"tracking={_NUMBER}"]
    assert extract(f"nomor lacak {_NUMBER.replace('-', '').lower()}") == [f"tracking={_NUMBER}"]
    assert extract(f"tiket {_NUMBER.replace('-', '').lower()}") == [f"tracking={_NUMBER}"]
    wrong_number = f"{_NUMBER[:-1]}{'0' if _NUMBER[-1] != '0' else '1'}"
    assert f"tracking={wrong_number}" not in extract(f"Laporan {wrong_number} belum dijawab")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KPJ: 1[****]455", "masked=kpj 1*455"),
        ("nomor peserta 10xxxxxxx72", "masked=kpj 10*72"),
        ("nik 3175********0006", "masked=nik 3175*0006"),
        ("no kartu 0001[***************]56", "masked=bpjs 0001*56"),
        ("NIK [*****][*****]02", "masked=nik **02"),
        ("hubungi 0[*******]3", "masked=phone 0*3"),
    ],
)
def test_masked_numbers(text: str, expected: str, extract: Extract) -> None:
    """A masked number keeps its visible digits and its label."""
    assert extract(text) == [expected]


def test_a_label_belongs_to_its_line(extract: Extract) -> None:
    """A label does not count for the number of the next line, but its own number may be in the next line."""
    assert extract("NIK : -\nEMAIL : [*****]") == ["masked=number *"]
    assert extract("KPJ\n10012345678") == ["kpj=10012345678"]


def test_stars_alone_are_no_mask(extract: Extract) -> None:
    """Stars and crosses without a digit are decoration."""
    assert extract("***PENTING*** xxx") == []


def test_personal_values_are_hidden(gazetteer: Gazetteer) -> None:
    """A value that may lead to a person is marked as personal, and printing the entity does not show it."""
    (nik,) = extract_entities("NIK 3174014101900001", gazetteer)
    assert nik.personal
    assert "3174014101900001" not in f"{nik} {nik!r} {(nik,)}"
    (street,) = extract_entities("Jl. Melati", gazetteer)
    assert not street.personal
    assert repr(street) == "Entity(street, 'melati', 0, 10)"


def test_every_identifier_is_personal() -> None:
    """Only places, times and amounts are not personal."""
    impersonal = {kind for kind in EntityKind if not Entity(kind, "x", 0, 1).personal}
    assert impersonal == {
        EntityKind.STREET,
        EntityKind.ALLEY,
        EntityKind.KM,
        EntityKind.RT,
        EntityKind.RW,
        EntityKind.BLOCK,
        EntityKind.HAMLET,
        EntityKind.VILLAGE,
        EntityKind.DISTRICT,
        EntityKind.CITY,
        EntityKind.PROVINCE,
        EntityKind.AREA,
        EntityKind.LANDMARK,
        EntityKind.UNIT,
        EntityKind.BRANCH,
        EntityKind.URL,
        EntityKind.DATE,
        EntityKind.WHEN,
        EntityKind.TIME,
        EntityKind.AMOUNT,
        EntityKind.MEASURE,
    }
