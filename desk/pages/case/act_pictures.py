"""Pictures in the form of an answer: stored when they come, so that no error makes anybody select them again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from desk.acts.answer_pictures import AnswerPictures
from desk.pages.case.case_model import ShownFile, shown_file
from desk.pages.wording import FAULTS
from messages.shapes import MAX_ANSWER_PICTURES, Attachment, Dispatch
from pages.files.form_with_files import FormWithFiles
from pages.files.multipart import UploadedFile
from pages.files.uploads import fault_of_file, is_empty_field, read_upload, require_content
from pages.forms import read_id
from pages.refusals import Refused
from pages.translation.message import Message
from pages.translation.message import message as _

_CUT = _("Kiriman terputus atau terlalu besar. Periksa teks dan foto, lalu kirim lagi.")
_FULL = _("Tempat untuk foto sedang penuh. Kirim tanggapan tanpa foto, atau coba lagi nanti.")


@dataclass(frozen=True, slots=True)
class ChosenPictures:
    """Pictures of an answer that a person has begun, and a sentence about each file that was not taken.

    `is_public`: the person lets everybody see them.
    """

    files: tuple[Attachment, ...] = ()
    faults: tuple[Message, ...] = ()
    is_public: bool = False

    @property
    def shown(self) -> list[ShownFile]:
        """The pictures, as the page shows them."""
        return [shown_file(file) for file in self.files]


def chosen_pictures(pictures: AnswerPictures, dispatch: Dispatch, form: FormWithFiles) -> ChosenPictures:
    """Store the files of a form, and return them behind those that it named already.

    A picture that the form names and that is not of this dispatch is left out, with a sentence about it.
    """
    stored = {file.id: file for file in pictures.of_dispatch(dispatch.id)}
    named = [read_id(text) for text in form.fields.lines("foto")]
    kept = {id_: stored[id_] for id_ in named if id_ in stored}
    faults = [_CUT] if form.is_cut else []
    if not stored.keys() >= set(named):
        faults.append(FAULTS["unknown-picture"])
    faults += _store(pictures, dispatch, form, kept)
    return ChosenPictures(tuple(kept.values()), tuple(faults), form.fields.line("foto-umum") == "ya")


def _store(
    pictures: AnswerPictures, dispatch: Dispatch, form: FormWithFiles, kept: dict[UUID, Attachment]
) -> Iterator[Message]:
    """Add the stored files to `kept`; yield a sentence about each that was refused."""
    for upload in form.uploads:
        if is_empty_field(upload):
            continue
        try:
            file = _stored(pictures, dispatch, upload, kept)
        except Refused as refused:
            problem = _FULL if refused.reason == "files_full" else refused.message
            yield fault_of_file(problem, upload.name)
        else:
            kept[file.id] = file


def _stored(
    pictures: AnswerPictures, dispatch: Dispatch, upload: UploadedFile, kept: Mapping[UUID, Attachment]
) -> Attachment:
    if len(kept) >= MAX_ANSWER_PICTURES:
        raise Refused("too_many_files", limit=MAX_ANSWER_PICTURES)
    return pictures.store(dispatch, partial(read_upload, require_content(upload)), kept.keys())
