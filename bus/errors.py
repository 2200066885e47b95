"""The three ways a stage fails; each error carries its policy, and nothing else is expected by the worker."""


class Retry(Exception):
    """The world is away (broker, database, provider): back off, keep the order, try the same records again."""


class Reject(Exception):
    """This one message can never be worked: it goes to the dead letters with `reason`, its bytes untouched.

    `reason` is a constant of the code (`not_json`, `unknown_type`), never text from the message: it travels in
    headers, logs and metrics, where no citizen's words may be. `field` names the part of the shape at fault.
    """

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} at {field}" if field else reason)
        self.reason = reason
        self.field = field


class Stop(Exception):
    """We are wrong (fenced, misconfigured, a broken invariant): stop the worker and keep the offset."""


class Fenced(Stop):
    """Another member now owns what this one was working on; nothing of its batch was committed."""
