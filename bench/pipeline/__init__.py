"""Benches of the whole service and its processes: doors, stages on a bus, the whole way, the start."""
