"""The errors by which a stage fails. Each type states what the worker does; it expects no other."""


class Retry(Exception):
    """A dependency (broker, database, provider) is away: back off, keep the order, try the same records again."""


class Reject(Exception):
    """This one message can never be processed: it becomes a dead letter with `reason`, its bytes unchanged.

    `reason` is a constant of the code (`not_json`, `unknown_type`), never text of the message: it appears in headers,
    logs and metrics, where no citizen's words may be. `field` names the part of the shape at fault.
    """

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} at {field}" if field else reason)
        self.reason = reason
        self.field = field


class Stop(Exception):
    """This process is wrong (fenced, misconfigured, a broken invariant): stop the worker and keep the offset."""


class Fenced(Stop):
    """Another member now owns the partitions that this one was processing. Nothing of its batch was committed."""
