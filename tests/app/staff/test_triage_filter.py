"""The filter of triage's list: names and codes, and the choices."""

import pytest

from app.staff.next_case import ListFilter
from app.staff.triage_filter import read_filter, region_choices, topic_choices
from config.reference.regions import Region, Regions
from sinks.ledger.triage_cases import UndecidedSubject

_TOPICS = {"jalan-rusak": "Jalan rusak", "ktp": "KTP", "lama": "Nama lama"}
_REGIONS = Regions(
    Region(code, name)
    for code, name in (
        *(("33", "Jawa Tengah"), ("33.22", "Kabupaten Semarang"), ("33.74", "Kota Semarang")),
        *(("33.74.01", "Semarang Tengah"), ("34", "Daerah Istimewa Yogyakarta"), ("34.04", "Kabupaten Sleman")),
    )
)
_SUBJECTS = (
    UndecidedSubject("jalan-rusak", "33.74.01", 2),
    UndecidedSubject("jalan-rusak", "34.04", 3),
    UndecidedSubject("ktp", "33.74", 1),
    UndecidedSubject("", "", 4),
)


@pytest.mark.parametrize(
    ("topic", "region", "read"),
    [
        ("jalan-rusak", "33.74", ListFilter("jalan-rusak", "33.74")),
        (" Jalan  Rusak ", "kota semarang", ListFilter("jalan-rusak", "33.74")),
        ("KTP", "Jawa Tengah", ListFilter("ktp", "33")),
        ("Nama lama", "Semarang", ListFilter("lama", "33.74")),
        ("", "Sleman", ListFilter("", "34.04")),
        ("topik baru", "33.74.01", ListFilter("topik-baru", "33.74.01")),
        ("", "Semarang Tengah", ListFilter("", "Semarang Tengah")),
    ],
)
def test_codes_and_names_are_one_filter(topic: str, region: str, read: ListFilter) -> None:
    """A province, city or regency by its name; what nobody knows stays as it was typed, and leaves no case."""
    assert read_filter(topic, region, _TOPICS, _REGIONS) == read


def test_the_topics_of_waiting_cases_by_name() -> None:
    """Each with its number of cases. The chosen one is there without any."""
    assert topic_choices(_SUBJECTS, "lama", _TOPICS) == [
        ("jalan-rusak", "Jalan rusak", 5),
        ("ktp", "KTP", 1),
        ("lama", "Nama lama", 0),
    ]


def test_the_regions_of_waiting_cases_by_name() -> None:
    """A province with all cases in it, then its cities; a district only if it was chosen."""
    assert region_choices(_SUBJECTS, "33.74.01", _REGIONS) == [
        ("34", "Daerah Istimewa Yogyakarta", 3),
        ("34.04", "Kabupaten Sleman, Daerah Istimewa Yogyakarta", 3),
        ("33", "Jawa Tengah", 3),
        ("33.74", "Kota Semarang, Jawa Tengah", 3),
        ("33.74.01", "Semarang Tengah, Kota Semarang, Jawa Tengah", 2),
    ]
    assert [choice.value for choice in region_choices((), "99", _REGIONS)] == ["99"]
