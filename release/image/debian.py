"""What the image takes from Debian: Python, which Debian builds with profile-guided optimisation, and its libraries."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

SUITE = "bookworm"
# mmdebstrap adds what they depend on.
PACKAGES = ("ca-certificates", "libpython3.11-stdlib", "libstdc++6", "python3.11-minimal", "tzdata")
# Dependencies of the scripts that install packages: no package is installed in an image that is never changed. So it
# has no shell, no package manager and no Perl. And those of `dbm.ndbm` and `nis`, which nothing imports.
LEFT_OUT = frozenset(
    [
        *("debconf", "dpkg", "libacl1", "libmd0", "libpcre2-8-0", "libselinux1", "libzstd1", "openssl", "tar"),
        *("libcom-err2", "libgssapi-krb5-2", "libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0"),
        *("libdb5.3", "libnsl2", "libtirpc-common", "libtirpc3"),
    ]
)
# Names of paths that a running service does not read. Licences (`copyright`) stay.
_EXCLUDED = (
    *("./usr/sbin/*", "./usr/share/locale/*", "./usr/share/man/*", "./usr/share/info/*", "./usr/share/lintian/*"),
    *("./usr/share/doc/*/changelog*", "./usr/share/doc/*/NEWS*", "./usr/share/doc/*/README*", "./usr/share/gdb/*"),
    *("./usr/share/doc/*/examples*", "./usr/share/bug/*", "./usr/share/binfmts/*", "./usr/share/pixmaps/*"),
    *("./usr/share/doc-base/*", "./usr/share/applications/*", "./usr/share/zoneinfo/right/*"),
    "./usr/share/zoneinfo/posix/*",
)
# Where scanners of images look for the packages.
DESCRIPTIONS = Path("var/lib/dpkg/status.d")
# As Debian's usrmerge has them. `tar --keep-directory-symlink` writes through them.
_MERGED = ("bin", "lib", "lib64", "sbin")
_COPY_HOOK = 'cp "$1"/var/cache/apt/archives/*.deb "$2"'


def extract_packages(root: Path) -> None:
    """Fetch the packages by mmdebstrap, which checks Debian's signatures, and extract them into the new folder `root`.

    Each has its description in `DESCRIPTIONS`.
    """
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    descriptions = root / DESCRIPTIONS
    descriptions.mkdir(parents=True)
    with TemporaryDirectory() as folder:
        for package in _fetch(Path(folder)):
            name = _field(package, "Package")
            if name in LEFT_OUT:
                continue
            (descriptions / name).write_text(f"{_field(package)}\n")
            files = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=subprocess.PIPE).stdout
            excluded = [f"--exclude={pattern}" for pattern in _EXCLUDED]
            extract = ["tar", "--extract", "--keep-directory-symlink", "--no-same-owner", "--directory", str(root)]
            subprocess.run([*extract, *excluded], input=files, check=True)
    _write_authorities(root)


def package_versions(root: Path) -> Mapping[str, str]:
    """Return the version of each package of an image by its name."""
    texts = {path.name: path.read_text() for path in sorted((root / DESCRIPTIONS).iterdir())}
    return {name: text.partition("\nVersion: ")[2].partition("\n")[0] for name, text in texts.items()}


def _fetch(folder: Path) -> Sequence[Path]:
    """Return the packages with their dependencies, in the order of their names."""
    target, packages = folder / "target", folder / "packages"
    packages.mkdir()
    options = ["--quiet", "--mode=root", "--variant=extract", f"--include={','.join(PACKAGES)}"]
    hook = f"--extract-hook={_COPY_HOOK.replace('$2', str(packages))}"
    subprocess.run(["mmdebstrap", *options, hook, SUITE, target], check=True, stderr=subprocess.DEVNULL)
    return sorted(packages.glob("*.deb"))


def _field(package: Path, *names: str) -> str:
    """Return a field of a package's description, or all of it."""
    command = ["dpkg-deb", "--field", str(package), *names]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _write_authorities(root: Path) -> None:
    """Write the certificate authorities as one file, which `update-ca-certificates` does on an installed Debian."""
    certificates = sorted((root / "usr" / "share" / "ca-certificates").rglob("*.crt"))
    bundle = root / "etc" / "ssl" / "certs" / "ca-certificates.crt"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text("".join(certificate.read_text() for certificate in certificates))
