"""Builds the files of a release from a commit: `python -m release OUT` (`make release`)."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from release.bill_of_materials import PRODUCT, bill_of_materials, debian_package, library
from release.folders import package_chart, package_operators_files
from release.image.archive import write_image
from release.image.debian import package_versions
from release.image.libraries import installed_libraries
from release.image.root_folder import make_root
from release.notes import NotesError, release_notes
from release.pins import pins
from release.provenance import provenance
from release.signing import digests, sign, write_checksums
from release.source import Source, export_source
from release.wheel import build_wheel

ROOT = Path(__file__).parents[1]
# Pinned versions that go with the wheel. The second has what `satupintu archive` needs besides.
CONSTRAINTS = ("constraints.txt", "constraints-archive.txt")


def build(source: Source, out: Path, *, with_image: bool) -> None:
    """Build everything but checksums and signature into the new folder `out`."""
    out.mkdir(parents=True)
    notes = release_notes((source.folder / "CHANGELOG.md").read_text(), source.version)
    (out / "NOTES.md").write_text(notes)
    for name in CONSTRAINTS:
        (out / name).write_bytes((source.folder / name).read_bytes())
    libraries = [library(pin) for pin in pins((source.folder / "constraints.txt").read_text())]
    (out / f"{PRODUCT}-{source.version}.cdx.json").write_text(bill_of_materials(source, libraries))
    package_chart(source, out)
    package_operators_files(source, out)
    wheel = build_wheel(source, out)
    if with_image:
        _build_image(source, wheel, out)
    materials = digests([source.folder / name for name in CONSTRAINTS])
    subjects = digests(sorted(out.iterdir()))
    (out / "provenance.json").write_text(provenance(source, subjects, materials))


def _build_image(source: Source, wheel: Path, out: Path) -> None:
    """Build the image, and the bill of what is in it: packages of Debian and libraries."""
    root = source.folder.parent / "root"
    make_root(root, source.folder / "constraints.txt", wheel)
    write_image(root, source, out / f"{PRODUCT}-{source.version}-image.tar")
    components = [debian_package(name, version) for name, version in package_versions(root).items()]
    components += [library(pin) for pin in installed_libraries(root)]
    (out / f"{PRODUCT}-{source.version}-image.cdx.json").write_text(bill_of_materials(source, components))


def main(arguments: Sequence[str]) -> int:
    """Build a release. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("out", type=Path, help="new folder for the files")
    parser.add_argument("--repository", type=Path, default=ROOT, help="git repository (default: this one)")
    parser.add_argument("--revision", default="HEAD", help="commit or tag to build (default: HEAD)")
    parser.add_argument("--key", type=Path, help="private key of the release; without it nothing is signed")
    parser.add_argument("--signers", type=Path, default=ROOT / "deploy" / "allowed_signers", help="known public keys")
    parser.add_argument("--no-image", action="store_true", help="leave out the image, which needs root and mmdebstrap")
    options = parser.parse_args(arguments)
    if options.out.exists():
        parser.error(f"{options.out} exists: name a new folder")
    with TemporaryDirectory() as folder:
        source = export_source(options.repository, options.revision, Path(folder) / "source")
        try:
            build(source, options.out, with_image=not options.no_image)
        except NotesError as error:
            parser.error(str(error))
        checksums = write_checksums(options.out)
    if options.key:
        sign(checksums, options.key, options.signers)
    print(f"{options.out}: {PRODUCT} {source.version}, commit {source.commit}, {'' if options.key else 'not '}signed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
