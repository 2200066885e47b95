"""One folder a case: numbered files along the path of one arrival, each stage's answer beside its question."""
