"""Addresses of the staff pages."""

TRIAGE = "/desk/triase"
TRIAGE_CASE = f"{TRIAGE}/{{number}}"
QUARANTINE = "/desk/karantina"
DEAD_LETTERS = "/desk/surat-mati"
TRACE = "/desk/telusur"
CORRECTIONS = "/desk/gabung"
AUDIT_LOG = "/desk/audit"
