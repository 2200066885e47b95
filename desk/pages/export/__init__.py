"""Export of a list of cases as a file for spreadsheets."""
