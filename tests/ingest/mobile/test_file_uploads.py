"""Uploads: what came before a connection broke is kept, and a file is taken whole or not at all."""

import itertools
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from ingest.arrival import Refused
from ingest.files.attachments import Attachments
from ingest.files.cleaning import MAX_FILE_BYTES
from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.mobile.uploads import QUOTA_BYTES, UPLOAD_LIFETIME, Upload, Uploads
from normalize.readers import mobile
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.files.test_attachments import GPS, SECRET
from tests.ingest.files.test_attachments import picture as photo
from tests.ingest.mobile.phones import Phone, faults, item, statuses
from tests.ingest.people import DEVICE
from tests.support.attachments import read_content

_PDF = b"%PDF-1.7 " + b"halaman " * 100


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    made = Phone(served)
    made.register()
    return made


@pytest.fixture
def uploads(engine: Engine, parts: Parts) -> Uploads:
    """On each kind of database."""
    return Uploads(engine, parts.sealer, Attachments(engine, parts.sealer, parts.file_limit))


def placed_photo() -> bytes:
    """A photo that says where it was taken."""
    return photo(gps={**GPS})


def why_not(call: Callable[[], object]) -> str:
    """The reason for which something is refused."""
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


def rows(engine: Engine, table: str) -> int:
    """How many rows a table has."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - ours


def test_picture_travels_with_its_report(served: DoorClient, phone: Phone) -> None:
    """An uploaded picture becomes an attachment of the report that names it, without what a camera writes into it."""
    upload = phone.upload(placed_photo())
    assert phone.results(item(1, attachments=[upload]))[0]["status"] == "accepted"

    (raw,) = served.raw_messages("mobile")
    (attachment,) = raw.attachments
    content = read_content(served.parts.engine, served.parts.sealer, attachment.id)
    assert attachment.media_type == "image/jpeg"
    assert content is not None
    assert SECRET.encode() not in content


def test_picture_says_where(served: DoorClient, phone: Phone) -> None:
    """Where the app sent no coordinates, the first picture with a place gives its own; else the app's stand."""
    plain, placed = phone.upload(photo("PNG")), phone.upload(placed_photo())
    phone.results(
        item(1, attachments=[plain, placed], accuracy=5),
        item(2, attachments=[placed], latitude=-7.5, longitude=110.25, accuracy=5),
        item(3, attachments=[plain]),
    )

    reports = [mobile.read_report(raw.content_type, served.opened(raw)).report for raw in served.raw_messages("mobile")]
    places = [(each.place.latitude, each.place.longitude, each.place.accuracy) for each in reports]
    assert places == [(-6.97, 110.42, None), (-7.5, 110.25, 5), (None, None, None)]


def test_file_waits_for_room(serve: Serve) -> None:
    """While too many pictures are looked at, the last part says when to come again; the file is here all the same."""
    room = ConcurrencyLimit(1, 1, 0.0)
    served = serve(room=room)
    phone, content, upload = Phone(served), photo(), uuid4()
    phone.register()
    phone.begin(len(content), upload)
    sent = item(1, attachments=[str(upload)])
    with room.slot():
        late = phone.part(upload, 0, content)
        (result,) = phone.results(sent)

    assert_refused(late, 503, "busy")
    assert int(late.headers["Retry-After"]) > 0
    assert (result["reason"], set(faults(result))) == ("busy", {"attachments.0"})
    assert result["retry_after"] > 0
    assert phone.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"] == str(len(content))
    assert phone.part(upload, len(content), b"").status_code == 204
    assert statuses(phone.results(sent)) == ["accepted"]
    assert len(served.raw_messages("mobile")[0].attachments) == 1


def test_place_of_a_picture_is_sealed(phone: Phone, served: DoorClient) -> None:
    """Where somebody stood is in clear neither on the bus nor in the door's tables."""
    upload = phone.upload(placed_photo())
    phone.results(item(1, attachments=[upload]))

    (raw,) = served.raw_messages("mobile")
    with served.parts.engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM ingest_upload").all())
    assert [clear for clear in (raw.model_dump_json(), kept) if "110.42" in clear] == []


def test_upload_goes_on_where_it_broke(served: DoorClient, phone: Phone) -> None:
    """A connection that breaks in the middle loses nothing that came: the app asks how far it is, and goes on there."""
    content, upload = _PDF * 1000, uuid4()
    phone.begin(len(content), upload)
    half = 100_000
    address = urlsplit(served.address)
    with socket.create_connection((address.hostname or "", address.port or 0)) as line:
        head = (
            f"PATCH /mobile/v1/uploads/{upload} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {phone.token}\r\n"
            f"Upload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        line.sendall(head.encode() + content[:half])

    def offset() -> int:
        return int(phone.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"])

    # The door hears of the break a moment later.
    found = next(there for _ in range(100) if (there := offset()) == half)
    assert phone.part(upload, found, content[found:]).status_code == 204
    assert phone.results(item(1, attachments=[str(upload)]))[0]["status"] == "accepted"
    (attachment,) = served.raw_messages("mobile")[0].attachments
    assert read_content(served.parts.engine, served.parts.sealer, attachment.id) == content


def test_creation_and_state(phone: Phone, served: DoorClient) -> None:
    """The app's own id names the upload; asking again gives the same one, with how far it is; no cache keeps it."""
    upload = uuid4()
    first, again = phone.begin(len(_PDF), upload), phone.begin(len(_PDF), upload)
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.headers["Location"] == f"/mobile/v1/uploads/{upload}"

    phone.part(upload, 0, _PDF[:100])
    shown = phone.call("HEAD", f"/uploads/{upload}").headers
    assert (shown["Upload-Offset"], shown["Upload-Length"]) == ("100", str(len(_PDF)))
    assert (shown["Cache-Control"], shown["Tus-Resumable"]) == ("no-store", "1.0.0")
    assert phone.begin(len(_PDF), upload).json()["offset"] == 100
    assert_refused(phone.begin(len(_PDF) + 1, upload), 409, "upload_id_reused")


def test_wrong_offset_is_told_the_right_one(phone: Phone) -> None:
    """Bytes for another place than the next are not taken, however many they are; the door says where to go on."""
    upload = uuid4()
    phone.begin(len(_PDF) * 1000, upload)
    phone.part(upload, 0, _PDF)

    for start in (0, len(_PDF) - 1, len(_PDF) + 1):
        said = assert_refused(phone.part(upload, start, _PDF * 500), 409, "wrong_offset")
        assert str(len(_PDF)) in said["Upload-Offset"]
    assert phone.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"] == str(len(_PDF))


def test_more_than_was_said(phone: Phone) -> None:
    """An upload takes no more bytes than it was begun for."""
    upload = uuid4()
    phone.begin(10, upload)

    assert_refused(phone.part(upload, 0, b"%PDF-" + b"a" * 6), 413, "too_large")
    assert phone.part(upload, 0, b"%PDF-" + b"a" * 5).status_code == 204


@pytest.mark.parametrize("length", ["", "0", "-1", "1.5", "٣", str(MAX_FILE_BYTES + 1), "9" * 5000])
def test_lengths_that_are_none(phone: Phone, length: str) -> None:
    """A file has a length, and a bound."""
    headers = {"Upload-Id": str(uuid4()), "Upload-Length": length.encode("utf-8")}
    answer = phone.call("POST", "/uploads", headers)  # type: ignore[arg-type]  # bytes that are no Latin-1

    assert answer.status_code in {400, 413}
    assert "Upload-Length" in {fault["field"] for fault in answer.json()["errors"]}


def test_ids_that_are_none(phone: Phone) -> None:
    """An id is a UUID, in the header and in the address."""
    assert "Upload-Id" in assert_refused(
        phone.call("POST", "/uploads", {"Upload-Length": "5"}), 400, "invalid_submission"
    )
    assert "id" in assert_refused(phone.part("satu", 0, b"a"), 400, "invalid_submission")


def test_what_is_no_file_of_ours(phone: Phone, served: DoorClient) -> None:
    """A file is known by its content: what can't be taken is refused with its last part, and the same ever after."""
    upload = uuid4()
    phone.begin(5, upload)

    assert_refused(phone.part(upload, 0, b"MZ..."), 415, "unknown_file_type")
    assert_refused(phone.part(upload, 5, b""), 415, "unknown_file_type")
    assert phone.call("HEAD", f"/uploads/{upload}").status_code == 415
    (result,) = phone.results(item(1, attachments=[str(upload)]))
    assert (result["status"], result["reason"]) == ("refused", "unknown_file_type")
    assert rows(served.parts.engine, "ingest_upload_part") == 0


def test_report_names_what_is_not_there(served: DoorClient, phone: Phone) -> None:
    """A report that names an unfinished, an unknown or another's upload is not taken, and is told which it is."""
    upload = uuid4()
    phone.begin(len(_PDF), upload)
    phone.part(upload, 0, _PDF[:-1])
    other = Phone(served)
    other.register()
    foreign = other.upload(_PDF)

    first = item(1, attachments=[phone.upload(_PDF), str(upload)])
    results = phone.results(first, item(2, attachments=[str(uuid4())]), item(3, attachments=[foreign]))
    assert [result["reason"] for result in results] == ["unfinished_upload", "unknown_upload", "unknown_upload"]
    assert [result["errors"][0]["field"] for result in results] == ["attachments.1", "attachments.0", "attachments.0"]
    assert served.published() == 0

    # Finished, or left out: under the same number and client id.
    phone.part(upload, len(_PDF) - 1, _PDF[-1:])
    assert phone.results(first)[0]["status"] == "accepted"


def test_same_file_twice_in_a_report(served: DoorClient, phone: Phone) -> None:
    """An upload that a report names twice is attached once."""
    upload = phone.upload(_PDF)
    phone.results(item(1, attachments=[upload, upload]))

    assert len(served.raw_messages("mobile")[0].attachments) == 1


def test_attachment_by_the_other_address(served: DoorClient, phone: Phone) -> None:
    """A report on its own takes attachments too, with its device's token or its device's id."""
    upload = phone.upload(placed_photo())
    said = {"device_id": str(phone.device_id), "text": "Foto.", "attachments": [upload]}
    phone.call("POST", "/reports", json=said | {"client_id": str(uuid4())})
    served.post("/mobile/v1/reports", json=said | {"client_id": str(uuid4())})
    answer = served.post("/mobile/v1/reports", json=said | {"device_id": DEVICE, "client_id": str(uuid4())})

    assert_refused(answer, 404, "unknown_upload")
    raw_messages = served.raw_messages("mobile")
    reports = [mobile.read_report(raw.content_type, served.opened(raw)).report for raw in raw_messages]
    assert [len(raw.attachments) for raw in raw_messages] == [1, 1]
    assert [each.place.latitude for each in reports] == [-6.97, -6.97]


def test_known_report_needs_its_upload_no_more(served: DoorClient, phone: Phone) -> None:
    """A report that is on the bus is known however late it is sent again, its upload long gone."""
    sent = item(1, attachments=[phone.upload(_PDF)])
    phone.results(sent)
    with served.parts.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ingest_upload")

    assert phone.results(sent)[0]["status"] == "known"


# The store itself, on each kind of database.


def begun(uploads: Uploads, device: str, length: int, at: datetime = NOW) -> Upload:
    """An upload of a device."""
    return uploads.begin(device, uuid4(), length, at)


@given(data=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_cut(data: bytes, cuts: list[int], uploads: Uploads, engine: Engine, parts: Parts) -> None:
    """Whatever the parts, and each sent twice: the file is the one that was sent, and its parts are gone."""
    content = b"%PDF-" + data
    upload = begun(uploads, str(uuid4()), len(content))
    places = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        uploads.append(upload, start, content[start:end], NOW)
        again = partial(uploads.append, upload, start, content[start:end], NOW)
        assert why_not(again) == "wrong_offset"
    kept = uploads.finish(upload.id, NOW)

    assert read_content(engine, parts.sealer, kept.attachment.id) == content
    assert rows(engine, "ingest_upload_part") == 0
    assert uploads.finish(upload.id, NOW) == kept


def test_parts_are_sealed(uploads: Uploads, engine: Engine) -> None:
    """What waits for the rest of its file is no picture to whoever reads the table."""
    uploads.append(begun(uploads, "d", 100), 0, b"%PDF-rahasia", NOW)

    with engine.connect() as connection:
        assert "rahasia" not in str(connection.exec_driver_sql("SELECT * FROM ingest_upload_part").all())


def test_the_same_part_at_once(uploads: Uploads) -> None:
    """Of several who bring the same part at the same moment one is taken; the others are told where to go on."""
    upload = begun(uploads, "d", len(_PDF))

    def bring(_: int) -> str:
        try:
            return str(uploads.append(upload, 0, _PDF[:50], NOW).offset)
        except Refused as why:
            return why.reason

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == ["50", *["wrong_offset"] * 3]


def test_finished_at_once(uploads: Uploads) -> None:
    """Several who finish a file at the same moment are told the same."""
    upload = begun(uploads, "d", len(_PDF))
    uploads.append(upload, 0, _PDF, NOW)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: uploads.finish(upload.id, NOW), range(4)))
    assert len({kept.attachment for kept in found}) == 1


def test_upload_survives_its_process(uploads: Uploads, engine: Engine, parts: Parts) -> None:
    """Another process goes on with what the first one kept, also where it was whole and not yet looked at."""
    upload = begun(uploads, "d", len(_PDF))
    uploads.append(upload, 0, _PDF[:50], NOW)
    later = Uploads(engine, parts.sealer, Attachments(engine, parts.sealer, parts.file_limit))
    assert later.append(upload, 50, _PDF[50:], NOW).offset == len(_PDF)

    assert uploads.finish(upload.id, NOW).attachment.size == len(_PDF)


def test_upload_ends(uploads: Uploads, engine: Engine) -> None:
    """At its end an upload is gone for its device, and its bytes with the next that is begun by anybody."""
    wanted = uuid4()
    upload = uploads.begin("d", wanted, len(_PDF), NOW)
    uploads.append(upload, 0, _PDF[:50], NOW)
    uploads.find_upload("d", wanted, NOW + UPLOAD_LIFETIME - timedelta(seconds=1))
    late = NOW + UPLOAD_LIFETIME

    assert why_not(lambda: uploads.find_upload("d", wanted, late)) == "unknown_upload"
    assert why_not(lambda: uploads.append(upload, 50, _PDF[50:], late)) == "unknown_upload"
    assert why_not(lambda: uploads.attached("d", [wanted], late)) == "unknown_upload"
    begun(uploads, "another", 5, late)
    assert (rows(engine, "ingest_upload"), rows(engine, "ingest_upload_part")) == (1, 0)
    assert uploads.begin("d", wanted, 7, late).offset == 0


def test_quota(uploads: Uploads) -> None:
    """A device brings so many bytes within the life of an upload; then it hears when there is room again."""
    for _ in range(QUOTA_BYTES // MAX_FILE_BYTES):
        begun(uploads, "d", MAX_FILE_BYTES)
    with pytest.raises(Refused) as caught:
        begun(uploads, "d", MAX_FILE_BYTES, NOW + timedelta(days=1))

    assert (caught.value.reason, caught.value.retry_after) == ("upload_quota", 2 * 86_400)
    assert begun(uploads, "another", MAX_FILE_BYTES).offset == 0
    assert begun(uploads, "d", MAX_FILE_BYTES, NOW + UPLOAD_LIFETIME).offset == 0


def test_devices_never_meet(uploads: Uploads) -> None:
    """The same id from two devices is two uploads."""
    wanted = UUID(int=1)
    one, other = (uploads.begin(device, wanted, 5, NOW) for device in ("d", "e"))
    uploads.append(one, 0, b"%PDF-", NOW)

    assert one.id == uuid5(wanted, "d") != other.id
    assert uploads.find_upload("e", wanted, NOW).offset == 0
