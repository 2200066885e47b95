"""The meaning of kafka-python's errors for a stage. It decides, and raises nothing itself."""

from kafka import errors

from bus.errors import Fenced, Reject, Retry, Stop

_FENCED = (
    errors.ProducerFencedError,
    # A later process of this member took over the transactional id, or the broker aborted our transaction.
    errors.InvalidProducerEpochError,
    errors.FencedInstanceIdError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.CommitFailedError,
)
_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)
# kafka-python does not retry these: its client is unusable, was closed by another thread, or knows too little. A new
# client is enough to go on.
_FIXED_BY_NEW_CLIENT = (
    errors.IllegalStateError,
    errors.OutOfOrderSequenceNumberError,
    errors.UnknownProducerIdError,
    errors.InvalidProducerIdMappingError,
    errors.InvalidTxnStateError,
    errors.TransactionAbortedError,
    errors.TransactionAbortableError,
    errors.BrokerNotAvailableError,
    errors.RebalanceInProgressError,
    errors.CorruptRecordError,
    errors.UnknownError,
    # The brokers do not agree yet on a broker that has just come back.
    errors.UnknownBrokerIdError,
    errors.UnknownControllerIdError,
)


def translate(error: errors.KafkaError, operation: str) -> Retry | Reject | Stop:
    """Return the stage's error, to be raised from this one. `operation` is named in the text, for the log."""
    text = f"kafka, {operation}: {type(error).__name__}: {error}"
    if isinstance(error, _FENCED):
        return Fenced(text)
    if isinstance(error, _TOO_LARGE):
        return Reject("too_large")
    # The transaction manager raises the bare base class once its producer is unusable.
    if error.retriable or isinstance(error, _FIXED_BY_NEW_CLIENT) or type(error) is errors.KafkaError:
        return Retry(text)
    return Stop(text)
