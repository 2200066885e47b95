"""Names of files that a person opens or saves."""

from collections.abc import Mapping
from uuid import UUID

_EXTENSIONS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
}


def download_header(media_type: str, number: str, file_id: UUID, *, saves_pictures: bool = False) -> Mapping[str, str]:
    """Return the header that names a file of a report. A browser saves each document, and pictures if it shall."""
    kind = "inline" if media_type.startswith("image/") and not saves_pictures else "attachment"
    name = f"{number}-{file_id.hex[:8]}.{_EXTENSIONS[media_type]}"
    return {"Content-Disposition": f'{kind}; filename="{name}"'}
