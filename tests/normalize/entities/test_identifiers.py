"""Numbers and codes of persons, things and cases. All are invented."""

import pytest

from language.places.gazetteer import Gazetteer
from messages.ids import message_id
from messages.tracking import tracking_number
from normalize.entities import Entity, EntityKind, extract_entities
from tests.normalize.entities.conftest import Read

_NUMBER = tracking_number(message_id("web", "1"), b"a key for tests")


@pytest.mark.parametrize(
    ("text", "found"),
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
def test_kinds(text: str, found: str, read: Read) -> None:
    """A number is of the kind that its label, its form and its check say, in one form."""
    assert read(text) == [found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NIK 3174013201900001", "3174013201900001"),  # no 32nd of a month
        ("NIK 9974014101900001", "9974014101900001"),  # no such province
        ("NPWP 09.254.294.4-407.000", "092542944407000"),  # wrong check digit
    ],
)
def test_failed_checks(text: str, value: str, read: Read) -> None:
    """What fails the check of its kind is a number of unknown kind, and not lost."""
    assert read(text) == [f"number={value}"]


def test_a_parcels_check_digit(read: Read) -> None:
    """A postal number with a slip is no parcel's, unless its label says so."""
    assert read("EE123456786ID") == ["number=123456786"]


@pytest.mark.parametrize(
    "text",
    ["antre no 12", "tahun 2017", "1.500.000.000 lebih", "RT 5 RW 3 DI B 12 NO 3", "yang-baik-saja", "SATU-DUA-TIGA"],
)
def test_none(text: str, read: Read) -> None:
    """Short numbers, sums and words with dashes are no identifiers."""
    assert not [
        found for found in read(text) if found.split("=")[0] in {"number", "plate", "tracking", "reference", "phone"}
    ]


def test_our_numbers(read: Read) -> None:
    """A tracking number of ours is known by its check symbol, wherever it stands; with a slip it is none."""
    assert read(f"Laporan {_NUMBER} belum dijawab") == [f"tracking={_NUMBER}"]
    assert read(f"nomor lacak {_NUMBER.replace('-', '').lower()}") == [f"tracking={_NUMBER}"]
    assert read(f"tiket {_NUMBER.replace('-', '').lower()}") == [f"tracking={_NUMBER}"]
    slip = f"{_NUMBER[:-1]}{'0' if _NUMBER[-1] != '0' else '1'}"
    assert f"tracking={slip}" not in read(f"Laporan {slip} belum dijawab")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("KPJ: 1[****]455", "masked=kpj 1*455"),
        ("nomor peserta 10xxxxxxx72", "masked=kpj 10*72"),
        ("nik 3175********0006", "masked=nik 3175*0006"),
        ("no kartu 0001[***************]56", "masked=bpjs 0001*56"),
        ("NIK [*****][*****]02", "masked=nik **02"),
        ("hubungi 0[*******]3", "masked=phone 0*3"),
    ],
)
def test_masked(text: str, found: str, read: Read) -> None:
    """A number that hides its middle is neither a number nor words: what is shown of it, and what it is called."""
    assert read(text) == [found]


def test_a_label_of_another_line(read: Read) -> None:
    """What a line says of its number says nothing of the next line's; the number itself may stand in the next."""
    assert read("NIK : -\nEMAIL : [*****]") == ["masked=number *"]
    assert read("KPJ\n10012345678") == ["kpj=10012345678"]


def test_stars_alone(read: Read) -> None:
    """Stars and crosses without a digit are ornament."""
    assert read("***PENTING*** xxx") == []


def test_personal(gazetteer: Gazetteer) -> None:
    """What may lead to a person says so, and does not show itself when it is printed."""
    (found,) = extract_entities("NIK 3174014101900001", gazetteer)
    assert found.personal
    assert "3174014101900001" not in f"{found} {found!r} {(found,)}"
    (street,) = extract_entities("Jl. Melati", gazetteer)
    assert not street.personal
    assert repr(street) == "Entity(street, 'melati', 0, 10)"


def test_every_identifier_is_personal() -> None:
    """None was forgotten: only what says where, when and how much is not personal."""
    impersonal = {kind for kind in EntityKind if not Entity(kind, "x", 0, 1).personal}
    assert impersonal == {
        *(
            EntityKind.STREET,
            EntityKind.ALLEY,
            EntityKind.KM,
            EntityKind.RT,
            EntityKind.RW,
            EntityKind.BLOCK,
            EntityKind.HAMLET,
            EntityKind.VILLAGE,
            EntityKind.DISTRICT,
        ),
        *(
            EntityKind.CITY,
            EntityKind.PROVINCE,
            EntityKind.AREA,
            EntityKind.LANDMARK,
            EntityKind.UNIT,
            EntityKind.BRANCH,
            EntityKind.URL,
            EntityKind.DATE,
            EntityKind.WHEN,
        ),
        *(EntityKind.TIME, EntityKind.AMOUNT, EntityKind.MEASURE),
    }
