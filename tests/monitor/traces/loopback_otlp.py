"""A collector on loopback: takes traces by OTLP over HTTP, in protobuf."""

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
    """`spans` holds what was taken, in the order in which it came, by the id of the span in hexadecimal digits."""

    spans: dict[str, Span] = field(default_factory=dict)

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        if request.path != "/v1/traces" or request.headers.get("content-type") != PROTOBUF["Content-Type"]:
            return Answer(404, b"")
        self.spans |= {span.span_id.hex(): span for span in spans_in(request)}
        return accepted()


def accepted(rejected: int = 0) -> Answer:
    """What a collector says that took all but so many."""
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message="out of shape" if rejected else "")
    return Answer(200, ExportTraceServiceResponse(partial_success=partial).SerializeToString(), PROTOBUF)


def spans_in(request: ReceivedRequest) -> Iterator[Span]:
    """The spans of one request."""
    for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def told(span: Span) -> dict[str, str | int]:
    """Its attributes."""
    return {
        one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
        for one in span.attributes
    }
