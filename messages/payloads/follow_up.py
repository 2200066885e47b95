"""A follow-up by the own link, the app's device or a code in an SMS: the door writes it, the normalizer reads it."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from pydantic import ConfigDict, Field

from messages.payloads.submission import has_visible_text
from messages.shapes import FollowUp, SenderAct, Shape, VerifiedBy

# Content type of a raw message that holds a `FollowUpSubmission`. The normalizer chooses the reader by it.
CONTENT_TYPE = "application/vnd.satu-pintu.follow-up+json"
# Proofs that the sender of a follow-up is the sender of the report.
PROOFS: frozenset[VerifiedBy] = frozenset({"sender-link", "device-token", "sms-code"})
# The text of an act without words.
_DEFAULT_TEXTS: Mapping[SenderAct, str] = MappingProxyType(
    {
        "objects": "Pelapor menyatakan masalah belum selesai.",
        "confirms": "Pelapor menyatakan masalah sudah beres.",
        "rates": "Pelapor menilai penanganan: {rating} dari 5.",
        "withdraws": "Pelapor menarik laporan ini.",
        "asks-to-be-forgotten": "Pelapor meminta data dirinya dihapus.",
        "agrees-to-ombudsman": "Pelapor setuju laporan ini diserahkan ke Ombudsman.",
        "declines-ombudsman": "Pelapor tidak setuju laporan ini diserahkan ke Ombudsman.",
    }
)
_ONLY_PICTURES = "Foto tambahan tanpa keterangan."


class FollowUpSubmission(Shape):
    """An act on the report whose raw message has the id `message_id`. `text` may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    message_id: UUID
    act: SenderAct
    text: str = Field("", max_length=10_000)
    rating: int = Field(0, ge=0, le=5)

    @property
    def words(self) -> str:
        """The sender's words, or a sentence that stands for the act."""
        if has_visible_text(self.text):
            return self.text
        return _DEFAULT_TEXTS.get(self.act, _ONLY_PICTURES).format(rating=self.rating)

    def follow_up(self) -> FollowUp:
        """Return the act."""
        return FollowUp(act=self.act, rating=self.rating)
