"""The work of every loop for a message, and the names that all share."""

import json

SOURCE, TARGET, GROUP = "source", "target", "bench"
BATCH = 200


def transform(value: bytes) -> bytes:
    """Decode a complaint and encode it again with a mark."""
    return json.dumps({**json.loads(value), "mark": "x"}, ensure_ascii=False).encode()
