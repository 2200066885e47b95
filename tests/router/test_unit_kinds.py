"""The kinds of units that a report is for, with their evidence."""

import pytest

from messages.shapes import Report
from router.decide import decide
from tests.support.rules import SHIPPED, cached_rules


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Sampah di TPS Kecamatan Gunungpati Kota Semarang menumpuk dua minggu.", ["dinas lingkungan hidup"]),
        ("Pak Lurah sudah tahu, sampah di Kota Semarang tetap menumpuk.", ["dinas lingkungan hidup"]),
        ("Petugas puskesmas di Kota Semarang kasar kepada pasien.", ["puskesmas", "dinas kesehatan"]),
        ("Dinas Bunga Kota Semarang tutup.", []),
        ("Selamat pagi dari Kota Semarang.", []),
    ],
)
def test_kinds_that_a_report_is_for(text: str, kinds: list[str]) -> None:
    """Those that it names and that handle its topic, then the others that handle it. A line of an address is none."""
    decision = decide(Report(text=text), cached_rules(SHIPPED))
    assert [kind.kind for kind in decision.unit_kinds] == kinds


def test_the_evidence_of_a_kind() -> None:
    """The words of the report, as in the reasons of a dispatch."""
    decision = decide(Report(text="Petugas puskesmas di Kota Semarang kasar."), cached_rules(SHIPPED))
    assert [(kind.rule, kind.text) for kind in decision.unit_kinds] == [
        ("unit-named", "Laporan menyebut “puskesmas”."),
        ("unit-topic", "“puskesmas” biasanya ditangani dinas kesehatan."),
    ]
