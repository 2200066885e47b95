"""Rights of the files that a process creates. It imports nothing: every command sets them before it does anything."""

# No right for the group and for other users.
PRIVATE_UMASK = 0o077
