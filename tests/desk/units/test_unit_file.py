"""Units in CSV files, as spreadsheets write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.units.tree import Unit, UnitFault
from desk.units.unit_file import MAX_FILE_BYTES, read_unit_file

UNITS = [Unit("DINKES", "Dinas Kesehatan"), Unit("PKM-1", "Puskesmas 1", "DINKES")]


@pytest.mark.parametrize(
    "content",
    [
        b"code,name,parent\nDINKES,Dinas Kesehatan,\nPKM-1,Puskesmas 1,DINKES\n",
        b"\xef\xbb\xbfcode,name,parent\r\nDINKES,Dinas Kesehatan,\r\nPKM-1,Puskesmas 1,DINKES\r\n",
        b"\xef\xbb\xbfkode;nama;induk\r\ndinkes;Dinas Kesehatan;\r\npkm-1;Puskesmas 1;dinkes\r\n",
        b"name\tparent\tcode\nDinas Kesehatan\t\tDINKES\nPuskesmas 1\tDINKES\tPKM-1",
        b'\n"Code","Name","Parent"\n"DINKES","Dinas  Kesehatan"\n,,\nPKM-1,Puskesmas 1,DINKES,\n',
    ],
)
def test_files_of_spreadsheets(content: bytes) -> None:
    """With and without a byte order mark, by commas, semicolons or tabs, in any order of columns."""
    assert list(read_unit_file(content).units) == UNITS


@pytest.mark.parametrize(
    ("content", "reason", "code", "line"),
    [
        ("code,name,parent\nA,Dinas \xe9,\n".encode("latin-1"), "file-encoding", "", 0),
        ("code,name,parent\nA,Dinas,\n".encode("utf-16"), "file-encoding", "", 0),
        (b"code,name,parent\nA,\0,\n", "file-encoding", "", 0),
        (b"", "file-empty", "", 0),
        (b"\xef\xbb\xbf\r\n", "file-empty", "", 0),
        (b"code,name,parent\n,,\n", "file-empty", "", 0),
        (b"code,name\nA,Dinas\n", "file-columns", "", 1),
        (b"code,name,parent,head\nA,Dinas,,Budi\n", "file-columns", "", 1),
        (b"A,Dinas,\n", "file-columns", "", 1),
        (b"code,kode,name,parent\nA,B,Dinas,\n", "file-columns", "", 1),
        (b"code,name,name,parent\nA,Dinas,Badan,\n", "file-columns", "", 1),
        (b'code,name,parent\nA,"Dinas,\n', "file-unreadable", "", 2),
        (b"code,name,parent\nA,Dinas,\na,Badan,\n", "code-taken", "A", 3),
        (b"code,name,parent\nA B,Dinas,\n", "code-invalid", "A B", 2),
        (b"code,name,parent\nA,,\n", "name-invalid", "A", 2),
        (b"code,name,parent\nA,Dinas,B C\n", "parent-unknown", "B C", 2),
        (b" " * (MAX_FILE_BYTES + 1), "file-too-large", "", 0),
    ],
)
def test_files_that_cannot_be_used(content: bytes, reason: str, code: str, line: int) -> None:
    """The fault has the line and the value."""
    with pytest.raises(UnitFault) as caught:
        read_unit_file(content)
    assert (caught.value.reason, caught.value.code, caught.value.line) == (reason, code, line)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"code,name,parent\n{text}".encode()))
def test_any_bytes_are_units_or_a_fault(content: bytes) -> None:
    """No file ends in another error."""
    with suppress(UnitFault):
        assert read_unit_file(content).units
