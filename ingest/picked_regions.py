"""Whether the regions that were picked by code are regions, and lie within each other. Pure."""

from collections.abc import Iterator

from config.reference.regions import Regions
from ingest.arrival import FieldError, Refused
from messages.submission import Submission


def check_picked_regions(submission: Submission, regions: Regions) -> None:
    """Raises `Refused`, naming each field at fault: a slip in a code would be another place."""
    if faults := tuple(_faults(submission, regions)):
        raise Refused("invalid_submission", faults)


def _faults(submission: Submission, regions: Regions) -> Iterator[FieldError]:
    levels = (("province", submission.province), ("city", submission.city), ("district", submission.district))
    wider = ""
    for depth, (level, code) in enumerate(levels):
        if not code:
            continue
        if regions.get(code) is None or code.count(".") != depth:
            yield FieldError(level, "Wilayah ini tidak dikenal.")
        elif wider and not code.startswith(f"{wider}."):
            yield FieldError(level, "Wilayah ini tidak ada di dalam wilayah yang dipilih di atasnya.")
        wider = code
    if wider and submission.region:
        yield FieldError("region", "Isi nama wilayah atau kodenya, jangan keduanya.")
