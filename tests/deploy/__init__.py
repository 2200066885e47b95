"""Tests of the files with which the service is installed."""
