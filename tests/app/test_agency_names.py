"""Institutions by code or name, wherever a command asks for one."""

import pytest

from app.assembly.parts import Parts
from app.commands.common.agencies import agency_code
from app.commands.common.terminal import EX_USAGE


def test_an_institution_is_typed_by_code_or_name(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that fits one institution is taken, and said. Several are listed with their codes; none is named."""
    assert agency_code(parts, "kota-3374") == "kota-3374"
    assert capsys.readouterr().err == ""
    names = {
        "kota semarang": "kota-3374",
        "PLN": "bumn-pln",
        "kementrian kesehatan": "kementerian-kemenkes",
        "dinas kesehatan kota bandung": "kota-3273",
        "Pekerjaan Umum": "kementerian-kemenpu",
        "KOTA-3374": "kota-3374",
        "PLN Kota Semarang": "bumn-pln",
        "Dinas Pekerjaan Umum dan Penataan Ruang Kota Semarang": "kota-3374",
        "Badan Pengawas Obat dan Makanan": "lembaga-bpom",
    }
    assert {name: agency_code(parts, name) for name in names} == names
    assert "Kota Semarang (kota-3374)" in capsys.readouterr().err

    for typed, listed in (
        ("semarang", ("kota-3374  Kota Semarang", "kabupaten-3322  Kabupaten Semarang")),
        ("Kemenkes dan PLN", ("kementerian-kemenkes  ", "bumn-pln  ")),
        ("kemenkess & pln", ("kementerian-kemenkes  ", "bumn-pln  ")),
        ("Kemenkes dan Kota Semarang", ("kementerian-kemenkes  ", "kota-3374  ")),
        ("BPJS Kesehatan, PLN", ("lembaga-bpjs-kesehatan  ", "bumn-pln  ")),
        ("Kota Semarang Kabupaten Semarang", ("kota-3374  ", "kabupaten-3322  ")),
        ("kabupaten", ("Write the code of one", "more")),
        ("kota-0000", ("There is no agency kota-0000. `satupintu agencies` lists",)),
        (" ", ("There is no agency",)),
    ):
        with pytest.raises(SystemExit) as ended:
            agency_code(parts, typed)
        output = capsys.readouterr().err
        assert (ended.value.code, [text for text in listed if text not in output]) == (EX_USAGE, [])


def test_a_former_institution_has_no_queue(parts: Parts) -> None:
    """Its code is taken where an institution without a queue makes sense. Elsewhere its name leads to its successor."""
    former = parts.registry.institutions["kementerian-bumn"]
    assert former.is_former
    assert agency_code(parts, former.code, with_former=True) == former.code
    assert agency_code(parts, former.name) == former.successors[0]
