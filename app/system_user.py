"""The user of the operating system under which this process runs."""

import os
import pwd


def system_user() -> str:
    """Return user id and name, as in `uid 1000 satupintu`; without the name if the system has none for it."""
    user_id = os.getuid()
    try:
        return f"uid {user_id} {pwd.getpwuid(user_id).pw_name}"
    except KeyError:
        return f"uid {user_id}"
