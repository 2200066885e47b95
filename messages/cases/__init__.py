"""The course of a case: verdicts, states, and the state that a citizen hears of."""
