"""Addresses of the staff pages."""

from pages.addresses import TRIAGE_LIST

TRIAGE = TRIAGE_LIST
TRIAGE_MANY = f"{TRIAGE}/bukan-laporan"
TRIAGE_CASE = f"{TRIAGE}/{{number}}"
QUARANTINE = "/desk/karantina"
DEAD_LETTERS = "/desk/surat-mati"
TRACE = "/desk/telusur"
CORRECTIONS = "/desk/gabung"
AUDIT_LOG = "/desk/audit"
RETENTION = "/desk/masa-simpan"
SET_ASIDE = "/desk/disisihkan"
SET_ASIDE_MESSAGE = f"{SET_ASIDE}/{{number}}"
