"""Tests of the back-up of the data folder."""
