"""Resumable uploads as tus 1.0 does them (https://tus.io/protocols/resumable-upload), core, creation and expiry.

What came before a connection broke is kept: the app asks how far it is, and goes on from there.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from ingest.arrival import Arrival, FieldError, Refused
from ingest.files.cleaning import MAX_FILE_BYTES
from ingest.http.gate import Gate
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.shapes import UploadState
from ingest.mobile.uploads import Upload, Uploads

PREFIX = "/mobile/v1/uploads"
_TUS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
# Bytes of a request in memory; each such piece is durable on its own.
_PIECE_BYTES = 256_000


class UploadDoor:
    """See tus."""

    def __init__(self, gate: Gate, authentication: DeviceAuthentication, uploads: Uploads) -> None:
        self._gate = gate
        self._authentication = authentication
        self._uploads = uploads

    async def create(self, request: Request) -> Response:
        """Make room for a file under the app's own id; asking again is the same upload."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("upload", arrival)
        wanted = _uuid(arrival.headers.get("upload-id", ""), "Upload-Id")
        length = _number(arrival, "upload-length")
        upload = await run_in_threadpool(self._uploads.begin, device.name, wanted, length, arrival.at)
        state = UploadState(id=wanted, length=upload.length, offset=upload.offset, expires_at=upload.expires_at)
        location = {"Location": f"{PREFIX}/{wanted}"}
        return JSONResponse(state.model_dump(mode="json"), 201, {**location, **_headers(upload)})

    async def show(self, request: Request) -> Response:
        """How far an upload is; a file that could not be taken is answered with the reason, as its last part was."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("upload", arrival)
        upload = await run_in_threadpool(self._uploads.find, device.name, _wanted(request), arrival.at)
        return Response(headers={**_headers(upload), "Upload-Length": str(upload.length)})

    async def append(self, request: Request) -> Response:
        """Take bytes from where the upload stands, piece by piece; with the last one the file is looked at."""
        arrival = self._gate.arrival(request, b"")
        stream = request.stream()
        try:
            device = await self._authentication.authenticate("upload", arrival)
            start = _number(arrival, "upload-offset")
            upload = await run_in_threadpool(self._uploads.find, device.name, _wanted(request), arrival.at)
            upload = await self._pieces(stream, upload, start, arrival.at)
        except Refused:
            await _read_past(stream)
            raise
        if upload.offset == upload.length:
            await run_in_threadpool(self._uploads.finish, upload.id, arrival.at)
        return Response(status_code=204, headers=_headers(upload))

    async def _pieces(self, stream: AsyncIterator[bytes], upload: Upload, start: int, at: datetime) -> Upload:
        piece = bytearray()
        try:
            async for chunk in stream:
                piece += chunk
                if len(piece) >= _PIECE_BYTES:
                    upload = await self._keep(upload, start, piece, at)
                    start = upload.offset
        except ClientDisconnect:
            await self._keep(upload, start, piece, at)
            raise
        return await self._keep(upload, start, piece, at)

    async def _keep(self, upload: Upload, start: int, piece: bytearray, at: datetime) -> Upload:
        kept = await run_in_threadpool(self._uploads.append, upload, start, bytes(piece), at)
        piece.clear()
        return kept


async def _read_past(stream: AsyncIterator[bytes]) -> None:
    """An app that is still sending does not hear the answer: let it finish, within the bound of a file."""
    seen = 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > MAX_FILE_BYTES:
            return


def _headers(upload: Upload) -> dict[str, str]:
    expires = format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": expires, **_TUS}


def _wanted(request: Request) -> UUID:
    return _uuid(request.path_params["upload_id"], "id")


def _uuid(sent: str, field: str) -> UUID:
    try:
        return UUID(sent)
    except ValueError:
        raise Refused("invalid_submission", (FieldError(field, "Isi dengan UUID."),)) from None


def _number(arrival: Arrival, header: str) -> int:
    sent = arrival.headers.get(header, "")
    # Decimal digits of other scripts are numbers to Python, and long ones take long to read.
    if not (sent.isascii() and sent.isdecimal() and len(sent) < len(str(MAX_FILE_BYTES)) + 3):
        name = "-".join(part.capitalize() for part in header.split("-"))
        raise Refused("invalid_submission", (FieldError(name, "Isi dengan jumlah byte."),))
    return int(sent)
