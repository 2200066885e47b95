"""Sends spans to a collector by OTLP over HTTP. The only importer of OpenTelemetry, and imported where it is on."""

import time
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
# Of one export with all that the exporter tries by itself; a service that stops waits for it.
_SECONDS = 5.0
# An answer has a count and a sentence.
_MOST_BYTES = 100_000
_CHUNK_BYTES = 8_192
# Somebody has to let us in, or comes back: the spans wait. OTLP's own list, and what the settings can mend.
_LATER = frozenset(
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
class Heard:
    """What the collector answered; without a `status` nothing, for this `cause`, or because nothing was sent."""

    status: int = 0
    body: bytes = b""
    cause: str = ""


class Collector:
    """`endpoint` as OTLP has it, without the path of the traces or with it. Not for two threads.

    Headers, certificates and compression are said by the exporter's own variables, `OTEL_EXPORTER_OTLP_…`.
    """

    def __init__(
        self,
        endpoint: str,
        instance: str,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        url = f"{endpoint.rstrip('/').removesuffix(_PATH)}{_PATH}"
        self._line = _Line(seconds, clock)
        self._exporter = OTLPSpanExporter(url, timeout=seconds, session=self._line)
        self._resource = Resource({"service.name": "satu-pintu", "service.instance.id": instance})

    def send(self, spans: Sequence[TraceSpan]) -> int:
        """How many were refused for good. Raises `Retry` while the collector is away, or lets nobody in."""
        self._line.heard = Heard()
        self._exporter.export([self._readable(span) for span in spans])
        return refused(self._line.heard, len(spans))

    def close(self) -> None:
        """Release everything."""
        self._line.close()

    def _readable(self, span: TraceSpan) -> ReadableSpan:
        return ReadableSpan(
            span.name,
            _context(span.trace, span.id),
            _context(span.trace, span.parent) if span.parent else None,
            self._resource,
            {f"{_PREFIX}.{name}": value for name, value in span.attributes.items()},
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
            start_time=span.start,
            end_time=span.end,
            instrumentation_scope=_SCOPE,
        )


def refused(heard: Heard, many: int) -> int:
    """How many of so many spans the collector will never take. Raises `Retry` where it may later take them all."""
    if heard.cause:
        raise Retry(f"the collector of traces: {heard.cause}")
    if heard.status in _LATER or HTTPStatus.MULTIPLE_CHOICES <= heard.status < HTTPStatus.BAD_REQUEST:
        raise Retry(f"the collector of traces: http_{heard.status}")
    if HTTPStatus.OK <= heard.status < HTTPStatus.MULTIPLE_CHOICES:
        return min(_rejected(heard.body), many)
    return many


def _rejected(body: bytes) -> int:
    """OTLP's partial success; one that can't be read is a success."""
    answer = ExportTraceServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return 0
    return max(0, answer.partial_success.rejected_spans)


def _context(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _Line(requests.Session):
    """Keeps what was answered last, which the exporter makes a yes or no of, and bounds an answer that drips."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self.heard = Heard()

    def request(self, *args: Any, **more: Any) -> requests.Response:
        """See `requests.Session`; the body is read to its end here."""
        deadline = self._clock() + self._seconds
        # The exporter's own is by the clock on the wall, which may be set back.
        more |= {"stream": True, "timeout": min(more["timeout"], self._seconds)}
        try:
            with super().request(*args, **more) as response:
                body = b""
                for chunk in response.iter_content(_CHUNK_BYTES):
                    body += chunk
                    if self._clock() > deadline or len(body) > _MOST_BYTES:
                        raise requests.ReadTimeout
        except requests.RequestException as error:
            self.heard = Heard(cause=type(error).__name__)
            raise
        self.heard = Heard(response.status_code, body)
        return response
