"""The unit that is meant by a kind of unit: by the names of the units, and by the place of the report."""

import pytest

from config.reference.regions import Region, Regions
from desk.units.kinds import UnitKinds, reported_place, unit_of_kinds
from desk.units.tree import Unit

KINDS = UnitKinds(
    {
        "dinas kesehatan": "dinas kesehatan",
        "dkk": "dinas kesehatan",
        "puskesmas": "puskesmas",
        "puskesmas pembantu": "puskesmas",
        "kecamatan": "kecamatan",
    }
)
REGIONS = Regions(
    [
        Region("33", "Jawa Tengah"),
        Region("33.73", "Kota Salatiga"),
        Region("33.74", "Kota Semarang"),
        Region("33.74.01", "Gunungpati"),
        Region("33.74.02", "Mijen"),
    ]
)
UNITS = [
    Unit("DKK", "Dinas Kesehatan Kota Semarang"),
    Unit("P1", "Puskesmas Gunungpati"),
    Unit("P2", "UPTD Puskesmas Mijen"),
    Unit("P3", "Puskesmas Bandarharjo"),
    Unit("SEK", "Sekretariat Dinas Kesehatan"),
]


@pytest.mark.parametrize(
    ("kind", "text", "region", "code"),
    [
        ("dinas kesehatan", "Vaksin habis", "33.74", "DKK"),
        ("puskesmas", "Puskesmas tutup di daerah Bandarharjo", "33.74.01", "P3"),
        ("puskesmas", "Puskesmas tutup", "33.74.02", "P2"),
        ("puskesmas", "Puskesmas tutup, saya dari Mijen dan Gunungpati", "33.74", ""),
        ("kecamatan", "Pak Camat Mijen", "33.74.02", ""),
    ],
)
def test_the_unit_of_a_kind(kind: str, text: str, region: str, code: str) -> None:
    """The one that fits. The place decides between several, and none is proposed where it does not."""
    unit = unit_of_kinds([kind], UNITS, reported_place([text], region, REGIONS), KINDS)
    assert (unit.code if unit else "") == code


@pytest.mark.parametrize(("region", "code"), [("33.74.01", "P1"), ("33.74.02", ""), ("33.74", ""), ("", "P1")])
def test_a_unit_that_is_named_after_another_district(region: str, code: str) -> None:
    """It is not meant, also if it is the only one of its kind: the tree may have no other yet."""
    unit = unit_of_kinds(["puskesmas"], UNITS[:2], reported_place(["Puskesmas tutup"], region, REGIONS), KINDS)
    assert (unit.code if unit else "") == code


def test_a_number_is_no_own_name() -> None:
    """It stands in reports for other reasons."""
    units = [Unit("P1", "Puskesmas 1"), Unit("P2", "Puskesmas Bandarharjo")]
    assert unit_of_kinds(["puskesmas"], units, reported_place(["Puskesmas tutup 1 minggu"], "", REGIONS), KINDS) is None


def test_the_name_of_the_government_tells_nothing() -> None:
    """Each of its units may have it."""
    units = [UNITS[0], Unit("DKH", "Dinas Kesehatan Hewan")]
    place = reported_place(["Di Kota Semarang vaksin habis"], "33.74", REGIONS)
    assert unit_of_kinds(["dinas kesehatan"], units, place, KINDS) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Puskesmas Pembantu Sekaran", ("puskesmas", "sekaran")),
        ("DKK", ("dinas kesehatan", "")),
        ("UPTD Puskesmas Mijen", ("puskesmas", "mijen")),
        ("Sekretariat Dinas Kesehatan", None),
        ("", None),
    ],
)
def test_the_kind_of_a_name(name: str, kind: tuple[str, str] | None) -> None:
    """By the longest spelling with which the name begins."""
    assert KINDS.of_name(name) == kind
