"""Logging on standard error: constant event names with fields, in columns for people or in JSON for programs."""

import logging
import sys
import traceback

import structlog


def _without_exception_text(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Replace an exception by its class and the place it was raised at: its text may quote a citizen."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else sys.exc_info()[1] if info is True else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["raised_at"] = " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    return event


def _named(process_name: str) -> structlog.types.Processor:
    """Return what adds the name of this process to a line that names none."""

    def add_name(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event.setdefault("process", process_name)
        return event

    return add_name


def configure(level: str, style: str, process_name: str = "") -> None:
    """Send every log line of this process, the libraries' warnings too, through one format.

    `process_name` tells the processes of one machine apart, which write into one log.
    """
    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
        *([_named(process_name)] if process_name else []),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # tweepy and urllib3 log addresses and parameters at debug level; these may quote a citizen.
    for name in ("tweepy", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # kafka-python logs every failed attempt as an error; the stages log the consequence once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
