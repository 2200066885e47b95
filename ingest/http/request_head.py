"""Refuses heads of requests that a proxy may read in another way than h11 does. Pure.

Where two programs disagree on the end of a request, its body is read as a second request, which passed no check of the
proxy (RFC 9112, 11.2).
"""

import re

import h11

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_VERSIONS = (b" HTTP/1.0", b" HTTP/1.1")


def check_head(received: bytes) -> None:
    """Raise `h11.RemoteProtocolError` (400) if the head of a request is complete, and is one of these.

    Another version than 1.0 and 1.1, a folded header (RFC 9112, 5.2), or a `Transfer-Encoding` beside a
    `Content-Length` or in HTTP/1.0 (6.1).
    """
    end = _END_OF_HEAD.search(received)
    if end is None:
        return
    request_line, *lines = (line.removesuffix(b"\r") for line in received[: end.start()].split(b"\n"))
    if not request_line.endswith(_VERSIONS):
        raise h11.RemoteProtocolError("unknown version of HTTP")
    if any(line.startswith((b" ", b"\t")) for line in lines):
        raise h11.RemoteProtocolError("folded header")
    names = {line.partition(b":")[0].lower() for line in lines}
    if b"transfer-encoding" in names and (b"content-length" in names or request_line.endswith(b"1.0")):
        raise h11.RemoteProtocolError("ambiguous length")
