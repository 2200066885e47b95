"""The clocks of a case: the calendar of working days, the table of clocks, and the deadlines that follow."""
