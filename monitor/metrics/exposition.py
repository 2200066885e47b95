"""Serves the metrics at `/metrics`, as Prometheus reads them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response

from monitor.metrics.catalog import METRICS, Kind, Metric
from monitor.metrics.values import Measured, of_itself, of_view
from monitor.monitor_loop import View
from monitor.snapshot import ProcessState
from monitor.snapshot_collector import Groups


class Exposition(Collector):
    """Measures whenever it is asked. `own` is how this process is; `view` what its monitor saw, if it has one.

    `groups` are the topics of each stage: what waits on none of them is shown as 0. `now` is the clock on the wall.
    """

    def __init__(
        self,
        own: Callable[[], ProcessState],
        view: Callable[[], View | None],
        groups: Groups,
        now: Callable[[], datetime],
    ) -> None:
        self._own = own
        self._view = view
        self._groups = groups
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Each metric that has a value now."""
        values: dict[Metric, dict[tuple[str, ...], float]] = {metric: {} for metric in METRICS}
        for one in self._measured():
            # Two values with the same labels, as of a process that is asked at one address twice, are refused whole.
            values[one.metric][one.labels] = one.value
        for metric, found in values.items():
            if found:
                yield _family(metric, found)

    def routes(self) -> APIRouter:
        """`/metrics`, in whichever of Prometheus's formats is asked for."""
        registry = CollectorRegistry()
        registry.register(self)
        router = APIRouter(tags=["operations"])

        def metrics(accept: Annotated[str, Header()] = "") -> Response:
            """What Prometheus asks for."""
            encode, content_type = choose_encoder(accept)
            return Response(encode(registry), headers={"content-type": content_type})

        router.add_api_route("/metrics", metrics, methods=["GET"], response_class=Response)
        return router

    def _measured(self) -> Iterator[Measured]:
        # First: what follows may take its time, and the clock is compared with when the question was asked.
        now = self._now()
        own = self._own()
        yield from of_itself(own, now)
        if view := self._view():
            yield from of_view(view, self._now(), self._groups)


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
