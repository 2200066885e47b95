"""Open311's service requests behind the door: how one is read, what the services' file may hold, what XML can hold."""

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
from messages import open311
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


def test_what_becomes_of_a_request() -> None:
    """The service is its title; who asks is apart from what is asked; a link to a picture is with neither."""
    said = WHERE | {"lat": "-6.9", "long": "110.4", "description": "Aspal\r\nmengelupas", "first_name": "Contoh"}
    more = {"last_name": "Orang", "phone": "0800 0000 021", "email": "orang@contoh.example", "account_id": "17"}
    link = {"media_url": "https://kota-semarang.example/1.jpg", "api_key": "kunci-kota", "device_id": "d"}

    draft = READER.read_report("", urlencode(said | more | link).encode())

    assert (draft.report.title, draft.report.text) == ("Jalan dan jembatan", "Aspal\nmengelupas")
    place = draft.report.place
    assert (place.address, place.latitude, place.longitude) == ("Jalan Melati 3", -6.9, 110.4)
    contact = draft.contact
    assert (contact.name, contact.phone, contact.email) == ("Contoh Orang", "+628000000021", "orang@contoh.example")
    assert [secret for secret in ("kunci-kota", "semarang", "Contoh", "0800") if secret in str(draft.report)] == []


@pytest.mark.parametrize("silent", ["", "  ", "\u200b\u202e", "\0"])
def test_a_request_without_words_is_a_report(parts: Parts, engine: Engine, silent: str) -> None:
    """A service and a place are enough: it is not set aside as empty, whatever nobody sees stands in it."""
    body = urlencode(WHERE | {"description": silent}).encode()
    raw = parts.wrapper.wrap("web", "open311::1", "", body, NOW, open311.CONTENT_TYPE)
    stage = make_normalizer(engine, parts.sealer, {"jalan": "Jalan dan jembatan"})

    (complaint,) = stage.handle([at(accepted_record(raw))])

    report = value_of(complaint)["report"]
    assert (report["title"], report["text"]) == ("Jalan dan jembatan", "Jalan dan jembatan")


def test_a_service_that_is_no_more_is_called_by_its_code() -> None:
    """What was accepted is read whatever has become of the file since."""
    draft = READER.read_report("", urlencode(WHERE | {"service_code": "becak"}).encode())
    assert draft.report.title == "becak"


@given(st.binary() | st.text().map(lambda text: urlencode(WHERE | {"description": text}).encode()))
def test_any_bytes_are_a_draft_or_unreadable(body: bytes) -> None:
    """The reader is total."""
    try:
        draft = READER.read_report("", body)
    except Unreadable:
        return
    assert draft.report.text


def test_a_service_is_no_address() -> None:
    """Its name opens no door: a regency's waste would go to a ministry that is called alike.

    What is one institution's alone is so whoever says it.
    """
    rules = cached_rules(DATA)
    found = {code: decide(Report(title=name, text=name), rules) for code, name in load_open311_services().names.items()}
    opened = {code: decision.agency for code, decision in found.items() if decision.agency != TRIAGE}
    assert opened == {
        "hakim-agung": "lembaga-komisi-yudisial",
        "konsumen": "lembaga-bpkn",
        "makan-bergizi": "lembaga-badan-gizi-nasional",
        "narkotika": "lembaga-bnnp",
        "pembangunan-desa": "kementerian-kemendes-pdt",
        "netralitas-asn": "lembaga-bkn",
        "sp4n-lapor": "kementerian-panrb",
        "srgi": "lembaga-big",
    }


def test_our_services() -> None:
    """At most some forty, in the order of their codes, each in a group; one is for whatever fits nowhere."""
    services = load_open311_services()
    assert [*services.by_code] == sorted(services.by_code)
    assert 30 < len(services.by_code) <= 40
    assert all(service.group and service.name for service in services.by_code.values())
    assert "lainnya" in services.by_code


def test_an_operators_services_take_the_place_of_ours(tmp_path: Path) -> None:
    """Without the file in the operator's folder ours are served."""
    assert load_open311_services(ReferenceFolder(tmp_path).table("services.csv")).names == load_open311_services().names
    (tmp_path / "services.csv").write_text(HEADER + 'becak,"Becak, andong",Jalan,becak| andong |\n')
    (only,) = load_open311_services(ReferenceFolder(tmp_path).table("services.csv")).by_code.values()
    assert (only.code, only.name, only.keywords) == ("becak", "Becak, andong", ("becak", "andong"))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("service_code,service_name\n", "its first row must be"),
        ("", "its first row must be"),
        (HEADER + "Becak,Becak,Jalan,\n", "line 2: write the service_code"),
        (HEADER + "a,A,X,\na,B,X,\n", "line 3: a has two rows"),
        (HEADER + "a, ,X,\n", "line 2: a has no service_name"),
        (HEADER + "a\n", "line 2: a has no service_name"),
    ],
)
def test_a_fault_in_the_services_is_named(tmp_path: Path, rows: str, says: str) -> None:
    """The service refuses to start and says which row to mend."""
    (tmp_path / "services.csv").write_text(rows)
    with pytest.raises(SettingsError) as caught:
        load_open311_services(ReferenceFolder(tmp_path).table("services.csv"))
    assert says in str(caught.value)


def test_the_services_are_written_as_they_are_read() -> None:
    """No column too many: what a row says beyond its columns would be lost."""
    with (DATA / "services.csv").open(newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {4}


@given(st.text())
def test_xml_holds_any_text(text: str) -> None:
    """What XML can write comes back as it was; what it can't is left out, and the document is whole."""
    content = bytes(render("/x.xml", "errors", [{"code": 400, "description": text}]).body)
    found = ET.fromstring(content).findtext("error/description")  # noqa: S314 - our own
    # A carriage return is written plainly, and every reader takes it for a line's end.
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    assert found == "".join(letter for letter in written if letter in "\n\t" or is_character(letter))


def is_character(letter: str) -> bool:
    """Whether XML 1.0 can write it, control characters aside (section 2.2)."""
    return "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"


def test_requests_are_remembered_once(engine: Engine) -> None:
    """On both databases: the same again changes nothing, and only what is asked for is found."""
    store = RequestStore(engine)
    for turn, (client, code) in enumerate([("a", "jalan"), ("a", "air"), ("b", "jalan"), ("a", "jalan")]):
        for _ in range(2):
            store.record(f"N{turn}", client, code, NOW + timedelta(seconds=turn))

    def newest(most: int = 9, since: datetime = NOW, until: datetime = NOW + timedelta(hours=1), *codes: str) -> str:
        return " ".join(one.tracking for one in store.newest_requests(RequestQuery("a", since, until, codes), most))

    assert newest() == "N3 N1 N0"
    assert newest(2) == "N3 N1"
    assert newest(9, NOW + timedelta(seconds=1), NOW + timedelta(seconds=1)) == "N1"
    assert newest(9, NOW, NOW + timedelta(hours=1), "jalan", "x") == "N3 N0"
    assert {one.service_code for one in store.find_requests(["N1", "N2", "unknown"]).values()} == {"air", "jalan"}
    assert store.find_requests([]) == {}
