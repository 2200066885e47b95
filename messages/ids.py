"""Deterministic ids: the same arrival gives the same ids for ever, so that working it twice can change nothing."""

from uuid import UUID, uuid5

# The root of all our ids; changing it would make every replayed message a new one.
_NAMESPACE = UUID("6f1b7d0e-1708-5a70-9b1e-5a7000001708")


def message_id(channel: str, provider_id: str) -> UUID:
    """One id per arrival: the provider's own id is unique only within its channel."""
    return uuid5(_NAMESPACE, f"message:{channel}:{provider_id}")


def complaint_id(message: UUID) -> UUID:
    """A message becomes at most one complaint."""
    return uuid5(_NAMESPACE, f"complaint:{message}")


def dispatch_id(complaint: UUID, hop: int) -> UUID:
    """A complaint is dispatched once per hop."""
    return uuid5(_NAMESPACE, f"dispatch:{complaint}:{hop}")


def answer_id(dispatch: UUID, verdict: str, text: str) -> UUID:
    """An agency says each thing about a dispatch once; other words are another answer."""
    return uuid5(_NAMESPACE, f"answer:{dispatch}:{verdict}:{text}")


def reply_id(complaint: UUID, says: str) -> UUID:
    """A sender is told each thing once: the id is the idempotency key of the delivery."""
    return uuid5(_NAMESPACE, f"reply:{complaint}:{says}")


def event_id(subject: UUID, event: str) -> UUID:
    """Oversight hears of each event about a message or complaint once."""
    return uuid5(_NAMESPACE, f"event:{subject}:{event}")


def correction_id(complaint: UUID, what: str, after: UUID | None) -> UUID:
    """A person decides each thing about a complaint once after the correction before it (`None`: after none).

    Not the moment: whoever gives a command twice says one thing. Nor the thing alone: what was taken apart, put
    together and is taken apart again was decided three times.
    """
    return uuid5(_NAMESPACE, f"correction:{complaint}:{what}:{after}")


def dead_letter_id(stage: str, position: str) -> UUID:
    """A stage puts a record aside once; worked again at another place it is another record, and another letter."""
    return uuid5(_NAMESPACE, f"letter:{stage}:{position}")


def attachment_id(sha256: str) -> UUID:
    """The same file sent again is the same attachment; `sha256` is of the bytes as sent."""
    return uuid5(_NAMESPACE, f"attachment:{sha256}")
