"""Loads pyarrow, which is an optional dependency: only the archive needs it."""

from types import ModuleType

from bus.errors import Stop

INSTALL_COMMAND = "pip install --require-hashes -r constraints-archive.txt"


def load_pyarrow() -> tuple[ModuleType, ModuleType]:
    """Return the modules `pyarrow` and `pyarrow.parquet`. Raises `Stop` with the install command without them."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        from pyarrow import parquet  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise Stop(f"The archive needs pyarrow, which is not installed. Run `{INSTALL_COMMAND}`.") from error
    return pa, parquet
