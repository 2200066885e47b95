"""Stores the files of a form when they arrive, so that no error and no button makes anybody select them again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from starlette.concurrency import run_in_threadpool

from config.database import DatabaseUnavailable
from ingest.files.attachments import Attachments
from ingest.http.gate import megabytes
from ingest.web.form_token import FormFile, FormTokens
from pages.files.multipart import MAX_FILES, UploadedFile
from pages.files.uploads import is_empty_field, read_upload, refusal_of_file, require_content
from pages.refusals import Refused, unavailable
from pages.translation.message import message as _


class FormFiles:
    """Files of a form. `check_rate` counts units of a rate for an address, and raises `Refused` above the rate."""

    def __init__(self, attachments: Attachments, tokens: FormTokens, check_rate: Callable[..., None]) -> None:
        self._attachments = attachments
        self._tokens = tokens
        self._check_rate = check_rate

    async def store(
        self, form_id: str, sealed_files: Sequence[str], uploads: Sequence[UploadedFile], address: str, at: datetime
    ) -> tuple[list[FormFile], list[Refused]]:
        """Return the files that the form carried and those that arrived now, and a refusal for each file left out."""
        files: dict[object, FormFile] = {}
        refusals: list[Refused] = []
        for sealed_file in sealed_files:
            if file := self._tokens.open_file(form_id, sealed_file, at):
                files[file.attachment.id] = file
            else:
                refusals.append(refusal_of_file(Refused("file_unreadable"), _("Berkas yang tersimpan")))
        for upload in uploads:
            if is_empty_field(upload):
                continue
            try:
                file = await self._store_upload(upload, len(files), address, at)
            except Refused as refused:
                refusals.append(refusal_of_file(refused, upload.name))
            else:
                files[file.attachment.id] = file
        return list(files.values())[:MAX_FILES], refusals

    async def _store_upload(self, upload: UploadedFile, file_count: int, address: str, at: datetime) -> FormFile:
        if file_count >= MAX_FILES:
            raise Refused("too_many_files", limit=MAX_FILES)
        content = require_content(upload)
        self._check_rate("upload", address)
        self._check_rate("file-megabytes", address, megabytes(upload.size))
        try:
            read_content = partial(read_upload, content)
            stored = await run_in_threadpool(self._attachments.store, read_content, at, address=address)
        except DatabaseUnavailable as error:
            raise unavailable() from error
        return FormFile(stored.attachment, upload.name, at, stored.coordinates)
