"""The files of the image: `python -m release.image.root_folder ROOT CONSTRAINTS WHEEL` makes them in a new folder."""

import sys
from pathlib import Path

from release.image.debian import extract_packages
from release.image.libraries import install

# The user of the service: no account of a host has this number.
USER = 65532
HOME = "var/lib/satupintu"
_PROGRAM = """#!/usr/bin/python3.11
from app.cli import main

main()
"""
_PASSWD = f"root:x:0:0:root:/root:/usr/sbin/nologin\nsatupintu:x:{USER}:{USER}:Satu Pintu:/{HOME}:/usr/sbin/nologin\n"
_FILES = {
    "etc/passwd": _PASSWD,
    "etc/group": f"root:x:0:\nsatupintu:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
    "etc/debian_version": "12\n",
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}


def make_root(root: Path, constraints: Path, wheel: Path) -> None:
    """Make the files of the image in the new folder `root`."""
    extract_packages(root)
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in ("tmp", "proc", "sys", "dev", "run", HOME):
        (root / name).mkdir(parents=True, exist_ok=True)
    install(root, constraints, wheel)
    program = root / "usr" / "local" / "bin" / "satupintu"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_PROGRAM)
    program.chmod(0o755)


if __name__ == "__main__":
    make_root(*(Path(argument) for argument in sys.argv[1:]))
