"""Sends spans to a trace collector by OTLP over HTTP.

The only importer of OpenTelemetry. It is imported only if a collector is configured.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from bus.errors import Retry
from monitor.traces.spans import TraceSpan

_PATH = "/v1/traces"
# Longest time of one export, with the exporter's own retries. A stopping service waits for it.
_EXPORT_SECONDS = 5.0
# An answer has a count and a sentence; a longer one is an error.
_MAX_ANSWER_BYTES = 100_000
_CHUNK_BYTES = 8_192
# After these answers the spans are sent again later: those of the OTLP specification, and those that a corrected
# setting ends.
_RETRY_STATUSES = frozenset(
    (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)
_PREFIX = "satupintu"
_SCOPE = InstrumentationScope(_PREFIX)


@dataclass(frozen=True, slots=True)
class CollectorAnswer:
    """Answer of the collector. `status` is 0 if there was none: `cause` names the error, or nothing was sent."""

    status: int = 0
    body: bytes = b""
    cause: str = ""


class Collector:
    """Connection to a collector. `endpoint` is the OTLP endpoint, with or without the path for traces.

    Headers, certificates and compression are configured by the exporter's own variables, `OTEL_EXPORTER_OTLP_…`. Not
    for two threads.
    """

    def __init__(
        self,
        endpoint: str,
        instance: str,
        clock: Callable[[], float],
        seconds: float = _EXPORT_SECONDS,
    ) -> None:
        url = f"{endpoint.rstrip('/').removesuffix(_PATH)}{_PATH}"
        self._session = _BoundedSession(seconds, clock)
        self._exporter = OTLPSpanExporter(url, timeout=seconds, session=self._session)
        self._resource = Resource({"service.name": "satu-pintu", "service.instance.id": instance})

    def send(self, spans: Sequence[TraceSpan]) -> int:
        """Send the spans. Return how many were refused for good.

        Raises `Retry` while the collector is away or rejects our credentials.
        """
        self._session.answer = CollectorAnswer()
        self._exporter.export([self._readable(span) for span in spans])
        return count_refused(self._session.answer, len(spans))

    def close(self) -> None:
        """Release the connection."""
        self._session.close()

    def _readable(self, span: TraceSpan) -> ReadableSpan:
        return ReadableSpan(
            span.name,
            _span_context(span.trace, span.id),
            _span_context(span.trace, span.parent) if span.parent else None,
            self._resource,
            {f"{_PREFIX}.{name}": value for name, value in span.attributes.items()},
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
            start_time=span.start,
            end_time=span.end,
            instrumentation_scope=_SCOPE,
        )


def count_refused(answer: CollectorAnswer, sent: int) -> int:
    """Return how many of the sent spans the collector refused for good. Raises `Retry` if it may accept them later."""
    if answer.cause:
        raise Retry(f"the collector of traces: {answer.cause}")
    if answer.status in _RETRY_STATUSES or HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise Retry(f"the collector of traces: http_{answer.status}")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return min(_rejected_spans(answer.body), sent)
    return sent


def _rejected_spans(body: bytes) -> int:
    """Return the number in OTLP's partial success. An answer that can't be parsed is a full success."""
    response = ExportTraceServiceResponse()
    try:
        response.ParseFromString(body)
    except DecodeError:
        return 0
    return max(0, response.partial_success.rejected_spans)


def _span_context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _BoundedSession(requests.Session):
    """Session that keeps the last answer and limits its size and duration.

    The exporter itself reports only success or failure.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self.answer = CollectorAnswer()

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request and read the whole body. See `requests.Session`."""
        deadline = self._clock() + self._seconds
        # The exporter computes its timeout from the wall clock, which may be set back.
        options |= {"stream": True, "timeout": min(options["timeout"], self._seconds)}
        try:
            with super().request(*args, **options) as response:
                body = b""
                for chunk in response.iter_content(_CHUNK_BYTES):
                    body += chunk
                    if self._clock() > deadline or len(body) > _MAX_ANSWER_BYTES:
                        raise requests.ReadTimeout
        except requests.RequestException as error:
            self.answer = CollectorAnswer(cause=type(error).__name__)
            raise
        self.answer = CollectorAnswer(response.status_code, body)
        return response
