"""Logging: constant event names with fields; columns for eyes or JSON for machines, on standard error."""

import logging
import sys
import traceback

import structlog


def _place_only(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """An exception as its kind and where it was raised: its own words may quote a citizen."""
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else sys.exc_info()[1] if raised is True else raised
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["raised_at"] = " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    return event


def configure(level: str, style: str) -> None:
    """Send every log line of this process, the libraries' warnings too, through one format."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _place_only,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # tweepy and urllib3 log addresses and parameters at debug; a citizen's words may be among them.
    for name in ("tweepy", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # They say every failed attempt at error; the stages say once what follows from it.
    for name in ("kafka", "opentelemetry"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
