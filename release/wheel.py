"""The wheel of a commit."""

import os
import subprocess
import sys
from pathlib import Path

from release.source import Source


def build_wheel(source: Source, out: Path) -> Path:
    """Build the wheel into the folder `out`, with the tools of this environment and nothing from a registry.

    The same source gives the same bytes: setuptools takes the times of the files from SOURCE_DATE_EPOCH.
    """
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", *options, "--wheel-dir", out, source.folder],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(source.epoch)},
        umask=0o022,
        check=True,
    )
    (wheel,) = out.glob("*.whl")
    return wheel
