"""Units of an institution: its tree, who sees what of its cases, and which unit is accountable for one."""
