"""The pinned libraries and the wheel, as they are in the image."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from release.pins import Pin

# Python of the image: Debian's 3.11, on 64-bit x86 with glibc 2.36.
_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_TARGET = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--abi=abi3", "--abi=none")
SITE = Path("usr/local/lib/python3.11/dist-packages")
# What the program does not read: names of places and providers of telephone numbers, tests, tools that build packages.
_UNREAD = (
    *("phonenumbers/geodata", "phonenumbers/carrierdata", "phonenumbers/tzdata"),
    *("sqlalchemy/testing", "alembic/testing"),
    *("setuptools", "pkg_resources", "_distutils_hack", "bin", "include", "share"),
)
_UNREAD_PATTERNS = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.cpp", "*.h", "*.hpp", "setuptools-*.dist-info", "*.pth")
# Modules that no process imports: they may be compiled each time.
_UNCOMPILED = "pygments/(lexers|styles)/|python3.11/(pydoc_data|test|distutils|unittest|turtle|wsgiref|xmlrpc)"
# Of Twilio's many interfaces the program uses the one for messages; each is imported when it is used.
_TWILIO = ("__init__.py", "api")
# Babel's languages: the program formats by its own code, and Babel only reads and writes catalogs.
_LANGUAGES = ("root.dat", "en.dat", "en_001.dat", "id.dat", "LICENSE.unicode")


def install(root: Path, constraints: Path, wheel: Path) -> None:
    """Install the pinned libraries, by their hashes, and the wheel into the image's folder."""
    site = root / SITE
    platforms = [f"--platform={name}" for name in _PLATFORMS]
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--require-hashes", "--only-binary=:all:"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *platforms, *_TARGET, "--target", site, "-r", constraints],
        umask=0o022,
        check=True,
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    _remove_unread(site)
    _strip(site)
    _compile(root)


def installed_libraries(root: Path) -> Sequence[Pin]:
    """Return the libraries of an image with their versions, without the program."""
    names = sorted(path.name.removesuffix(".dist-info") for path in (root / SITE).glob("*.dist-info"))
    pairs = [name.split("-") for name in names]
    return [Pin(name, version, "") for name, version in pairs if name != "satu_pintu"]


def _remove_unread(site: Path) -> None:
    """Remove what the program does not read. `tests/release/test_image.py` imports every module of ours."""
    paths = [site / name for name in _UNREAD]
    paths += [path for pattern in _UNREAD_PATTERNS for path in site.rglob(pattern)]
    paths += [path for path in (site / "twilio" / "rest").iterdir() if path.name not in _TWILIO]
    paths += [path for path in (site / "babel" / "locale-data").iterdir() if path.name not in _LANGUAGES]
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _strip(site: Path) -> None:
    """Remove the symbols for debuggers from the extensions. What auditwheel has patched stays as it is."""
    extensions = [path for path in sorted(site.rglob("*.so")) if not path.parent.name.endswith(".libs")]
    subprocess.run(["strip", "--strip-debug", "--enable-deterministic-archives", *extensions], check=True)


def _compile(root: Path) -> None:
    """Compile all modules by the image's Python: a read-only image cannot do it later, and starts sooner.

    The compiled files name no time of the sources, and one process with a fixed hash makes the same bytes each time.
    """
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-j", "1"]
    options += ["-x", _UNCOMPILED]
    folders = ["/usr/lib/python3.11", f"/{SITE}"]
    subprocess.run(
        ["chroot", root, "/usr/bin/python3.11", "-m", "compileall", *options, *folders],
        env={"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"]},
        check=True,
    )
