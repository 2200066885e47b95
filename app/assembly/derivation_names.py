"""Names of the derivations of a service. A process that only asks how far they are loads none of them."""

from collections.abc import Collection

from config.settings import Settings

PUBLIC = "public"
_ALWAYS = ("queues", "desk", "oversight")


def derivation_names(settings: Settings) -> Collection[str]:
    """Return the names of the derivations that run with these settings.

    The position of another one stands still: nobody waits for it, and it goes on from there when it runs again.
    """
    return (*_ALWAYS, PUBLIC) if settings.public_view else _ALWAYS
