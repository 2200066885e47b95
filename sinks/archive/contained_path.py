"""Paths that a manifest names. An archive or back-up may come from elsewhere: no path may lead out of its folder."""

from pathlib import Path, PureWindowsPath

from bus.errors import Stop


def is_plain_path(name: str) -> bool:
    """Return True for a path below a folder, in its only spelling.

    It is relative, with `/` between the parts, and has no `.`, `..`, backslash, drive or control character.
    """
    parts = name.split("/")
    is_relative = not PureWindowsPath(name).anchor and all(part not in {"", ".", ".."} for part in parts)
    return is_relative and "\\" not in name and name.isprintable()


def contained_path(folder: Path, name: str) -> Path:
    """Return the path of a file below a folder.

    Raises `Stop` if the name leads out of the folder, or if the file or a folder on the way to it is a symbolic link.
    """
    if not is_plain_path(name):
        raise Stop(f"{folder} names a path that is not below it: {name!r}. Nothing there was read or changed.")
    path = folder / name
    try:
        is_contained = path.resolve() == folder.resolve() / name
    except (OSError, RuntimeError):
        # A loop of links.
        is_contained = False
    if not is_contained:
        raise Stop(
            f"{path} is, or leads through, a symbolic link. Copy the files into {folder} instead of linking them."
        )
    return path
