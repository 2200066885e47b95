"""Age until which a file may still be named by a report that is sent."""

from datetime import timedelta

from ingest.mobile.uploads import UPLOAD_LIFETIME
from ingest.web.form_token import MAX_FILE_AGE

# A report may be sent this long after its file came, and then need some days to reach the bus.
MIN_FILE_AGE = max(MAX_FILE_AGE, UPLOAD_LIFETIME) + timedelta(days=3)
