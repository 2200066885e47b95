"""Words of the public view: states, topics and places."""

from config.reference.regions import Regions
from pages.translation.message import message as _

# `cases.course.report_state` has the states. The sender is another person than the reader here.
STATES = {
    "diteruskan": _("Diteruskan ke instansi"),
    "ditangani": _("Sedang ditangani"),
    "menunggu-anda": _("Menunggu keterangan pelapor"),
    "dijawab": _("Sudah dijawab"),
    "selesai": _("Selesai"),
    "dibuka-lagi": _("Dibuka lagi"),
}


def state_label(state: str) -> str:
    """Return the words for a state."""
    return STATES.get(state, STATES["diteruskan"])


def topic_label(topic: str) -> str:
    """Return the id of a topic as words: `jalan-rusak` is "Jalan rusak"."""
    return topic.replace("-", " ").capitalize()


def region_label(regions: Regions, code: str) -> str:
    """Return the name of a place, the smallest part first: "Tembalang, Kota Semarang, Jawa Tengah"."""
    return ", ".join(region.name for region in reversed(regions.lineage(code)))
