"""Endpoint by which a program uploads a picture of the work, for an answer that names it."""

from collections.abc import Callable
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from desk.acts.answer_pictures import MAX_UNSENT, AnswerPictures
from desk.acts.answers import OfficerAnswers
from desk.api.case_document import picture_document
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key
from desk.api.keys.agency_keys import AgencyKey
from desk.api.problems import ApiError, invalid
from desk.api.responses import json_response
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.uploads import read_upload
from pages.refusals import Refused

_IN_MEMORY_BYTES = 64_000
_RETRY_SECONDS = 5
_FAULTS = {
    "file_too_large": f"A picture has at most {MAX_FILE_BYTES // 1_000_000} MB, and 50 megapixels (PNG 30, WebP 16).",
    "unknown_file_type": "Send the bytes of a JPEG, PNG or WebP as the body.",
    "pdf_not_accepted": "A PDF is not taken. Send the bytes of a JPEG, PNG or WebP.",
    "file_unreadable": "The picture is damaged. Send another one.",
    "too_many_files": f"The case has {MAX_UNSENT} pictures that no answer names. Name some in an answer first.",
    "sender_forgotten": "The sender asked to be forgotten: no picture is kept for this case. Answer without one.",
}


class PictureEndpoint:
    """Stores pictures by `AnswerPictures`."""

    def __init__(self, answers: OfficerAnswers, pictures: AnswerPictures) -> None:
        self._answers = answers
        self._pictures = pictures

    async def upload(self, request: Request, number: str) -> Response:
        """Store a picture of the work for an answer to this case. The same bytes again are the same picture.

        The body is the file. It is read after the key was checked, and is no longer in memory than its first part.
        """
        key = agency_key(request)
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise invalid("body", _FAULTS["file_too_large"])
                await run_in_threadpool(file.write, chunk)
            return await run_in_threadpool(self._store, key, number, file)

    def _store(self, key: AgencyKey, number: str, file: IO[bytes]) -> Response:
        view = find_case(self._answers.progress, key, number)
        if not view.case.case.is_current:
            raise ApiError("moved")
        read: Callable[[], bytes] = partial(read_upload, file)
        try:
            picture = self._pictures.store(view.case.dispatch, read)
        except Refused as refused:
            raise _error(refused) from None
        return json_response(picture_document(picture, view.case.case.tracking), status=201)


def _error(refused: Refused) -> ApiError:
    if detail := _FAULTS.get(refused.reason):
        return invalid("body", detail)
    return ApiError("unavailable", headers={"Retry-After": str(refused.retry_after or _RETRY_SECONDS)})
