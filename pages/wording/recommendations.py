"""Words of the recommendations of overseers, for those who write and those who answer them. Pure."""

from collections.abc import Mapping

from messages.recommendation import RecommendationKind, RecommendationOutcome
from pages.translation.message import Message
from pages.translation.message import message as _

RECOMMENDATION_KINDS: Mapping[RecommendationKind, Message] = {
    "accelerate": _("Percepat penanganan"),
    "review": _("Periksa ulang"),
    "transfer": _("Alihkan ke instansi lain"),
    "other": _("Lainnya"),
}
RECOMMENDATION_OUTCOMES: Mapping[RecommendationOutcome, Message] = {
    "followed": _("Diikuti"),
    "not-followed": _("Tidak diikuti"),
}
