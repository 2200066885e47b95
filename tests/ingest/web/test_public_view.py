"""The pages of the public view, its feed, its Open311 rows and the form that joins a report, through the real door."""

import re
from http import HTTPStatus
from xml.etree import ElementTree as ET

import pytest

from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.files.test_attachments import SECRET, picture
from tests.ingest.web.forms import fields
from tests.sinks.ledger.test_status import counted
from tests.sinks.public.harness import PublicPipeline
from tests.support import records

_ATOM = "{http://www.w3.org/2005/Atom}"
_TEXT = "Kemenkes tolong, nama saya Rahmat Hidayat, hubungi 0812-3456-7890. <b>Antrean</b> puskesmas lama."
_SECRET = "Kemenkes tolong, laporan yang tidak boleh dibaca umum."
# The reports of the harness came then.
_PERIOD = "start_date=2026-11-01T00:00:00Z&end_date=2026-12-31T00:00:00Z"
_ADDRESSES = ("/publik", "/publik/P000000000000", "/publik/umpan.atom")


@pytest.fixture
def open_view(serve: Serve) -> DoorClient:
    """A served port with the public view, with one public report and one that is rahasia."""
    served = serve(public_view=True)
    pipeline = PublicPipeline(served.parts, served.parts.engine)
    pipeline.send_taken(_TEXT)
    pipeline.send_taken(_SECRET, rahasia=True)
    return served


def test_off_nothing_of_it_answers(serve: Serve) -> None:
    """Each address is unknown, no page links to it, and Open311 lists nothing."""
    served = serve()
    assert [served.get(path).status_code for path in _ADDRESSES] == [HTTPStatus.NOT_FOUND] * len(_ADDRESSES)
    for path in ("/status", "/lapor", "/privasi"):
        assert "/publik" not in served.get(path).text
    assert served.get("/open311/v2/requests.json").json() == []
    assert served.get("/open311/v2/requests/P000000000000.json").status_code == HTTPStatus.NOT_FOUND
    assert "/publik" not in served.get("/openapi.json").json()["paths"]


def test_what_everybody_sees(serve: Serve) -> None:
    """A picture by the address of its report alone, while that is public; not one without the officer's tick."""
    served = serve(public_view=True)
    pipeline = PublicPipeline(served.parts, served.parts.engine)
    sent, other = pipeline.send_taken(_TEXT), pipeline.send_taken("Kemenkes tolong, obat habis.")
    public, hidden = (pipeline.picture(sent, picture(size=(side, 40))) for side in (50, 60))
    pipeline.answer(sent, "responded", text="Satu.", pictures=(hidden,))
    pipeline.answer(sent, "closed", text="Dua.", pictures=(public,), pictures_public=True)
    page = served.get("/publik?status=selesai").text
    public_id = _only_id(page)
    assert f'<img src="/publik/{public_id}/foto/{public}"' in served.get(f"/publik/{public_id}").text
    opened = served.get(f"/publik/{public_id}/foto/{public}")
    assert (opened.status_code, opened.headers["Content-Type"]) == (HTTPStatus.OK, "image/jpeg")
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert SECRET.encode() not in opened.content
    other_id = _only_id(served.get("/publik?status=berjalan").text)
    assert sent.complaint.id != other.complaint.id
    for wrong in (f"{public_id}/foto/{hidden}", f"{other_id}/foto/{public}", f"{public_id}/foto/x", f"x/foto/{public}"):
        assert served.get(f"/publik/{wrong}").status_code == HTTPStatus.NOT_FOUND
    pipeline.send_raw(records.followed(served.parts, sent.complaint.message_id, "withdraws"))
    assert served.get(f"/publik/{public_id}/foto/{public}").status_code == HTTPStatus.NOT_FOUND


def test_what_everybody_reads(open_view: DoorClient) -> None:
    """List, report, feed and Open311 have the masked words of the public report, and nothing of the other one."""
    page = open_view.get("/publik?instansi=kementerian-kemenkes&status=berjalan").text
    public_id = _only_id(page)
    answers = [
        page,
        open_view.get(f"/publik/{public_id}").text,
        open_view.get("/publik/umpan.atom").text,
        *(open_view.get(f"/open311/v2/requests.{form}?{_PERIOD}").text for form in ("json", "xml")),
        *(open_view.get(f"/open311/v2/requests/{public_id}.{form}").text for form in ("json", "xml")),
    ]
    for text in answers:
        assert public_id in text
        assert "[nama], hubungi [nomor]" in text
        assert not re.search(r"Rahmat|0812|tidak boleh dibaca", text)
        # Days, and no times: midnight in Jakarta is 17:00 in UTC.
        assert set(re.findall(r"\d[T ](\d\d:\d\d)", text)) <= {"00:00", "17:00"}
    assert "&lt;b&gt;Antrean" in page
    assert open_view.get("/publik/P000000000000").status_code == HTTPStatus.NOT_FOUND
    for others in ("instansi=bumn-pln", "topik=tidak-ada", "wilayah=33.74", "status=selesai"):
        assert public_id not in open_view.get(f"/publik?{others}").text
    for others in (f"{_PERIOD}&status=closed", f"{_PERIOD}&service_code=tidak-ada", "end_date=2020-01-31T00:00:00Z"):
        assert open_view.get(f"/open311/v2/requests.json?{others}").json() == []


def test_damaged_addresses(open_view: DoorClient) -> None:
    """Each is answered with a page. A value that no report can have lists none; a damaged position counts as none.

    An address with NUL is refused.
    """
    public_id = _only_id(open_view.get("/publik").text)
    for query in ("sebelum=0001-01-01T00:00:00%2B14:00~P000000000000", "sebelum=%01", "sebelum=P000000000000"):
        assert f'"/publik/{public_id}"' in open_view.get(f"/publik?{query}").text
    for query in (f"sebelum={public_id}", "instansi=a%01b", "topik=%ff%01x", "wilayah=3%013", "wilayah=99.99"):
        page = open_view.get(f"/publik?{query}")
        assert (page.status_code, f'"/publik/{public_id}"' in page.text) == (HTTPStatus.OK, False)
    for address in ("/publik?sebelum=%00", "/publik?wilayah=3%003", "/publik/umpan.atom?instansi=a%00b", "/publik/%00"):
        assert open_view.get(address).status_code == HTTPStatus.BAD_REQUEST
    ends = ("start_date=0001-01-01T00:00:00Z", "start_date=9999-12-30T00:00:00Z&end_date=9999-12-31T23:59:59Z")
    for query in (*ends, f"{_PERIOD}&service_code=a%01b"):
        assert open_view.get(f"/open311/v2/requests.json?{query}").json() == []


def test_many_numbers_take_one_query(open_view: DoorClient) -> None:
    """Open311 looks up all public ids of a list together. Each is shown once, as in the list of a period."""
    public_id = _only_id(open_view.get("/publik").text)
    ids = ",".join([public_id, *(f"P{number:012}" for number in range(50)), public_id])
    with counted(open_view.parts.engine) as queries:
        rows = open_view.get(f"/open311/v2/requests.json?service_request_id={ids}").json()
    assert [row["service_request_id"] for row in rows] == [public_id]
    assert rows == open_view.get(f"/open311/v2/requests.json?{_PERIOD}").json()
    assert len([statement for statement in queries if "FROM public_report" in statement]) == 1


def test_the_feed_is_atom(open_view: DoorClient) -> None:
    """It has the elements that RFC 4287 requires, and its filter is that of the list."""
    answer = open_view.get("/publik/umpan.atom?instansi=kementerian-kemenkes")
    feed = ET.fromstring(answer.content)  # noqa: S314 - made by the service
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    for parent in (feed, feed.find(f"{_ATOM}entry")):
        assert parent is not None
        assert all(parent.findtext(f"{_ATOM}{name}") for name in ("id", "title", "updated"))
    assert feed.findtext(f"{_ATOM}author/{_ATOM}name")
    empty = ET.fromstring(open_view.get("/publik/umpan.atom?instansi=bumn-pln").content)  # noqa: S314
    assert empty.find(f"{_ATOM}entry") is None


def test_saya_juga_mengalami(open_view: DoorClient) -> None:
    """The report's page leads to a form that carries the id; the sent report names it. A damaged id is left out."""
    public_id = _only_id(open_view.get("/publik").text)
    link = re.search(r'href="(/lapor\?[^"]+)"', open_view.get(f"/publik/{public_id}").text)
    assert link
    form = open_view.get(link[1]).text
    # The sender reads before sending what everybody will see.
    assert all("tampil di <a" in text for text in (form, open_view.get("/privasi").text))
    assert f'name="same_as" value="{public_id}"' in form
    assert 'name="same_as"' not in open_view.get("/lapor?sama=%3Cscript%3E").text
    again = open_view.post("/web/reports", data=fields(open_view, text="", same_as=public_id)).text
    assert f'name="same_as" value="{public_id}"' in again
    recap = open_view.post("/web/reports", data=fields(open_view, same_as=public_id, step="recap")).text
    assert f'name="same_as" value="{public_id}"' in recap
    sent = open_view.post("/web/reports", data=fields(open_view, same_as=public_id))
    assert sent.status_code == HTTPStatus.SEE_OTHER


def _only_id(page: str) -> str:
    """Return the id of the only report of a list."""
    (public_id,) = set(re.findall(r"P[0-9A-Z]{12}", page))
    return str(public_id)
