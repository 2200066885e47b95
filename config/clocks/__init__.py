"""Working days and deadlines: the calendar of holidays and the table of clocks, and what follows from them."""
