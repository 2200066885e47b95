"""Checks the region codes of a submission: each must exist, and lie inside the region above it. Pure."""

from collections.abc import Iterator

from config.reference.regions import Regions
from messages.payloads.submission import Submission
from pages.refusals import FieldError, Refused
from pages.translation.message import message as _


def check_picked_regions(submission: Submission, regions: Regions) -> None:
    """Raise `Refused`, naming each invalid field. A typing error in a code would move the report to another region."""
    if field_errors := tuple(_field_errors(submission, regions)):
        raise Refused("invalid_submission", field_errors)


def _field_errors(submission: Submission, regions: Regions) -> Iterator[FieldError]:
    levels = (("province", submission.province), ("city", submission.city), ("district", submission.district))
    parent_code = ""
    for depth, (level, code) in enumerate(levels):
        if not code:
            continue
        if regions.get(code) is None or code.count(".") != depth:
            yield FieldError(level, _("Wilayah ini tidak dikenal."))
        elif parent_code and not code.startswith(f"{parent_code}."):
            yield FieldError(level, _("Wilayah ini tidak ada di dalam wilayah yang dipilih di atasnya."))
        parent_code = code
    if parent_code and submission.region:
        yield FieldError("region", _("Isi nama wilayah atau kodenya, jangan keduanya."))
