"""Sizes of files and requests in words."""

_MB = 1_000_000
_KB = 1_000


def readable_size(size: int) -> str:
    """Return a number of bytes as people read it: `25 MB` or `256 KB`."""
    return f"{size // _MB} MB" if size >= _MB else f"{size // _KB} KB"
