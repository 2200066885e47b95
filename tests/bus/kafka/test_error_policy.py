"""The meaning of kafka-python's errors for a stage."""

import pytest
from kafka import errors

from bus.errors import Fenced, Reject, Retry, Stop
from bus.kafka.error_policy import translate


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (errors.NotCoordinatorError(), Retry),
        (errors.KafkaTimeoutError(), Retry),
        (errors.UnknownBrokerIdError(2), Retry),
        (errors.ProducerFencedError(), Fenced),
        (errors.MessageSizeTooLargeError(), Reject),
        (errors.SaslAuthenticationFailedError(), Stop),
    ],
)
def test_the_loss_of_a_broker_is_no_reason_to_stop(error: errors.KafkaError, meaning: type[Exception]) -> None:
    """Errors that pass by themselves are retried. A refused password needs a person."""
    assert type(translate(error, "commit")) is meaning
