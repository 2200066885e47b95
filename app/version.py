"""Version of the program, and the commit that it was built from."""

import re
from importlib.metadata import version
from pathlib import Path

_COMMIT_FILE = Path(__file__).parent / "commit.txt"
_COMMIT = re.compile(r"[0-9a-f]{40}")


def version_text(commit_file: Path = _COMMIT_FILE) -> str:
    """Return version and commit, as in `1.0.0 (commit 6b3963fc…)`; a working tree has no commit.

    `git archive` writes the commit into the file (`.gitattributes`), so a wheel of a release has it.
    """
    commit = commit_file.read_text().strip()
    source = f"commit {commit}" if _COMMIT.fullmatch(commit) else "working tree"
    return f"{version('satu-pintu')} ({source})"
