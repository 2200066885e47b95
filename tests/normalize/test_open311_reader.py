"""Open311: the reader of service requests, the file of services, the XML output and the store of requests."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.reference.folder import ReferenceFolder
from config.reference.open311_services import load_open311_services
from config.settings import SettingsError
from ingest.web.open311.render import render
from ingest.web.open311.store import RequestQuery, RequestStore
from ingest.wrap import accepted_record
from messages.payloads import open311
from messages.shapes import Report
from messages.topics import TRIAGE
from normalize.draft import Unreadable
from normalize.readers.open311 import Open311Reader
from router.decide import decide
from tests.conftest import NOW
from tests.support.paths import SHIPPED_TABLES
from tests.support.records import at, value_of
from tests.support.rules import cached_rules
from tests.support.stages import make_normalizer

DATA = SHIPPED_TABLES
HEADER = "service_code,service_name,group,keywords\n"
READER = Open311Reader({"jalan": "Jalan dan jembatan"})
WHERE = {"service_code": "jalan", "address_string": "Jalan Melati 3"}


def test_a_request_becomes_a_draft() -> None:
    """The service is the title; the person is in the contact only; a link to a picture is in neither."""
    location = WHERE | {"lat": "-6.9", "long": "110.4", "description": "Aspal\r\nmengelupas", "first_name": "Contoh"}
    person = {"last_name": "Orang", "phone": "0800 0000 021", "email": "orang@contoh.example", "account_id": "17"}
    link = {"media_url": "https://kota-semarang.example/1.jpg", "api_key": "kunci-kota", "device_id": "d"}

    draft = READER.read_report("", urlencode(location | person | link).encode())

    assert (draft.report.title, draft.report.text) == ("Jalan dan jembatan", "Aspal\nmengelupas")
    report_place = draft.report.place
    assert (report_place.address, report_place.latitude, report_place.longitude) == ("Jalan Melati 3", -6.9, 110.4)
    contact = draft.contact
    assert (contact.name, contact.phone, contact.email) == ("Contoh Orang", "+628000000021", "orang@contoh.example")
    assert [secret for secret in ("kunci-kota", "semarang", "Contoh", "0800") if secret in str(draft.report)] == []


@pytest.mark.parametrize("silent", ["", "  ", "\u200b\u202e", "\0"])
def test_a_request_without_words_is_a_report(parts: Parts, engine: Engine, silent: str) -> None:
    """A service and a place are enough: a request with an invisible description is not set aside as empty."""
    body = urlencode(WHERE | {"description": silent}).encode()
    raw = parts.wrapper.wrap("web", "open311::1", "", body, NOW, open311.CONTENT_TYPE)
    stage = make_normalizer(engine, parts.sealer, {"jalan": "Jalan dan jembatan"})

    (complaint,) = stage.handle([at(accepted_record(raw))])

    report = value_of(complaint)["report"]
    assert (report["title"], report["text"]) == ("Jalan dan jembatan", "Jalan dan jembatan")


def test_a_removed_service_is_called_by_its_code() -> None:
    """An accepted request is read after its service was removed from the file."""
    draft = READER.read_report("", urlencode(WHERE | {"service_code": "becak"}).encode())
    assert draft.report.title == "becak"


@given(st.binary() | st.text().map(lambda text: urlencode(WHERE | {"description": text}).encode()))
def test_any_bytes_are_a_draft_or_unreadable(body: bytes) -> None:
    """The reader raises nothing but `Unreadable`."""
    try:
        draft = READER.read_report("", body)
    except Unreadable:
        return
    assert draft.report.text


def test_a_service_name_selects_no_agency() -> None:
    """A service's name alone leads to triage: a regency's waste must not go to a ministry with a similar name.

    The exceptions are services of which only one institution is competent.
    """
    rules = cached_rules(DATA)
    decisions = {
        code: decide(Report(title=name, text=name), rules) for code, name in load_open311_services().names.items()
    }
    agencies = {code: decision.agency for code, decision in decisions.items() if decision.agency != TRIAGE}
    assert agencies == {
        "hakim-agung": "lembaga-komisi-yudisial",
        "konsumen": "lembaga-bpkn",
        "makan-bergizi": "lembaga-badan-gizi-nasional",
        "narkotika": "lembaga-bnnp",
        "pembangunan-desa": "kementerian-kemendes-pdt",
        "netralitas-asn": "lembaga-bkn",
        "sp4n-lapor": "kementerian-panrb",
        "srgi": "lembaga-big",
    }


def test_the_shipped_services() -> None:
    """There are at most forty services, sorted by code, each in a group; one is for everything else."""
    services = load_open311_services()
    assert [*services.by_code] == sorted(services.by_code)
    assert 30 < len(services.by_code) <= 40
    assert all(service.group and service.name for service in services.by_code.values())
    assert "lainnya" in services.by_code


def test_an_operators_services_replace_the_shipped_ones(tmp_path: Path) -> None:
    """Without a file in the operator's folder the shipped services are used."""
    assert load_open311_services(ReferenceFolder(tmp_path).table("services.csv")).names == load_open311_services().names
    (tmp_path / "services.csv").write_text(HEADER + 'becak,"Becak, andong",Jalan,becak| andong |\n')
    (only,) = load_open311_services(ReferenceFolder(tmp_path).table("services.csv")).by_code.values()
    assert (only.code, only.name, only.keywords) == ("becak", "Becak, andong", ("becak", "andong"))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("service_code,service_name\n", "its first row must be"),
        ("", "its first row must be"),
        (HEADER + "Becak,Becak,Jalan,\n", "line 2: write the service_code"),
        (HEADER + "a,A,X,\na,B,X,\n", "line 3: a has two rows"),
        (HEADER + "a, ,X,\n", "line 2: a has no service_name"),
        (HEADER + "a\n", "line 2: a has no service_name"),
    ],
)
def test_a_fault_in_the_services_is_named(tmp_path: Path, rows: str, fault: str) -> None:
    """The program refuses to start, and the error names the row."""
    (tmp_path / "services.csv").write_text(rows)
    with pytest.raises(SettingsError) as caught:
        load_open311_services(ReferenceFolder(tmp_path).table("services.csv"))
    assert fault in str(caught.value)


def test_each_service_has_all_columns() -> None:
    """No row has more than the four columns: further values would be lost."""
    with (DATA / "services.csv").open(newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {4}


@given(st.text())
def test_xml_can_contain_any_text(text: str) -> None:
    """Characters that XML allows come back unchanged; others are left out, and the document is valid."""
    content = bytes(render("/x.xml", "errors", [{"code": 400, "description": text}]).body)
    description = ET.fromstring(content).findtext("error/description")  # noqa: S314 - our own
    # A carriage return is written plainly, and every reader takes it for a line's end.
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    assert description == "".join(letter for letter in written if letter in "\n\t" or is_character(letter))


def is_character(letter: str) -> bool:
    """Return whether XML 1.0 allows the character, without control characters (section 2.2)."""
    return "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"


def test_requests_are_remembered_once(engine: Engine) -> None:
    """On both databases a request that is stored again changes nothing, and queries return only matching requests."""
    store = RequestStore(engine)
    for turn, (client, code) in enumerate([("a", "jalan"), ("a", "air"), ("b", "jalan"), ("a", "jalan")]):
        for _ in range(2):
            store.record(f"N{turn}", client, code, NOW + timedelta(seconds=turn))

    def newest(limit: int = 9, since: datetime = NOW, until: datetime = NOW + timedelta(hours=1), *codes: str) -> str:
        query = RequestQuery("a", since, until, codes)
        return " ".join(request.tracking for request in store.newest_requests(query, limit))

    assert newest() == "N3 N1 N0"
    assert newest(2) == "N3 N1"
    assert newest(9, NOW + timedelta(seconds=1), NOW + timedelta(seconds=1)) == "N1"
    assert newest(9, NOW, NOW + timedelta(hours=1), "jalan", "x") == "N3 N0"
    assert {request.service_code for request in store.find_requests(["N1", "N2", "unknown"]).values()} == {
        "air",
        "jalan",
    }
    assert store.find_requests([]) == {}
