"""Endpoints by which a program uploads a picture of the work or a document, for an answer that names it."""

from collections.abc import Callable, Mapping
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from desk.acts.answer_pictures import MAX_UNSENT, AnswerPictures
from desk.acts.answers import OfficerAnswers
from desk.api.case_document import pdf_document, picture_document
from desk.api.case_endpoints import find_case
from desk.api.keys.access import key_tier
from desk.api.problems import ApiError, invalid
from desk.api.responses import json_response
from desk.api.shapes import ApiShape
from desk.units.tiers import Tier
from messages.shapes import Dispatch
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.document_cleaning import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_PAGES
from pages.files.uploads import read_upload
from pages.refusals import Refused

_IN_MEMORY_BYTES = 64_000
_RETRY_SECONDS = 5
_FAULTS = {
    "file_too_large": f"A picture has at most {MAX_FILE_BYTES // 1_000_000} MB, and 50 megapixels (PNG 30, WebP 16).",
    "unknown_file_type": "Send the bytes of a JPEG, PNG or WebP as the body.",
    "pdf_not_accepted": "A PDF is no picture. POST it to /agency/v1/cases/NUMBER/documents.",
    "file_unreadable": "The picture is damaged. Send another one.",
    "too_many_files": f"The case has {MAX_UNSENT} files that no answer names. Name some in an answer first.",
    "sender_forgotten": "The sender asked to be forgotten: no file is kept for this case. Answer without one.",
}
_DOCUMENT_FAULTS = {
    **_FAULTS,
    "file_too_large": f"A document has at most {MAX_DOCUMENT_BYTES // 1_000_000} MB and {MAX_DOCUMENT_PAGES} pages.",
    "document_not_plain": "The PDF has a password, fields, a digital signature, notes or layers. Print it to a PDF and "
    "send that. Of a signed letter, write in the text where its signature can be checked.",
    "file_unreadable": "This is no PDF, or it is damaged. Send another one.",
}
# Stores a file for an answer to a dispatch, and returns its document.
_Store: TypeAlias = Callable[[Dispatch, Callable[[], bytes]], ApiShape]


class PictureEndpoint:
    """Stores pictures and documents by `AnswerPictures`."""

    def __init__(self, answers: OfficerAnswers, pictures: AnswerPictures) -> None:
        self._answers = answers
        self._pictures = pictures

    async def upload(self, request: Request, number: str) -> Response:
        """Store a picture of the work for an answer to this case. The same bytes again are the same picture.

        The body is the file. It is read after the key was checked, and is no longer in memory than its first part.
        """
        return await self._upload(request, number, MAX_FILE_BYTES, _FAULTS, self._store_picture)

    async def upload_document(self, request: Request, number: str) -> Response:
        """Store a document (PDF) for an answer to this case. The same bytes again are the same document."""
        return await self._upload(request, number, MAX_DOCUMENT_BYTES, _DOCUMENT_FAULTS, self._store_document)

    async def _upload(
        self, request: Request, number: str, max_bytes: int, faults: Mapping[str, str], store: _Store
    ) -> Response:
        tier = key_tier(request)
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > max_bytes:
                    raise invalid("body", faults["file_too_large"])
                await run_in_threadpool(file.write, chunk)
            return await run_in_threadpool(self._stored, tier, number, file, faults, store)

    def _stored(self, tier: Tier, number: str, file: IO[bytes], faults: Mapping[str, str], store: _Store) -> Response:
        view = find_case(self._answers.progress, tier, number)
        if not view.case.case.is_current:
            raise ApiError("moved")
        try:
            stored = store(view.case.dispatch, partial(read_upload, file))
        except Refused as refused:
            raise _error(refused, faults) from None
        return json_response(stored, status=201)

    def _store_picture(self, dispatch: Dispatch, read: Callable[[], bytes]) -> ApiShape:
        return picture_document(self._pictures.store(dispatch, read), dispatch.tracking)

    def _store_document(self, dispatch: Dispatch, read: Callable[[], bytes]) -> ApiShape:
        return pdf_document(self._pictures.store_document(dispatch, read), dispatch.tracking)


def _error(refused: Refused, faults: Mapping[str, str]) -> ApiError:
    if detail := faults.get(refused.reason):
        return invalid("body", detail)
    return ApiError("unavailable", headers={"Retry-After": str(refused.retry_after or _RETRY_SECONDS)})
