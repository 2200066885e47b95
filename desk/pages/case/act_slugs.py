"""The acts by their names in addresses and forms, and the right that each needs."""

from collections.abc import Mapping

from accounts.permissions import Act
from messages.shapes import FIELD_VERDICTS, AnswerReaders, Verdict
from pages.forms import Form

# In the order in which a page offers them.
VERDICTS_BY_NAME: Mapping[str, Verdict] = {
    "terima": "accepted",
    "tanggapi": "responded",
    "minta-keterangan": "asked",
    "perpanjang": "extended",
    "bukan-kewenangan": "refused",
    "tutup": "closed",
}
NAMES: Mapping[Verdict, str] = {verdict: name for name, verdict in VERDICTS_BY_NAME.items()}
RIGHTS: Mapping[Verdict, Act] = {
    "accepted": Act.ACCEPT,
    "refused": Act.REFUSE,
    "asked": Act.ASK,
    "extended": Act.EXTEND,
    "responded": Act.RESPOND,
    "closed": Act.CLOSE,
}
# Readers of a text beside the sender, in the order in which the form of an answer offers them.
READERS_BY_NAME: Mapping[str, AnswerReaders] = {"": "", "semua-pelapor": "all-senders", "pelapor": "sender"}


def readers_of(form: Form, verdict: Verdict) -> AnswerReaders:
    """Return the readers that a form of an answer chooses; the usual ones for a verdict without readers."""
    return READERS_BY_NAME.get(form.line("pembaca"), "") if verdict in FIELD_VERDICTS["readers"] else ""
