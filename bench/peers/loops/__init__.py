"""The loop of a stage, written with each peer as its documentation shows: consume a message, produce one, for ever.

Each module runs with the Python of the peer's environment: `python -m bench.peers.loops.NAME BOOTSTRAP`. It reads the
topic `source` from its beginning and writes `target`, with the same work for each message (`work.py`), in batches of
200. Where the peer has transactions, outputs and offsets are one.
"""
