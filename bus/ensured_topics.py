"""The topics of the service: created when they are missing, and named when the bus refuses one.

One refused topic must not hold up a stage for ever. The batch with a message to it is tried again for some minutes;
then only the messages to that topic become dead letters, and the others are published.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import structlog

from bus.errors import Reject, Retry, TopicFault, TopicsRefused, UnknownTopic
from bus.port import Consumer, Outgoing, Record, TopicSpec
from bus.worker import Stage

# How long messages wait for a refused topic before they become dead letters. With one broker of three away Kafka
# refuses every new topic, and restarting a broker takes some minutes at most.
PATIENCE_SECONDS = 300.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Refusal:
    cause: str
    exists: bool
    since: float


class EnsuredTopics:
    """Creates missing topics, as often as it is asked to. Safe between threads.

    `create` is `Bus.ensure`, `specs` returns the topics of the service, `clock` gives seconds that never go back.
    After `patience` seconds a refused topic counts as refused for good, until it could be created.
    """

    def __init__(
        self,
        create: Callable[[Iterable[TopicSpec]], None],
        specs: Callable[[], Sequence[TopicSpec]],
        clock: Callable[[], float],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._create = create
        self._specs = specs
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        self._refusals: dict[str, _Refusal] = {}

    @property
    def refused(self) -> Mapping[str, str]:
        """The cause for each topic that the bus refuses, by name."""
        return {topic: refusal.cause for topic, refusal in self._refusals.items()}

    def ensure(self) -> None:
        """Create missing topics. Log those that the bus refuses. Raises `Retry` when the bus is away, or `Stop`."""
        self._ensure(())

    def replace_missing(self, topic: str) -> None:
        """Create missing topics after a message to `topic` could not be sent. Raises as `ensure`."""
        _log.warning("topic.missing", topic=topic)
        is_listed = any(spec.name == topic for spec in self._specs())
        self._ensure(() if is_listed else (TopicFault(topic, "it is not a topic of this service"),))

    def takes(self, topic: str) -> bool:
        """Return False if the topic is refused for good. Raises `Retry` while it may still be created."""
        refusal = self._refusals.get(topic)
        if refusal is None or refusal.exists:
            return True
        if self._clock() - refusal.since < self._patience:
            raise Retry(f"the bus refuses topic {topic}: {refusal.cause}")
        return False

    def _ensure(self, additional_faults: Sequence[TopicFault]) -> None:
        with self._lock:
            faults = list(additional_faults)
            try:
                self._create(self._specs())
            except TopicsRefused as error:
                faults += error.faults
            self._refusals = {fault.topic: self._refusal(fault) for fault in faults}

    def _refusal(self, fault: TopicFault) -> _Refusal:
        refusal = self._refusals.get(fault.topic)
        if refusal is None or refusal.cause != fault.cause:
            _log.error("topic.refused", topic=fault.topic, cause=fault.cause)
        return _Refusal(fault.cause, fault.exists, refusal.since if refusal else self._clock())


class EnsuringConsumer:
    """A `bus.port.Consumer` that has a missing topic created before its batch is tried again."""

    def __init__(self, consumer: Consumer, topics: EnsuredTopics) -> None:
        self._consumer = consumer
        self._topics = topics

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """See the port."""
        return self._consumer.poll(timeout, limit)

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port."""
        try:
            self._consumer.commit(outputs)
        except UnknownTopic as error:
            self._topics.replace_missing(error.topic)
            raise

    def rewind(self) -> None:
        """See the port."""
        self._consumer.rewind()

    def close(self) -> None:
        """See the port."""
        self._consumer.close()


class RedirectingStage:
    """A `bus.worker.Stage` whose messages to a refused topic become dead letters.

    The message itself is the dead letter, not the record that led to it: the stage has already decided about the
    record, and would give no message for it a second time. A redrive publishes the message on its own topic.
    """

    def __init__(self, name: str, stage: Stage, topics: EnsuredTopics, dead_letter_topic: str) -> None:
        self._name = name
        self._stage = stage
        self._topics = topics
        self._dead_letter_topic = dead_letter_topic

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        outputs = self._stage.handle(records)
        return [output if self._topics.takes(output.topic) else self._dead_letter(output) for output in outputs]

    def _dead_letter(self, message: Outgoing) -> Outgoing:
        event_id = dict(message.headers).get("ce_id", b"").decode() or sha256(message.value).hexdigest()
        rejection = Reject("topic_refused", message.topic)
        explanation = {
            "dead_stage": self._name,
            "dead_reason": rejection.reason,
            "dead_field": rejection.field,
            # The position that it would have: a redrive takes the topic from it.
            "dead_position": f"{message.topic}/unpublished/{event_id}",
        }
        _log.warning("topic.dead_letter", topic=message.topic, stage=self._name, kept_in=self._dead_letter_topic)
        headers = tuple((name, value.encode()) for name, value in explanation.items())
        return Outgoing(self._dead_letter_topic, message.key, message.value, message.headers + headers)
