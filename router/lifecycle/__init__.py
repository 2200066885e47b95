"""Transitions of a case between agencies: first dispatch, refusal, transfer, correction, linked complaints."""
