"""Priority programmes for tests: two overlap, and one has an end and institutions."""

from datetime import date

from config.reference.programmes import Programme, ProgrammeTable

PROGRAMMES = ProgrammeTable(
    (
        Programme("gizi", "Gizi anak", ("menu gizi",), frozenset(), frozenset(), date(2025, 1, 1), None, "bumn-pln"),
        Programme(
            *("sehat", "Warga sehat", ("cek gratis",), frozenset({"kesehatan"})),
            *(frozenset({"kota", "kabupaten", "kementerian-kemenkes"}), date(2025, 9, 1), date(2026, 4, 30)),
            "kementerian-kemenkes",
        ),
    ),
    "test",
)
