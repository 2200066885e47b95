"""File uploads: bytes received before a connection broke are kept, and a file is accepted completely or not at all."""

import itertools
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from ingest.files.attachments import Attachments, stored_bytes
from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.mobile.uploads import QUOTA_BYTES, UPLOAD_LIFETIME, Upload, Uploads, announced_bytes
from normalize.readers import mobile
from pages.files.cleaning import MAX_FILE_BYTES, clean_file
from pages.files.file_space import FileSpace
from pages.refusals import Refused
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.files.test_attachments import GPS, SECRET
from tests.ingest.files.test_attachments import picture as photo
from tests.ingest.mobile.phones import Phone, details_by_field, item, statuses
from tests.ingest.people import DEVICE
from tests.support.attachments import ample_space, any_size, no_rate, read_content

_PHOTO = photo()


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    phone = Phone(served)
    phone.register()
    return phone


@pytest.fixture
def uploads(engine: Engine, parts: Parts) -> Uploads:
    """Uploads on each kind of database."""
    return Uploads(
        engine, parts.sealer, Attachments(engine, parts.sealer, parts.doors.file_limit, ample_space(), no_rate)
    )


def photo_with_coordinates() -> bytes:
    """Return a photo with coordinates."""
    return photo(gps={**GPS})


def refusal_reason(call: Callable[[], object]) -> str:
    """Return the reason of a refusal."""
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


def row_count(engine: Engine, table: str) -> int:
    """Return the number of rows of a table."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - ours


def test_picture_becomes_an_attachment(served: DoorClient, phone: Phone) -> None:
    """An uploaded picture becomes an attachment of its report, without the camera's metadata."""
    upload = phone.upload(photo_with_coordinates())
    assert phone.results(item(1, attachments=[upload]))[0]["status"] == "accepted"

    (raw,) = served.raw_messages("mobile")
    (attachment,) = raw.attachments
    content = read_content(served.parts.engine, served.parts.sealer, attachment.id)
    assert attachment.media_type == "image/jpeg"
    assert content is not None
    assert SECRET.encode() not in content


def test_report_gets_the_coordinates_of_its_picture(served: DoorClient, phone: Phone) -> None:
    """If the app sent no coordinates, the report gets those of its first picture that has any."""
    plain, placed = phone.upload(photo("PNG")), phone.upload(photo_with_coordinates())
    phone.results(
        item(1, attachments=[plain, placed], accuracy=5),
        item(2, attachments=[placed], latitude=-7.5, longitude=110.25, accuracy=5),
        item(3, attachments=[plain]),
    )

    reports = [
        mobile.read_report(raw.content_type, served.open_body(raw)).report for raw in served.raw_messages("mobile")
    ]
    places = [(report.place.latitude, report.place.longitude, report.place.accuracy) for report in reports]
    assert places == [(-6.97, 110.42, None), (-7.5, 110.25, 5), (None, None, None)]


def test_file_waits_for_a_free_slot(serve: Serve) -> None:
    """While too many pictures are cleaned, the last part is answered with Retry-After.

    The file is stored all the same.
    """
    limit = ConcurrencyLimit(1, 1, 0.0)
    served = serve(file_limit=limit)
    phone, content, upload = Phone(served), photo(), uuid4()
    phone.register()
    phone.begin(len(content), upload)
    sent = item(1, attachments=[str(upload)])
    with limit.slot():
        late = phone.part(upload, 0, content)
        (result,) = phone.results(sent)

    assert_refused(late, 503, "busy")
    assert int(late.headers["Retry-After"]) > 0
    assert (result["reason"], set(details_by_field(result))) == ("busy", {"attachments.0"})
    assert result["retry_after"] > 0
    assert phone.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"] == str(len(content))
    assert phone.part(upload, len(content), b"").status_code == 204
    assert statuses(phone.results(sent)) == ["accepted"]
    assert len(served.raw_messages("mobile")[0].attachments) == 1


def test_place_of_a_picture_is_sealed(phone: Phone, served: DoorClient) -> None:
    """The coordinates are readable neither on the bus nor in the door's tables."""
    upload = phone.upload(photo_with_coordinates())
    phone.results(item(1, attachments=[upload]))

    (raw,) = served.raw_messages("mobile")
    with served.parts.engine.connect() as connection:
        upload_rows = str(connection.exec_driver_sql("SELECT * FROM ingest_upload").all())
    assert [clear for clear in (raw.model_dump_json(), upload_rows) if "110.42" in clear] == []


def test_upload_continues_after_a_broken_connection(served: DoorClient, phone: Phone) -> None:
    """No received byte is lost. The app asks for the offset and continues from there."""
    content, upload = _PHOTO * 1000, uuid4()
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
    stored_offset = next(current_offset for _ in range(100) if (current_offset := offset()) == half)
    assert phone.part(upload, stored_offset, content[stored_offset:]).status_code == 204
    assert phone.results(item(1, attachments=[str(upload)]))[0]["status"] == "accepted"
    (attachment,) = served.raw_messages("mobile")[0].attachments
    assert (
        read_content(served.parts.engine, served.parts.sealer, attachment.id) == clean_file(content, any_size).content
    )


def test_creation_and_state(phone: Phone, served: DoorClient) -> None:
    """The app's own id names the upload. A repeated request returns the same upload with its offset, uncached."""
    upload = uuid4()
    first, again = phone.begin(len(_PHOTO), upload), phone.begin(len(_PHOTO), upload)
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.headers["Location"] == f"/mobile/v1/uploads/{upload}"

    phone.part(upload, 0, _PHOTO[:100])
    shown = phone.call("HEAD", f"/uploads/{upload}").headers
    assert (shown["Upload-Offset"], shown["Upload-Length"]) == ("100", str(len(_PHOTO)))
    assert (shown["Cache-Control"], shown["Tus-Resumable"]) == ("no-store", "1.0.0")
    assert phone.begin(len(_PHOTO), upload).json()["offset"] == 100
    assert_refused(phone.begin(len(_PHOTO) + 1, upload), 409, "upload_id_reused")


def test_wrong_offset_is_refused_with_the_right_one(phone: Phone) -> None:
    """Bytes for any other position are refused, and the answer names the right offset."""
    upload = uuid4()
    phone.begin(len(_PHOTO) * 1000, upload)
    phone.part(upload, 0, _PHOTO)

    for start in (0, len(_PHOTO) - 1, len(_PHOTO) + 1):
        details = assert_refused(phone.part(upload, start, _PHOTO * 500), 409, "wrong_offset")
        assert str(len(_PHOTO)) in details["Upload-Offset"]
    assert phone.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"] == str(len(_PHOTO))


def test_more_bytes_than_announced_are_refused(phone: Phone) -> None:
    """An upload accepts no more bytes than its announced length."""
    upload = uuid4()
    phone.begin(len(_PHOTO), upload)

    assert_refused(phone.part(upload, 0, _PHOTO + b"a"), 413, "too_large")
    assert phone.part(upload, 0, _PHOTO).status_code == 204


@pytest.mark.parametrize("length", ["", "0", "-1", "1.5", "٣", str(MAX_FILE_BYTES + 1), "9" * 5000])
def test_invalid_lengths(phone: Phone, length: str) -> None:
    """A length is a positive number up to the limit."""
    headers = {"Upload-Id": str(uuid4()), "Upload-Length": length.encode("utf-8")}
    answer = phone.call("POST", "/uploads", headers)  # type: ignore[arg-type]  # bytes that are no Latin-1

    assert answer.status_code in {400, 413}
    assert "Upload-Length" in {fault["field"] for fault in answer.json()["errors"]}


def test_invalid_ids(phone: Phone) -> None:
    """An id is a UUID, in the header and in the address."""
    assert "Upload-Id" in assert_refused(
        phone.call("POST", "/uploads", {"Upload-Length": "5"}), 400, "invalid_submission"
    )
    assert "id" in assert_refused(phone.part("satu", 0, b"a"), 400, "invalid_submission")


def test_refused_files_stay_refused(phone: Phone, served: DoorClient) -> None:
    """The content decides. A refused file is refused at its last part, and with the same reason afterwards."""
    upload = uuid4()
    phone.begin(5, upload)

    assert_refused(phone.part(upload, 0, b"MZ..."), 415, "unknown_file_type")
    assert_refused(phone.part(upload, 5, b""), 415, "unknown_file_type")
    assert phone.call("HEAD", f"/uploads/{upload}").status_code == 415
    (result,) = phone.results(item(1, attachments=[str(upload)]))
    assert (result["status"], result["reason"]) == ("refused", "unknown_file_type")
    assert row_count(served.parts.engine, "ingest_upload_part") == 0


def test_a_pdf_is_refused(phone: Phone, served: DoorClient) -> None:
    """A document has the name of its author. The app hears what its user sends instead."""
    upload, document = uuid4(), b"%PDF-1.7\n<</Author (Sekar)>>"
    phone.begin(len(document), upload)

    refusal = phone.part(upload, 0, document)
    assert_refused(refusal, 415, "pdf_not_accepted")
    assert "Kirim foto setiap halamannya." in refusal.text
    assert phone.results(item(1, attachments=[str(upload)]))[0]["reason"] == "pdf_not_accepted"
    assert (row_count(served.parts.engine, "ingest_attachment"), served.published_count()) == (0, 0)


def test_report_with_a_missing_upload_is_refused(served: DoorClient, phone: Phone) -> None:
    """A report with an unfinished, unknown or foreign upload is refused, and the answer names the upload."""
    upload = uuid4()
    phone.begin(len(_PHOTO), upload)
    phone.part(upload, 0, _PHOTO[:-1])
    other_phone = Phone(served)
    other_phone.register()
    foreign = other_phone.upload(_PHOTO)

    first = item(1, attachments=[phone.upload(_PHOTO), str(upload)])
    results = phone.results(first, item(2, attachments=[str(uuid4())]), item(3, attachments=[foreign]))
    assert [result["reason"] for result in results] == ["unfinished_upload", "unknown_upload", "unknown_upload"]
    assert [result["errors"][0]["field"] for result in results] == ["attachments.1", "attachments.0", "attachments.0"]
    assert served.published_count() == 0

    # Finished, or left out: under the same number and client id.
    phone.part(upload, len(_PHOTO) - 1, _PHOTO[-1:])
    assert phone.results(first)[0]["status"] == "accepted"


def test_same_file_twice_in_a_report(served: DoorClient, phone: Phone) -> None:
    """An upload that a report names twice is attached once."""
    upload = phone.upload(_PHOTO)
    phone.results(item(1, attachments=[upload, upload]))

    assert len(served.raw_messages("mobile")[0].attachments) == 1


def test_attachments_of_reports_sent_alone(served: DoorClient, phone: Phone) -> None:
    """A report sent alone accepts attachments too, with the device's token or the device's id."""
    upload = phone.upload(photo_with_coordinates())
    report_fields = {"device_id": str(phone.device_id), "text": "Foto.", "attachments": [upload]}
    phone.call("POST", "/reports", json=report_fields | {"client_id": str(uuid4())})
    served.post("/mobile/v1/reports", json=report_fields | {"client_id": str(uuid4())})
    answer = served.post("/mobile/v1/reports", json=report_fields | {"device_id": DEVICE, "client_id": str(uuid4())})

    assert_refused(answer, 404, "unknown_upload")
    raw_messages = served.raw_messages("mobile")
    reports = [mobile.read_report(raw.content_type, served.open_body(raw)).report for raw in raw_messages]
    assert [len(raw.attachments) for raw in raw_messages] == [1, 1]
    assert [report.place.latitude for report in reports] == [-6.97, -6.97]


def test_repeated_report_needs_no_upload(served: DoorClient, phone: Phone) -> None:
    """A published report is recognised even if its upload expired long ago."""
    sent = item(1, attachments=[phone.upload(_PHOTO)])
    phone.results(sent)
    with served.parts.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ingest_upload")

    assert phone.results(sent)[0]["status"] == "known"


# The store itself, on each kind of database.


def begin_upload(uploads: Uploads, device: str, length: int, at: datetime = NOW) -> Upload:
    """Begin an upload of a device."""
    return uploads.begin(device, uuid4(), length, at)


@given(data=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 1_200), max_size=6))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_division_into_parts(data: bytes, cuts: list[int], uploads: Uploads, engine: Engine, parts: Parts) -> None:
    """Each part is sent twice, in any division. The file is that of the original, and its parts are deleted."""
    content = _PHOTO + data
    upload = begin_upload(uploads, str(uuid4()), len(content))
    places = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        uploads.append(upload, start, content[start:end], NOW)
        again = partial(uploads.append, upload, start, content[start:end], NOW)
        assert refusal_reason(again) == "wrong_offset"
    stored = uploads.finish(upload.id, NOW)

    assert read_content(engine, parts.sealer, stored.attachment.id) == clean_file(content, any_size).content
    assert row_count(engine, "ingest_upload_part") == 0
    assert uploads.finish(upload.id, NOW) == stored


def test_parts_are_sealed(uploads: Uploads, engine: Engine) -> None:
    """Stored parts reveal nothing to a reader of the table."""
    uploads.append(begin_upload(uploads, "d", 100), 0, b"rahasia", NOW)

    with engine.connect() as connection:
        assert "rahasia" not in str(connection.exec_driver_sql("SELECT * FROM ingest_upload_part").all())


def test_the_same_part_at_once(uploads: Uploads) -> None:
    """Of several concurrent requests with the same part one is accepted. The others get the right offset."""
    upload = begin_upload(uploads, "d", len(_PHOTO))

    def bring(_: int) -> str:
        try:
            return str(uploads.append(upload, 0, _PHOTO[:50], NOW).offset)
        except Refused as why:
            return why.reason

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == ["50", *["wrong_offset"] * 3]


def test_concurrent_finish(uploads: Uploads) -> None:
    """Several requests that finish a file at the same time get the same attachment."""
    upload = begin_upload(uploads, "d", len(_PHOTO))
    uploads.append(upload, 0, _PHOTO, NOW)

    with ThreadPoolExecutor(4) as pool:
        stored_files = list(pool.map(lambda _: uploads.finish(upload.id, NOW), range(4)))
    assert len({stored.attachment for stored in stored_files}) == 1


def test_upload_survives_its_process(uploads: Uploads, engine: Engine, parts: Parts) -> None:
    """Another process continues an upload, also one that is complete and not cleaned yet."""
    upload = begin_upload(uploads, "d", len(_PHOTO))
    uploads.append(upload, 0, _PHOTO[:50], NOW)
    later = Uploads(
        engine, parts.sealer, Attachments(engine, parts.sealer, parts.doors.file_limit, ample_space(), no_rate)
    )
    assert later.append(upload, 50, _PHOTO[50:], NOW).offset == len(_PHOTO)

    assert uploads.finish(upload.id, NOW).attachment.size == len(clean_file(_PHOTO, any_size).content)


def test_upload_expires(uploads: Uploads, engine: Engine) -> None:
    """After its lifetime an upload is unknown to its device. Its bytes are deleted when any upload begins."""
    upload_id = uuid4()
    upload = uploads.begin("d", upload_id, len(_PHOTO), NOW)
    uploads.append(upload, 0, _PHOTO[:50], NOW)
    uploads.find_upload("d", upload_id, NOW + UPLOAD_LIFETIME - timedelta(seconds=1))
    late = NOW + UPLOAD_LIFETIME

    assert refusal_reason(lambda: uploads.find_upload("d", upload_id, late)) == "unknown_upload"
    assert refusal_reason(lambda: uploads.append(upload, 50, _PHOTO[50:], late)) == "unknown_upload"
    assert refusal_reason(lambda: uploads.attached("d", [upload_id], late)) == "unknown_upload"
    begin_upload(uploads, "another", 5, late)
    assert (row_count(engine, "ingest_upload"), row_count(engine, "ingest_upload_part")) == (1, 0)
    assert uploads.begin("d", upload_id, 7, late).offset == 0


def test_many_devices_of_one_address_share_its_megabytes(serve: Serve) -> None:
    """Devices cost nothing, so announced bytes count for the address. Another address can still upload."""
    served = serve(rates={"file-megabytes": "20/hour"})
    address = {"X-Forwarded-For": "203.0.113.7"}

    def begin(headers: dict[str, str]) -> int:
        phone = Phone(served)
        phone.register()
        upload = {"Upload-Id": str(uuid4()), "Upload-Length": str(MAX_FILE_BYTES)}
        return phone.call("POST", "/uploads", upload | headers).status_code

    assert [begin(address) for _ in range(3)] == [201, 201, 429]
    assert begin({"X-Forwarded-For": "198.51.100.9"}) == 201


def test_an_upload_with_too_many_pixels_is_cleaned_later(serve: Serve) -> None:
    """The bytes are stored. An empty part, or the report, has the picture cleaned when the rate allows."""
    phone = Phone(serve(rates={"picture-megapixels": "3/minute"}))
    phone.register()
    content, address = photo("PNG", size=(1_500, 1_500)), {"X-Forwarded-For": "203.0.113.7"}

    def send(upload: UUID, offset: int, part: bytes, more: dict[str, str]) -> requests.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return phone.call("PATCH", f"/uploads/{upload}", headers | more, data=part)

    uploads = [uuid4(), uuid4()]
    for upload in uploads:
        phone.begin(len(content), upload)
    assert send(uploads[0], 0, content, address).status_code == 204
    refused = send(uploads[1], 0, content, address)
    assert (refused.status_code, refused.json()["reason"]) == (429, "too_many_pictures")
    assert int(refused.headers["Retry-After"]) > 0
    assert send(uploads[1], len(content), b"", {"X-Forwarded-For": "198.51.100.9"}).status_code == 204


def test_announced_and_stored_files_share_the_space(engine: Engine, parts: Parts) -> None:
    """When the space is used up, no device announces more and no file is stored. A later process measures the same."""
    attachments = Attachments(engine, parts.sealer, parts.doors.file_limit, ample_space(), no_rate)
    Uploads(engine, parts.sealer, attachments).begin("d", uuid4(), 1_000, NOW)
    attachments.store(_PHOTO, NOW)
    used = stored_bytes(engine) + announced_bytes(engine)
    assert used == 1_000 + len(clean_file(_PHOTO, any_size).content)

    measures = (partial(stored_bytes, engine), partial(announced_bytes, engine))
    full = Attachments(
        engine, parts.sealer, parts.doors.file_limit, FileSpace(measures, used + 10, lambda: 0.0), no_rate
    )
    later = Uploads(engine, parts.sealer, full)
    assert refusal_reason(lambda: later.begin("e", uuid4(), 11, NOW)) == "files_full"
    assert refusal_reason(lambda: full.store(_PHOTO + b" ", NOW)) == "files_full"
    assert later.begin("f", uuid4(), 10, NOW).length == 10
    assert refusal_reason(lambda: later.begin("f", uuid4(), 1, NOW)) == "files_full"


def test_quota(uploads: Uploads) -> None:
    """A device may upload a limited number of bytes per lifetime. The refusal says when there is space again."""
    for _ in range(QUOTA_BYTES // MAX_FILE_BYTES):
        begin_upload(uploads, "d", MAX_FILE_BYTES)
    with pytest.raises(Refused) as caught:
        begin_upload(uploads, "d", MAX_FILE_BYTES, NOW + timedelta(days=1))

    assert (caught.value.reason, caught.value.retry_after) == ("upload_quota", 2 * 86_400)
    assert begin_upload(uploads, "another", MAX_FILE_BYTES).offset == 0
    assert begin_upload(uploads, "d", MAX_FILE_BYTES, NOW + UPLOAD_LIFETIME).offset == 0


def test_equal_ids_of_two_devices(uploads: Uploads) -> None:
    """The same id from two devices is two uploads."""
    upload_id = UUID(int=1)
    first_upload, second_upload = (uploads.begin(device, upload_id, 5, NOW) for device in ("d", "e"))
    uploads.append(first_upload, 0, b"lima.", NOW)

    assert first_upload.id == uuid5(upload_id, "d") != second_upload.id
    assert uploads.find_upload("e", upload_id, NOW).offset == 0
