"""Builds the image of a commit: `python -m release.image FILE` (`make image`)."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from release.__main__ import ROOT
from release.image.archive import write_image
from release.image.root_folder import make_root
from release.source import export_source
from release.wheel import build_wheel


def main(arguments: Sequence[str]) -> int:
    """Build an image. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release.image", description=__doc__)
    parser.add_argument("out", type=Path, help="file for the image, as in satu-pintu.tar")
    parser.add_argument("--repository", type=Path, default=ROOT, help="git repository (default: this one)")
    parser.add_argument("--revision", default="HEAD", help="commit or tag to build (default: HEAD)")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        source = export_source(options.repository, options.revision, Path(folder) / "source")
        wheel = build_wheel(source, Path(folder) / "wheel")
        root = Path(folder) / "root"
        make_root(root, source.folder / "constraints.txt", wheel)
        write_image(root, source, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
