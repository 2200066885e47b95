"""The timeouts of the Kafka clients: one is given, the others follow from it. All are in seconds.

The loss of one broker must look like a slow answer, not like an outage. Its partitions, its transactions and its groups
have a new broker only after the cluster has noticed the loss, so every limit of ours is longer than that.
"""

from dataclasses import dataclass
from typing import Self

# `broker.session.timeout.ms`, Kafka's default: a broker that is silent for so long counts as lost.
BROKER_SESSION_SECONDS = 9.0
# Then new leaders are elected, and clients learn of them.
_ELECTION_SECONDS = 3.0
# The broker's default of `transaction.max.timeout.ms`. It refuses a longer transaction.
_MAX_TRANSACTION_SECONDS = 900.0
# The broker's defaults of `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
_GROUP_SESSION_SECONDS = (6.0, 1800.0)
# A batch is one send, one call for the offsets and one commit, each within the deadline. Before them the stage has this
# time to handle the records: more than the limit of a statement in the database.
_CALLS_PER_BATCH = 3
_HANDLING_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTimeouts:
    """`deadline`: one send of a batch, or one call of a transaction.

    `request`: one request to one broker; then it is sent to another one. `session`: how long the group waits for a
    silent member. `max_poll_interval`: how long a member may process one batch. `transaction`: how long a transaction
    may stay open; the transaction of a member that died hides later records from readers for so long.
    """

    deadline: float
    request: float
    session: float
    max_poll_interval: float
    transaction: float

    @classmethod
    def for_brokers(cls, broker_session: float = BROKER_SESSION_SECONDS) -> Self:
        """Return the timeouts for brokers with this `broker.session.timeout.ms`."""
        # One request waits for the lost broker, the election follows, and one more request does the work.
        deadline = broker_session + _ELECTION_SECONDS + 2 * broker_session
        return cls(
            deadline=deadline,
            request=broker_session,
            # A member learns of its new coordinator within the deadline.
            session=deadline,
            max_poll_interval=max(300.0, _CALLS_PER_BATCH * deadline + _HANDLING_SECONDS),
            transaction=2 * deadline,
        )

    def faults(self, broker_session: float) -> list[str]:
        """Return each broken relation with the `broker.session.timeout.ms` of the brokers; none if all hold."""
        failover = broker_session + _ELECTION_SECONDS
        relations = {
            f"deadline {self.deadline:g} > loss of a broker {failover:g} + request {self.request:g}": (
                self.deadline > failover + self.request
            ),
            f"request {self.request:g} < deadline {self.deadline:g}": self.request < self.deadline,
            f"session {self.session:g} > loss of a broker {failover:g} + request {self.request:g}": (
                self.session > failover + self.request
            ),
            f"transaction {self.transaction:g} > deadline {self.deadline:g}": self.transaction > self.deadline,
            f"transaction {self.transaction:g} <= broker's maximum {_MAX_TRANSACTION_SECONDS:g}": (
                self.transaction <= _MAX_TRANSACTION_SECONDS
            ),
            f"session {self.session:g} within the broker's limits {_GROUP_SESSION_SECONDS}": (
                _GROUP_SESSION_SECONDS[0] <= self.session <= _GROUP_SESSION_SECONDS[1]
            ),
            f"max_poll_interval {self.max_poll_interval:g} >= {_CALLS_PER_BATCH} calls and a batch": (
                self.max_poll_interval >= _CALLS_PER_BATCH * self.deadline + _HANDLING_SECONDS
            ),
        }
        return [relation for relation, holds in relations.items() if not holds]
