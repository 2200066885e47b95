"""The course of a case: verdicts, which answers count, the states that follow, and who wrote what."""
