"""Pages of an agency: its list of cases, one case, and the forms of all acts. `desk_pages` has the entry class."""
