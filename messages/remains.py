"""What remains of a record on a topic when its person is forgotten. Pure.

Ids, numbers, codes, times and verdicts stay, so that the record still counts and leads to the same case. An answer has
a module of its own for this: `messages.answer_check`.
"""

from messages.forgotten import forgotten_complaint, forgotten_dispatch
from messages.recommendation import Recommendation
from messages.sealing import Sealed
from messages.shapes import Complaint, Correction, Dispatch, Quarantined, RawMessage, Reply, WireModel


def remains_of(message: WireModel) -> WireModel:
    """Return what remains of a message. One without words of citizens is returned as it is."""
    remains: WireModel = message
    if isinstance(message, RawMessage):
        remains = _forgotten_arrival(message)
    elif isinstance(message, Quarantined):
        remains = message.model_copy(update={"raw": _forgotten_arrival(message.raw)})
    elif isinstance(message, Complaint):
        remains = forgotten_complaint(message)
    elif isinstance(message, Dispatch):
        remains = forgotten_dispatch(message)
    elif isinstance(message, Correction):
        remains = message.model_copy(update={"reason": ""})
    elif isinstance(message, Reply | Recommendation):
        remains = message.model_copy(update={"text": ""})
    return remains


def _forgotten_arrival(raw: RawMessage) -> RawMessage:
    """Return an arrival without the provider's bytes, and with its own id in place of the provider's.

    The provider's id of a post would lead to the post. An empty one would make all such arrivals one delivery.
    """
    return raw.model_copy(update={"body": Sealed(""), "provider_id": str(raw.id), "attachments": (), "unfetched": 0})
