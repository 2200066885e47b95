"""Page of an agency's units: the tree, which its coordinators make, and links to the cases of each unit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, actor_label, may
from config.database import read_transaction
from desk.pages.list_query import ListQuery
from desk.pages.parts import DeskPageParts
from desk.pages.unit_wording import fault_sentence
from desk.units.tree import MAX_NAME_LENGTH, Unit, UnitFault, UnitTree, read_code
from desk.units.unit_file import MAX_FILE_BYTES
from desk.units.units import open_cases_by_unit
from pages.addresses import UNITS, UNITS_IMPORT, with_query
from pages.files.form_with_files import FormWithFiles, PostedFormWithFiles
from pages.files.uploads import is_empty_field, read_upload
from pages.forms import Form, PostedForm
from pages.responses import see_other
from pages.translation.message import Message, counted
from pages.translation.message import message as _

# Reason of these acts in the audit log.
_WHY = "page of units"
_CODE_MISSING = _("Isi kode unit.")
_DATE_INVALID = _("Tulis tanggal sebagai tahun-bulan-hari, misalnya 2026-01-31.")
_NOTICES: Mapping[str, Message] = {
    "simpan": _("Unit tersimpan."),
    "usulan": _("Pilihan Anda tersimpan."),
    "hapus": _("Unit dihapus. Laporannya yang sudah selesai ada di unit di atasnya."),
}


@dataclass(frozen=True, slots=True)
class ShownUnit:
    """A unit of the page. `depth` counts the units above it, `address` leads to its cases."""

    unit: Unit
    depth: int
    address: str
    open_cases: int
    is_in_force: bool


class UnitsPage:
    """Endpoints of the page. An agency without units has its texts listed, as officers typed them."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(UNITS, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(UNITS, self.save, methods=["POST"], response_class=HTMLResponse)
        router.add_api_route(f"{UNITS}/usulan", self.set_proposals, methods=["POST"], response_class=HTMLResponse)
        router.add_api_route(UNITS_IMPORT, self.import_file, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, ubah: str = "", selesai: str = "", baru: str = "", berubah: str = "") -> Response:
        """Return the units. `ubah` is the code of the one to change; the others tell what was just done."""
        actor = self._parts.require(request, Act.VIEW_CASE)
        notice = _NOTICES.get(selesai)
        if selesai == "impor" and baru.isdecimal() and berubah.isdecimal():
            notice = _imported(int(baru[:6]), int(berubah[:6]))
        return self._page(request, actor, changed=read_code(ubah), notice=notice)

    def save(self, request: Request, form: PostedForm) -> Response:
        """Add, change or remove a unit. `lama` is the code of the unit that is changed or removed."""
        parts = self._parts
        actor = parts.require(request, Act.MANAGE_UNITS)
        by, earlier = actor_label(actor), read_code(form.line("lama"))
        try:
            if form.line("langkah") == "hapus":
                parts.units.remove(actor.agency, earlier, by, _WHY)
                return see_other(with_query(UNITS, selesai="hapus"))
            unit = _typed_unit(form, earlier)
            change = parts.units.change if earlier else parts.units.add
            change(actor.agency, unit, by, _WHY)
        except UnitFault as fault:
            return self._page(request, actor, changed=earlier, typed=form, fault=fault_sentence(fault))
        except ValueError:
            fault_of_form = _DATE_INVALID if earlier or form.line("kode") else _CODE_MISSING
            return self._page(request, actor, changed=earlier, typed=form, fault=fault_of_form)
        return see_other(with_query(UNITS, selesai="simpan"))

    def import_file(self, request: Request, posted: PostedFormWithFiles) -> Response:
        """Add and change the units of a CSV file."""
        parts = self._parts
        actor = parts.require(request, Act.MANAGE_UNITS)
        try:
            content = _file_content(posted)
            result = parts.units.import_file(actor.agency, content, actor_label(actor), _WHY)
        except UnitFault as fault:
            return self._page(request, actor, file_fault=fault_sentence(fault))
        counts = {"baru": str(result.added), "berubah": str(result.changed)}
        return see_other(with_query(UNITS, selesai="impor", **counts))

    def set_proposals(self, request: Request, form: PostedForm) -> Response:
        """Let proposals take effect by themselves, or not."""
        actor = self._parts.require(request, Act.MANAGE_UNITS)
        self._parts.work.set_passes_on_by_itself(actor, actor.agency, wanted=form.line("otomatis") == "1")
        return see_other(with_query(UNITS, selesai="usulan"))

    def _page(
        self,
        request: Request,
        actor: Actor,
        *,
        changed: str = "",
        typed: Form | None = None,
        notice: Message | None = None,
        fault: Message | None = None,
        file_fault: Message | None = None,
    ) -> Response:
        parts = self._parts
        may_manage = may(actor, Act.MANAGE_UNITS, actor.agency)
        tree, tier = parts.units.tree(actor.agency), parts.tier(actor)
        with read_transaction(parts.engine) as connection:
            open_cases = open_cases_by_unit(connection, actor.agency)
        today = parts.today(actor.agency)
        unit = tree.units.get(changed) if may_manage else None
        texts = [] if tree.units else parts.work.units(tier)
        values = {
            "units": [
                ShownUnit(
                    item,
                    depth,
                    ListQuery(tab="working", unit=item.name).list_address(),
                    open_cases.get(item.code, 0),
                    item.is_in_force(today),
                )
                for depth, item in tree.in_order()
                if tier.has_unit(item.code)
            ],
            "texts": [(text, ListQuery(tab="working", unit=text).list_address()) for text in texts],
            "may_manage": may_manage,
            "passes_on_by_itself": parts.work.passes_on_by_itself(actor.agency),
            "changed": unit,
            "form": _form_values(typed, unit),
            "parents": _parents(tree, unit),
            "notice": notice,
            "fault": fault,
            "file_fault": file_fault,
            "name_limit": MAX_NAME_LENGTH,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if fault or file_fault else HTTPStatus.OK
        return parts.render("units.html", request, actor, values, status)


def _typed_unit(form: Form, earlier: str) -> Unit:
    """Return the unit of a form. Raises `UnitFault`, and `ValueError` for a date that is none and a missing code."""
    typed = earlier or form.line("kode")
    if not typed:
        raise ValueError("no code")
    code = read_code(typed)
    if not code:
        raise UnitFault("code-invalid", typed)
    return Unit(
        code,
        form.line("nama"),
        read_code(form.line("induk")) or form.line("induk"),
        form.line("sk"),
        _date(form.line("tanggal-sk")),
        _date(form.line("mulai")),
        _date(form.line("sampai")),
    )


def _date(typed: str) -> date | None:
    return date.fromisoformat(typed) if typed else None


def _form_values(typed: Form | None, unit: Unit | None) -> Mapping[str, Any]:
    """Return what the fields of the form have: what was typed, otherwise the unit that is changed."""
    if typed is not None:
        names = ("kode", "nama", "induk", "sk", "tanggal-sk", "mulai", "sampai")
        return {name.replace("-", "_"): typed.line(name) for name in names}
    if unit is None:
        return {}
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(unit).items()}
    names_of_fields = {
        "code": "kode",
        "name": "nama",
        "parent": "induk",
        "decree": "sk",
        "decree_date": "tanggal_sk",
        "valid_from": "mulai",
        "valid_until": "sampai",
    }
    return {names_of_fields[name]: value or "" for name, value in values.items()}


def _parents(tree: UnitTree, unit: Unit | None) -> Sequence[tuple[str, str]]:
    """Return code and path of the units that may stand above a unit."""
    excluded = tree.below(unit.code) if unit else frozenset()
    return [(item.code, tree.path(item.code)) for _, item in tree.in_order() if item.code not in excluded]


def _file_content(posted: FormWithFiles) -> bytes:
    upload = next((item for item in posted.uploads if not is_empty_field(item)), None)
    if upload is None or posted.is_cut:
        raise UnitFault("file-empty")
    if upload.content is None or upload.size > MAX_FILE_BYTES:
        raise UnitFault("file-too-large")
    return read_upload(upload.content)


def _imported(added: int, changed: int) -> Message:
    return _("{added}, {changed}. Unit yang tidak ada di berkas tetap seperti semula.").filled(
        added=counted("{count} unit baru", added), changed=counted("{count} unit diubah", changed)
    )
