"""Lines of the recap: what will be sent, in the words of the form. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from config.reference.regions import Regions
from ingest.web.form_state import FormState
from ingest.web.form_token import TRAP, FormFile
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.cases import KINDS

# Fields in the order of the recap, with their labels on the form.
_LABELS: Mapping[str, Message] = {
    "text": _("Isi laporan"),
    "title": _("Judul"),
    "kind": _("Jenis laporan"),
    "incident_time": _("Kapan terjadi"),
    "region": _("Wilayah"),
    "province": _("Provinsi"),
    "city": _("Kota atau kabupaten"),
    "district": _("Kecamatan"),
    "address": _("Alamat atau patokan"),
    "agency": _("Instansi yang dituju"),
    "name": _("Nama"),
    "phone": _("Nomor telepon"),
    "email": _("Email"),
    "anonim": _("Anonim"),
    "rahasia": _("Rahasia"),
}
_YES = _("Ya")
_UNKNOWN = _("Saya tidak tahu")
_POINT = _("Titik lokasi")
_AROUND = _("Titik itu di sekitar")
_NO_PLACE = _("Tempat yang tidak kami kenal. Jika keliru, tekan Ubah dan hapus titiknya.")
_REGION_FIELDS = ("province", "city", "district")
_FLAGS = ("anonim", "rahasia")
# Fields that the page of the recap writes itself.
_FIELDS_OF_PAGE = {"form_id", "token", "kept", "step", "files", TRAP}


class RecapLine(NamedTuple):
    """A label and a value. `is_own_words`: the citizen typed the value, so it is not translated."""

    label: Message
    value: str
    is_own_words: bool


def recap_lines(state: FormState, files: Sequence[FormFile], regions: Regions, place: str) -> list[RecapLine]:
    """Return one line for each field that was filled in, and two for the coordinates. Files are not included.

    `place` is the name of the place of the coordinates, empty for a point at sea or abroad.
    """
    lines = [_line(field, state, regions) for field in _LABELS if state.values.get(field, "").strip()]
    if point := _point(state, files):
        lines.append(RecapLine(_POINT, point, is_own_words=True))
        lines.append(RecapLine(_AROUND, place or _NO_PLACE, is_own_words=bool(place)))
    return lines


def hidden_fields(state: FormState) -> list[tuple[str, str]]:
    """Return the fields that the recap carries, so that its button sends what the form had."""
    return [(name, value) for name, value in state.values.items() if name not in _FIELDS_OF_PAGE]


def _line(field: str, state: FormState, regions: Regions) -> RecapLine:
    value, label = state.values[field], _LABELS[field]
    if field == "kind":
        return RecapLine(label, KINDS.get(value, value), is_own_words=False)
    if field in _FLAGS:
        return RecapLine(label, _YES, is_own_words=False)
    if field in _REGION_FIELDS:
        name = _region_name(value, state, regions)
        return RecapLine(label, name or _UNKNOWN, is_own_words=bool(name))
    return RecapLine(label, value.strip(), is_own_words=True)


def _region_name(code: str, state: FormState, regions: Regions) -> str:
    lists = state.region_lists(regions).values()
    return next((region.name for choices in lists for region in choices if region.code == code), "")


def _point(state: FormState, files: Sequence[FormFile]) -> str:
    latitude, longitude = (state.values.get(name, "").strip() for name in ("latitude", "longitude"))
    if latitude and longitude:
        return f"{latitude}, {longitude}"
    spot = state.photo_coordinates(files)
    return f"{spot[0]:.5f}, {spot[1]:.5f}" if spot else ""
