"""Compares what a provider lists with what arrived, and adds what is missing."""
