"""Pages with the figures of the nation, a province, an agency and a topic. They need no JavaScript."""
