"""The calendar and the table of clocks."""
