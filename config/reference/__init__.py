"""Reference tables that an operator may edit (`config/data/`): readers and checks, no decisions."""
