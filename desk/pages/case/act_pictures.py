"""Files in the form of an answer: stored when they come, so that no error makes anybody select them again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from cases.pictures.store import chosen_files
from desk.acts.answer_pictures import AnswerPictures
from desk.pages.case.case_model import ShownFile, shown_file
from desk.pages.wording import FAULTS
from messages.replies.reply_texts import AttachedFiles, attached_files
from messages.shapes import MAX_ANSWER_PICTURES, AnswerDocument, Attachment, Dispatch
from pages.files.document_cleaning import MAX_DOCUMENT_BYTES
from pages.files.form_with_files import FormWithFiles
from pages.files.multipart import UploadedFile
from pages.files.uploads import fault_of_file, is_empty_field, read_upload, require_content
from pages.forms import read_id
from pages.refusals import Refused
from pages.sizes import readable_size
from pages.translation.message import Message
from pages.translation.message import message as _

_CUT = _("Kiriman terputus atau terlalu besar. Periksa teks dan berkas, lalu kirim lagi.")
_FULL = _("Tempat untuk berkas sedang penuh. Kirim tanggapan tanpa berkas, atau coba lagi nanti.")
_FORGOTTEN = _("Pelapor meminta datanya dihapus. Kirim tanggapan tanpa berkas.")
_NO_PICTURE = _("Pilih PDF di isian dokumen, bukan di isian foto.")
_NO_DOCUMENT = _("Berkas ini bukan PDF, atau rusak. Pilih PDF lain.")
_SIGNED = _("Surat dengan tanda tangan elektronik: tulis nomornya dan alamat untuk memeriksanya dalam teks.")
# Field of the document in the form. Each other one is for pictures.
_DOCUMENT_FIELD = "dokumen"

# Refusals that the door words for a citizen.
_PROBLEMS: Mapping[str, Message] = {
    "files_full": _FULL,
    "sender_forgotten": _FORGOTTEN,
    "pdf_not_accepted": _NO_PICTURE,
}
_DOCUMENT_PROBLEMS: Mapping[str, Message] = {**_PROBLEMS, "file_unreadable": _NO_DOCUMENT}


@dataclass(frozen=True, slots=True)
class ChosenPictures:
    """Files of an answer that a person has begun, and a sentence about each file that was not taken.

    `is_public`: the person lets everybody see the pictures. `document_faults` are about the document.
    """

    files: tuple[Attachment, ...] = ()
    faults: tuple[Message, ...] = ()
    is_public: bool = False
    document: AnswerDocument | None = None
    document_faults: tuple[Message, ...] = ()

    @property
    def has_fault(self) -> bool:
        """Whether a file was not taken."""
        return bool(self.faults or self.document_faults)

    @property
    def shown_document(self) -> ShownFile | None:
        """The document, as the page shows it."""
        return shown_file(self.document) if self.document else None

    @property
    def contents(self) -> AttachedFiles:
        """What the answer is sent with."""
        return attached_files(has_pictures=bool(self.files), has_document=self.document is not None)

    @property
    def shown(self) -> list[ShownFile]:
        """The pictures, as the page shows them."""
        return [shown_file(file) for file in self.files]


def chosen_pictures(pictures: AnswerPictures, dispatch: Dispatch, form: FormWithFiles) -> ChosenPictures:
    """Store the files of a form, and return them behind those that it named already. A new document replaces one.

    A file that the form names and that is not of this dispatch is left out, with a sentence about it.
    """
    named = [read_id(text) for text in form.fields.lines("foto")]
    named_document = form.fields.line("surat")
    stored = chosen_files(pictures.of_dispatch(dispatch.id), [id_ for id_ in named if id_], read_id(named_document))
    kept, document = {file.id: file for file in stored.pictures}, stored.document
    faults = [_CUT] if form.is_cut else []
    document_faults = [FAULTS["unknown-document"]] if named_document and document is None else []
    if not kept.keys() >= set(named):
        faults.append(FAULTS["unknown-picture"])
    further = {document.id} if document else set()
    uploads = [upload for upload in form.uploads if not is_empty_field(upload)]
    faults += _store(pictures, dispatch, [item for item in uploads if item.field != _DOCUMENT_FIELD], kept, further)
    for upload in (item for item in uploads if item.field == _DOCUMENT_FIELD):
        try:
            document = _stored_document(pictures, dispatch, upload, kept.keys())
        except Refused as refused:
            document_faults += _faults_of_document(refused, upload)
    is_public = form.fields.line("foto-umum") == "ya"
    return ChosenPictures(tuple(kept.values()), tuple(faults), is_public, document, tuple(document_faults))


def _faults_of_document(refused: Refused, upload: UploadedFile) -> Iterator[Message]:
    yield fault_of_file(_DOCUMENT_PROBLEMS.get(refused.reason, refused.message), upload.name)
    if refused.reason == "document_not_plain":
        yield _SIGNED


def _store(
    pictures: AnswerPictures,
    dispatch: Dispatch,
    uploads: Iterable[UploadedFile],
    kept: dict[UUID, Attachment],
    further: AbstractSet[UUID],
) -> Iterator[Message]:
    """Add the stored files to `kept`; yield a sentence about each that was refused."""
    for upload in uploads:
        try:
            file = _stored(pictures, dispatch, upload, kept, further)
        except Refused as refused:
            yield fault_of_file(_PROBLEMS.get(refused.reason, refused.message), upload.name)
        else:
            kept[file.id] = file


def _stored(
    pictures: AnswerPictures,
    dispatch: Dispatch,
    upload: UploadedFile,
    kept: Mapping[UUID, Attachment],
    further: AbstractSet[UUID],
) -> Attachment:
    if len(kept) >= MAX_ANSWER_PICTURES:
        raise Refused("too_many_files", limit=MAX_ANSWER_PICTURES)
    return pictures.store(dispatch, partial(read_upload, require_content(upload)), {*kept, *further})


def _stored_document(
    pictures: AnswerPictures, dispatch: Dispatch, upload: UploadedFile, draft: Collection[UUID]
) -> AnswerDocument:
    if upload.size > MAX_DOCUMENT_BYTES:
        raise Refused("file_too_large", limit=readable_size(MAX_DOCUMENT_BYTES))
    return pictures.store_document(dispatch, partial(read_upload, require_content(upload)), draft)
