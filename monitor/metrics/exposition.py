"""Serves the metrics at `/metrics` in Prometheus's formats."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response

from monitor.metrics.catalog import METRICS, Kind, Metric
from monitor.metrics.values import Sample, monitor_samples, own_samples
from monitor.monitor_loop import Observation
from monitor.snapshot import ProcessState, TopicsByGroup


class Exposition(Collector):
    """Computes the metrics at every scrape.

    `own_state` returns the state of this process, `latest` the monitor's latest observation if the process runs one.
    `groups` are the topics of each stage; a topic on which nothing waits is exposed as 0. `now` is the wall clock.
    """

    def __init__(
        self,
        own_state: Callable[[], ProcessState],
        latest: Callable[[], Observation | None],
        groups: TopicsByGroup,
        now: Callable[[], datetime],
    ) -> None:
        self._own_state = own_state
        self._latest = latest
        self._groups = groups
        self._now = now
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield every metric that has a value now."""
        values: dict[Metric, dict[tuple[str, ...], float]] = {metric: {} for metric in METRICS}
        for sample in self._samples():
            # Prometheus refuses a scrape with two values for the same labels, as of a process probed at two addresses.
            values[sample.metric][sample.labels] = sample.value
        for metric, value_by_labels in values.items():
            if value_by_labels:
                yield _family(metric, value_by_labels)

    def answer(self, accept: str) -> Response:
        """Return all metrics. `accept` is the `Accept` header, which chooses the format."""
        encode, content_type = choose_encoder(accept)
        return Response(encode(self._registry), headers={"content-type": content_type})

    def _samples(self) -> Iterator[Sample]:
        # The clock is read first: Prometheus compares it with the time of the scrape, and the state may take a while.
        now = self._now()
        state = self._own_state()
        yield from own_samples(state, now)
        if observation := self._latest():
            yield from monitor_samples(observation, self._now(), self._groups)


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily | CounterMetricFamily:
    family_type = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = family_type(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
