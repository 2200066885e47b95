"""The pause between the beginnings of two batches of each stage, by consumer group.

It is the longest time that a record waits for others, on Kafka twice: a batch has what was fetched at the batch before.
The defaults are measured: a batch has 5 to 29 statements, whatever its size, and with pauses a report costs two thirds
to four fifths of the processor time. The way of a report to its agency has the shortest.
Ledger, desk and oversight read every agency's queue, so that one look costs them most, and no stage waits for them. A
citizen may look at the ledger's status page, and a reply has to come within half a second.
"""

from config.settings import Settings

DEFAULT_MILLISECONDS = {
    "normalize": 60,
    "router": 60,
    "ledger": 500,
    "replies": 250,
    "desk": 1_000,
    "oversight": 1_000,
    "forget": 250,
}


def batch_pause(settings: Settings, group: str) -> float:
    """Return the pause of a consumer group in seconds."""
    return settings.batch_pauses.get(group, DEFAULT_MILLISECONDS[group]) / 1_000
