"""The course of a case."""
