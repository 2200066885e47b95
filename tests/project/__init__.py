"""Tests of the project itself: package layout, import contracts and documents."""
