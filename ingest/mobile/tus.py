"""Endpoints for resumable uploads: tus 1.0 (https://tus.io/protocols/resumable-upload), core, creation and expiration.

Bytes that arrived before a connection broke are stored. The app asks for the offset and continues from there.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from ingest.arrival import Arrival
from ingest.http.gate import Gate, megabytes
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.shapes import UploadState
from ingest.mobile.uploads import Upload, Uploads
from pages.files.cleaning import MAX_FILE_BYTES
from pages.refusals import FieldError, Refused

PREFIX = "/mobile/v1/uploads"
_TUS_HEADERS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
# Bytes of a request that are in memory at once. Each such chunk is stored durably.
_CHUNK_BYTES = 256_000
# Python takes long to read a very long number. A valid number of bytes has at most two digits more than the limit.
_MAX_NUMBER_DIGITS = len(str(MAX_FILE_BYTES)) + 2


class UploadDoor:
    """Creates uploads, returns their offset, and appends bytes."""

    def __init__(self, gate: Gate, authentication: DeviceAuthentication, uploads: Uploads) -> None:
        self._gate = gate
        self._authentication = authentication
        self._uploads = uploads

    async def create(self, request: Request) -> Response:
        """Create an upload under the app's own id. A repeated request returns the same upload."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("upload", arrival)
        upload_id = _parse_uuid(arrival.headers.get("upload-id", ""), "Upload-Id")
        length = _header_number(arrival, "upload-length")
        # Devices cost nothing, so the bytes of all devices of an address count together.
        self._gate.check_rate("file-megabytes", arrival.address, megabytes(length))
        upload = await run_in_threadpool(self._uploads.begin, device.hash, upload_id, length, arrival.at)
        state = UploadState(id=upload_id, length=upload.length, offset=upload.offset, expires_at=upload.expires_at)
        location = {"Location": f"{PREFIX}/{upload_id}"}
        return JSONResponse(state.model_dump(mode="json"), 201, {**location, **_headers(upload)})

    async def show(self, request: Request) -> Response:
        """Return the offset of an upload. For a file that was refused, return the refusal of its last part again."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("upload", arrival)
        upload = await run_in_threadpool(self._uploads.find_upload, device.hash, _path_id(request), arrival.at)
        return Response(headers={**_headers(upload), "Upload-Length": str(upload.length)})

    async def append(self, request: Request) -> Response:
        """Append bytes at the offset of the upload, chunk by chunk. After the last byte the file is cleaned."""
        arrival = self._gate.arrival(request, b"")
        stream = request.stream()
        try:
            device = await self._authentication.authenticate("upload", arrival)
            start = _header_number(arrival, "upload-offset")
            upload = await run_in_threadpool(self._uploads.find_upload, device.hash, _path_id(request), arrival.at)
            upload = await self._append_chunks(stream, upload, start, arrival.at)
        except Refused:
            await _discard(stream)
            raise
        if upload.offset == upload.length:
            await run_in_threadpool(self._uploads.finish, upload.id, arrival.at, arrival.address)
        return Response(status_code=204, headers=_headers(upload))

    async def _append_chunks(self, stream: AsyncIterator[bytes], upload: Upload, start: int, at: datetime) -> Upload:
        buffer = bytearray()
        try:
            async for received in stream:
                buffer += received
                if len(buffer) >= _CHUNK_BYTES:
                    upload = await self._append_buffer(upload, start, buffer, at)
                    start = upload.offset
        except ClientDisconnect:
            await self._append_buffer(upload, start, buffer, at)
            raise
        return await self._append_buffer(upload, start, buffer, at)

    async def _append_buffer(self, upload: Upload, start: int, buffer: bytearray, at: datetime) -> Upload:
        changed_upload = await run_in_threadpool(self._uploads.append, upload, start, bytes(buffer), at)
        buffer.clear()
        return changed_upload


async def _discard(stream: AsyncIterator[bytes]) -> None:
    """Read the rest of a request, up to the size of a file. An app that is still sending does not read the answer."""
    discarded_bytes = 0
    async for received in stream:
        discarded_bytes += len(received)
        if discarded_bytes > MAX_FILE_BYTES:
            return


def _headers(upload: Upload) -> dict[str, str]:
    expires = format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": expires, **_TUS_HEADERS}


def _path_id(request: Request) -> UUID:
    return _parse_uuid(request.path_params["upload_id"], "id")


def _parse_uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("invalid_submission", (FieldError(field, "Isi dengan UUID."),)) from None


def _header_number(arrival: Arrival, header: str) -> int:
    text = arrival.headers.get(header, "")
    # `isascii` is necessary: Python reads decimal digits of other scripts as numbers too.
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_NUMBER_DIGITS):
        field = "-".join(part.capitalize() for part in header.split("-"))
        raise Refused("invalid_submission", (FieldError(field, "Isi dengan jumlah byte."),))
    return int(text)
