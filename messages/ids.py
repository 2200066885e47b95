"""Deterministic ids: the same arrival always gives the same ids, so that processing it twice changes nothing."""

from uuid import UUID, uuid5

from messages.keyed_hash import keyed_hash

# The root of all our ids. If it changed, every replayed message would be a new one.
_NAMESPACE = UUID("6f1b7d0e-1708-5a70-9b1e-5a7000001708")


# Version of the UUIDs whose bits an application chooses (RFC 9562, section 5.8): our keyed ids.
_KEYED_VERSION = 8
_UUID_BYTES = 16


def message_id(channel: str, provider_id: str, key: bytes) -> UUID:
    """Return the id of an arrival. The provider's own id is unique only within its channel.

    `key` is secret. Without it nobody can compute this id, or an id that follows from it, from the number of a public
    post. See docs/decisions/0012-keyed-message-ids.md.
    """
    digest = bytearray(keyed_hash(key, f"message:{channel}:{provider_id}".encode())[:_UUID_BYTES])
    digest[6] = digest[6] & 0x0F | _KEYED_VERSION << 4
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def reviewed_message_id(message: UUID) -> UUID:
    """Return the id of a set-aside message as a person's release publishes it again. It is the same for each release.

    It has version 5: no delivery by a provider has it.
    """
    return uuid5(_NAMESPACE, f"reviewed:{message}")


def sms_part_id(name: str) -> UUID:
    """Return the id to which the stored part of an SMS is sealed. It does not leave the database."""
    return uuid5(_NAMESPACE, f"message:smpp-part:{name}")


def complaint_id(message: UUID) -> UUID:
    """Return the id of the complaint that a message becomes; it becomes at most one."""
    return uuid5(_NAMESPACE, f"complaint:{message}")


def part_message_id(report: UUID, number: int) -> UUID:
    """Return the id that stands for the arrival of a part: the sender's own link to the part leads to it.

    `report` is the complaint that was divided. It has version 5: no delivery by a provider has it.
    """
    return uuid5(_NAMESPACE, f"part:{report}:{number}")


def dispatch_id(complaint: UUID, hop: int) -> UUID:
    """Return the id of a dispatch; a complaint is dispatched once per hop."""
    return uuid5(_NAMESPACE, f"dispatch:{complaint}:{hop}")


def answer_id(dispatch: UUID, verdict: str, text: str, suggested_agency: str | None = None, further: str = "") -> UUID:
    """Return the id of an agency's answer. The same content is the same answer.

    `further` is JSON of all other fields of the content that are not empty; "" without any.
    """
    suggestion = f"\0{suggested_agency}" if suggested_agency else ""
    return uuid5(_NAMESPACE, f"answer:{dispatch}:{verdict}:{text}{suggestion}" + (f"\0\0{further}" if further else ""))


def answer_picture_id(dispatch: UUID, sha256: str) -> UUID:
    """Return the id of a picture or document for answers to a dispatch; `sha256` is that of the bytes as sent.

    The same file for another dispatch has another id: no answer can name the file of another case.
    """
    return uuid5(_NAMESPACE, f"answer-picture:{dispatch}:{sha256}")


def reply_id(complaint: UUID, content: str) -> UUID:
    """Return the id of a reply, which is its idempotency key: a sender gets each content once."""
    return uuid5(_NAMESPACE, f"reply:{complaint}:{content}")


def event_id(subject: UUID, event: str) -> UUID:
    """Return the id of an oversight event about a message or complaint."""
    return uuid5(_NAMESPACE, f"event:{subject}:{event}")


def outcome_id(judged: UUID) -> UUID:
    """Return the id of the outcome of an answer or correction. It has one outcome."""
    return uuid5(_NAMESPACE, f"outcome:{judged}")


def correction_id(complaint: UUID, change: str, previous: UUID | None) -> UUID:
    """Return the id of a correction. `previous` is the correction before it, `None` for the first.

    The time is not part of it: a command that is given twice is one correction. The change alone would not be enough: a
    complaint that was split, merged and split again has three corrections.
    """
    return uuid5(_NAMESPACE, f"correction:{complaint}:{change}:{previous}")


def recommendation_id(complaint: UUID, account: UUID, kind: str, text: str) -> UUID:
    """Return the id of a recommendation. The same words of the same overseer about a report are one."""
    return uuid5(_NAMESPACE, f"recommendation:{complaint}:{account}:{kind}:{text}")


def recommendation_answer_id(recommendation: UUID, agency: str, outcome: str, text: str) -> UUID:
    """Return the id of an answer to a recommendation. The same answer of an agency is one."""
    return uuid5(_NAMESPACE, f"recommendation-answer:{recommendation}:{agency}:{outcome}:{text}")


def dead_letter_id(stage: str, position: str) -> UUID:
    """Return the id of a dead letter. A stage rejects a record once; redriven, it is another record."""
    return uuid5(_NAMESPACE, f"letter:{stage}:{position}")


def forgotten_id(sender: str, at: str) -> UUID:
    """Return the id of the tombstone of a sender; `at` is the time of the request as on the wire."""
    return uuid5(_NAMESPACE, f"forgotten:{sender}:{at}")


def audit_head_id(rows: int, head: str) -> UUID:
    """Return the id of a head of the audit log. The same head published again has the same id."""
    return uuid5(_NAMESPACE, f"audit-head:{rows}:{head}")


def attachment_id(sha256: str) -> UUID:
    """Return the id of an attachment; `sha256` is that of the bytes as sent. The same file again has the same id."""
    return uuid5(_NAMESPACE, f"attachment:{sha256}")
