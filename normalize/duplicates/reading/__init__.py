"""Reading of a report into the form in which it is compared. Pure."""
