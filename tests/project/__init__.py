"""Tests of the project itself: package layout, import contracts, import graph, documents and a new channel."""
