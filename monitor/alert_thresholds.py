"""Thresholds of the alert conditions. The console and the Prometheus alert rules use the same ones."""

from math import log

_SECONDS_PER_HOUR = 3_600

# Longest time that an accepted message may wait for a stage. A working stage needs seconds.
BEHIND_SECONDS = 120.0
# Longest time for which nobody of an agency, or of triage, may open a case with a danger to life.
DANGER_SECONDS = 300.0
# Longest time that a case may wait at triage. The triage staff looks once a day.
TRIAGE_SECONDS = 86_400.0
# Largest difference between a host's clock and ours, and largest jump of a clock. Signatures and rate limits
# tolerate some seconds.
CLOCK_SECONDS = 10.0
# Longest time that a worker may need for one batch. After five minutes Kafka gives its partitions to other members.
HANGING_SECONDS = 300.0
# Share of a topic's retention after which an alert is raised for a record that a stage has not read. The rest is the
# time to bring the stage back before the bus deletes the record.
RETENTION_SHARE = 0.5
# Used share of the spool's space from which an alert is raised.
SPOOL_SHARE = 0.5
# Used share of the disk of the data folder from which an alert is raised, and from which it counts as full: databases
# and spools need room for their journals.
DISK_SHARE, FULL_DISK_SHARE = 0.85, 0.97
# A flood is at least this many messages in a minute, and at least this many times the usual rate.
FLOOD_IN_A_MINUTE = 60
FLOOD_TIMES = 20.0
# A door is silent for too long if a silence of this length happens by chance once in ten thousand times.
_CHANCE_OF_SILENCE = 1e-4
# The rate at night is about this many times lower than the mean of the week.
_NIGHT_FACTOR = 4.0
# No alert on silence is raised before this time.
SILENT_SECONDS = 3_600.0
# From this many wrong signatures on, and from this share of the channel's messages in a usual hour on, our secret may
# be wrong. Fewer may come from a forger in an hour in which nobody else writes.
FORGED_MESSAGES = 10
FORGED_SHARE = 0.5
# A worker that was fenced twice, the last time within these seconds, is fenced by a process with the same name.
FENCED_SECONDS = 120.0


def min_forged_messages(hourly_rate: float) -> float:
    """Return the number of wrong signatures from which our secret may be wrong, for the mean number in an hour."""
    return max(FORGED_MESSAGES, FORGED_SHARE * hourly_rate)


def usual_silence_seconds(hourly_rate: float) -> float:
    """Return the longest usual silence of a door, in seconds, for its mean number of messages in an hour.

    Arrivals are taken as a Poisson process at the night rate. A door without messages has no limit: infinity.
    """
    if hourly_rate <= 0:
        return float("inf")
    return max(SILENT_SECONDS, -log(_CHANCE_OF_SILENCE) * _NIGHT_FACTOR * _SECONDS_PER_HOUR / hourly_rate)
