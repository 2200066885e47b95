"""Quality of the decisions on examples that a person labelled."""
