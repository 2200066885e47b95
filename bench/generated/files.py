"""Writes files that are generated from the code and committed, or compares them with what is committed."""

import sys
from collections.abc import Collection, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def write_or_check(files: Mapping[Path, str], make_target: str, obsolete: Collection[Path] = ()) -> int:
    """Write the files and delete the obsolete ones; with `--check` on the command line only compare.

    Return the exit code: 1 where a file differs or is obsolete. `make_target` is the command that writes them.
    """
    if "--check" not in sys.argv:
        for path, text in files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for path in obsolete:
            path.unlink()
        return 0
    different = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if names := sorted(path.name for path in [*different, *obsolete]):
        sys.stderr.write(f"generated files differ: {', '.join(names)}; run `make {make_target}` and read the diff\n")
    return 1 if names else 0
