"""A trace collector on loopback that accepts OTLP over HTTP in protobuf."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.loopback import Answer, Loopback, ReceivedRequest

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@dataclass
class LoopbackCollector(Loopback):
    """A collector; `spans` are the accepted spans in order of arrival, by span id in hexadecimal digits."""

    spans: dict[str, Span] = field(default_factory=dict)

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        if request.path != "/v1/traces" or request.headers.get("content-type") != PROTOBUF["Content-Type"]:
            return Answer(404, b"")
        self.spans |= {span.span_id.hex(): span for span in spans_in(request)}
        return accepted()


def accepted(rejected: int = 0) -> Answer:
    """Return the answer of a collector that rejected this many spans."""
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message="out of shape" if rejected else "")
    return Answer(200, ExportTraceServiceResponse(partial_success=partial).SerializeToString(), PROTOBUF)


def spans_in(request: ReceivedRequest) -> Iterator[Span]:
    """Yield the spans of one request."""
    for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def span_attributes(span: Span) -> dict[str, str | int]:
    """Return the attributes of a span."""
    return {
        attribute.key: attribute.value.int_value
        if attribute.value.HasField("int_value")
        else attribute.value.string_value
        for attribute in span.attributes
    }
