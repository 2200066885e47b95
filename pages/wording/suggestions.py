"""Sentences about two reports that are perhaps the same, for officers and staff. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from pages.translation.message import Message
from pages.translation.message import message as _

# Sentences about the evidence, by the names of features (normalize/duplicates/comparison/features.py).
EVIDENCE_SENTENCES: Sequence[tuple[frozenset[str], Message]] = (
    (
        frozenset({"near-text", "long-text-near", "copied-at-length", "same-in-all"}),
        _("Kata-kata kedua laporan hampir sama."),
    ),
    (
        frozenset({"place-same-topics", "soon-place-topic", "beside-same-topic", "same-object-and-fault-at-landmark"}),
        _("Tempat dan pokok masalahnya tampak sama."),
    ),
    (
        frozenset(
            {"same-object-and-fault-in-region", "same-object-and-fault-soon", "same-object-and-fault-at-landmark"}
        ),
        _("Hal yang dilaporkan dan masalahnya sama."),
    ),
    (
        frozenset({"soon-place-topic", "same-object-and-fault-soon", "within-hours"}),
        _("Keduanya dilaporkan dalam waktu yang berdekatan."),
    ),
    (
        frozenset({"refers-to-report", "says-again", "reported-again-here"}),
        _("Salah satu laporan menyebut laporan sebelumnya."),
    ),
    (frozenset({"same-names"}), _("Keduanya menyebut nama yang sama.")),
    (frozenset({"same-person", "one-person"}), _("Keduanya menyebut orang atau nomor orang yang sama.")),
    (frozenset({"same-numbers"}), _("Keduanya menyebut angka yang sama.")),
    (frozenset({"same-date"}), _("Keduanya menyebut tanggal yang sama.")),
    (frozenset({"same-amount"}), _("Keduanya menyebut jumlah uang yang sama.")),
    # One word in common is enough for them.
    (frozenset({"usual-words", "rare-words"}), _("Ada kata yang sama di kedua laporan.")),
)
_GENERAL_EVIDENCE = _("Isi kedua laporan mirip.")
_MAX_SENTENCES = 4
# By `desk.acts.suggestions.SuggestionFault`.
FAULTS: Mapping[str, Message] = {
    "decided": _("Petugas lain sudah memutuskan lebih dahulu. Keputusan Anda tidak dikirim."),
    "over": _("Salah satu laporan sudah ditutup atau digabung. Tidak ada yang perlu diputuskan lagi."),
    "not-here": _("Salah satu laporan sudah tidak di instansi Anda. Petugas triase yang memutuskan."),
    "not-ready": _("Sistem belum selesai mencatat kedua laporan. Coba lagi sebentar."),
}


def evidence_sentences(evidence: Sequence[str]) -> Sequence[Message]:
    """Return sentences about the features that speak for one problem, the strongest first, or a general sentence."""
    sentences = list(dict.fromkeys(sentence for name in evidence for sentence in _sentences(name)))
    return sentences[:_MAX_SENTENCES] or [_GENERAL_EVIDENCE]


def _sentences(name: str) -> Iterator[Message]:
    return (sentence for names, sentence in EVIDENCE_SENTENCES if name in names)
