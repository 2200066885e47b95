"""Log of the rows of shipped tables that are left out, because the operator's list lacks their agencies."""

import structlog

_log = structlog.get_logger()


def log_left_out_rows(table: str, count: int) -> None:
    """Log the number of rows of a shipped table that are left out; nothing if there is none."""
    if count:
        _log.warning("tables.rows_left_out", table=table, rows=count)
