"""The notes of a release: its section of the changelog, in a fixed form."""

import re

# Headings that the notes of each version have: an operator finds the same answers at the same place.
HEADINGS = ("Upgrade", "Migrations", "Rollback", "Verify")


class NotesError(Exception):
    """The changelog has no section for the version, or the section lacks a heading."""


def release_notes(changelog: str, version: str) -> str:
    """Return the notes of a version. Raises `NotesError`."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    section = next((section for section in sections if section.split(maxsplit=1)[0] == version), None)
    if section is None:
        raise NotesError(f"CHANGELOG.md has no section {version}. Write one.")
    headings = re.findall(r"^### (.+)$", section, re.MULTILINE)
    if missing := [heading for heading in HEADINGS if heading not in headings]:
        raise NotesError(f"The section {version} of CHANGELOG.md lacks: {', '.join(missing)}. Write them.")
    return f"# Satu Pintu {section.rstrip()}\n"
