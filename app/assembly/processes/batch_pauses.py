"""The pause between the beginnings of two batches of each stage, by consumer group, and of the derivations.

It is the longest time that a record waits for others, on Kafka twice: a batch has what was fetched at the batch before.
The defaults are measured: a batch has 5 to 29 statements, whatever its size, and with pauses a report costs two thirds
to four fifths of the processor time. The way of a report to its agency has the shortest.
The stage of cases reads every agency's queue, so that one look costs it most, and no stage waits for it. A citizen may
look at the status page, which reads the facts, and a reply has to come within half a second. The derivations wait for
the facts, so both pauses add up.
"""

from config.settings import Settings

DERIVATIONS = "derivations"
DEFAULT_MILLISECONDS = {
    "normalize": 60,
    "router": 60,
    "cases": 500,
    "replies": 250,
    "forget": 250,
    DERIVATIONS: 500,
}


def batch_pause(settings: Settings, group: str) -> float:
    """Return the pause of a consumer group in seconds."""
    return settings.batch_pauses.get(group, DEFAULT_MILLISECONDS[group]) / 1_000
