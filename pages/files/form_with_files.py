"""Reads a form with files for an endpoint of persons who sign in. `SameOriginForms` limits the size of the body."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from pages.csrf import MAX_FORM_BYTES
from pages.files.multipart import MAX_FILES, MULTIPART, UploadedFile, posted_form, read_multipart
from pages.forms import Form, read_form

# Pictures, and one document.
_MAX_FILES = MAX_FILES + 1


@dataclass(frozen=True, slots=True)
class FormWithFiles:
    """Fields and files of a form. `is_cut`: not all of it was read, so what a button says may be missing."""

    fields: Form
    uploads: Sequence[UploadedFile] = ()
    is_cut: bool = False


async def _read(request: Request) -> AsyncIterator[FormWithFiles]:
    content_type = request.headers.get("content-type", "")
    if not content_type.casefold().startswith(MULTIPART):
        yield FormWithFiles(read_form(await request.body()))
        return
    with posted_form() as posted:
        await read_multipart(request.stream(), content_type, posted, MAX_FORM_BYTES, max_files=_MAX_FILES)
        fields = [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in posted.fields]
        yield FormWithFiles(Form(fields), posted.uploads, bool(posted.cut))


# Type of an endpoint's parameter. The files are open until the endpoint has returned.
PostedFormWithFiles = Annotated[FormWithFiles, Depends(_read)]
