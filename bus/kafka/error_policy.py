"""What kafka-python's errors mean to a stage; decides, and raises nothing itself."""

from kafka import errors

from bus.errors import Fenced, Reject, Retry, Stop

_FENCED = (
    errors.ProducerFencedError,
    # A later life of this member took the transactional id over, or the broker gave up on our transaction.
    errors.InvalidProducerEpochError,
    errors.FencedInstanceIdError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.CommitFailedError,
)
_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)
# Not retriable for kafka-python, because its producer is spent or was closed by another thread; a new one mends them.
_MENDED = (
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
)


def translate(error: errors.KafkaError, doing: str) -> Retry | Reject | Stop:
    """The error a stage understands, to be raised from this one. `doing` is what was tried, for the log."""
    text = f"kafka, {doing}: {type(error).__name__}: {error}"
    if isinstance(error, _FENCED):
        return Fenced(text)
    if isinstance(error, _TOO_LARGE):
        return Reject("too_large")
    # The bare base class is what the transaction manager raises once its producer is spent.
    if error.retriable or isinstance(error, _MENDED) or type(error) is errors.KafkaError:
        return Retry(text)
    return Stop(text)
