"""One table of all costs: `make bench`, `make bench-quick` and `make bench-compare`. See `bench/README.md`."""
