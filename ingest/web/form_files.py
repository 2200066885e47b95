"""Keeps the files of a form the moment they arrive, so that no error and no button makes anybody pick them again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import IO

from starlette.concurrency import run_in_threadpool

from config.database import DatabaseUnavailable
from ingest.arrival import FieldError, Refused
from ingest.files.attachments import Attachments
from ingest.http.gate import readable_size, unavailable
from ingest.web.form_token import FormFile, FormTokens
from ingest.web.multipart import MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES, Upload


class FormFiles:
    """`admit` counts an upload of an address, and raises `Refused` where there are too many."""

    def __init__(self, attachments: Attachments, guard: FormTokens, admit: Callable[[str], None]) -> None:
        self._attachments = attachments
        self._guard = guard
        self._admit = admit

    async def keep(
        self, form_id: str, sealed: Sequence[str], uploads: Sequence[Upload], address: str, at: datetime
    ) -> tuple[list[FormFile], list[Refused]]:
        """The pictures of a form, those it carried and those that came; and why any of them is not among them."""
        pictures: dict[object, FormFile] = {}
        problems: list[Refused] = []
        for field in sealed:
            if picture := self._guard.picture(form_id, field, at):
                pictures[picture.attachment.id] = picture
            else:
                problems.append(_problem("file_unreadable", "Berkas yang tersimpan"))
        for upload in uploads:
            # A file field that was left empty comes as a file without a name.
            if not upload.name and not upload.size:
                continue
            try:
                picture = await self._one(upload, len(pictures), address, at)
            except Refused as refused:
                problems.append(_named(refused, upload.name))
            else:
                pictures[picture.attachment.id] = picture
        return list(pictures.values())[:MAX_FILES], problems

    async def _one(self, upload: Upload, held: int, address: str, at: datetime) -> FormFile:
        if held >= MAX_FILES:
            raise Refused("too_many_files", most=MAX_FILES)
        if upload.content is None:
            raise Refused(
                "file_too_large", most=f"{readable_size(MAX_FILE_BYTES)} (semua: {readable_size(MAX_FILES_BYTES)})"
            )
        self._admit(address)
        try:
            kept = await run_in_threadpool(self._attachments.store, partial(_whole, upload.content), at)
        except DatabaseUnavailable as error:
            raise unavailable() from error
        return FormFile(kept.attachment, upload.name, at, kept.spot)


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _problem(reason: str, name: str) -> Refused:
    return _named(Refused(reason), name)


def _named(refused: Refused, name: str) -> Refused:
    """The same, said beside the field of the files."""
    refused.faults = (FieldError("files", f"{name or 'Berkas'}: {refused.says}"),)
    return refused
