"""What the ledger keeps of a forgotten person: ids, agencies, times, verdicts, kind and region."""

from privacy.blanks import Blank
from sinks.ledger.tables import AnswerRow, ComplaintRow, CorrectionRow, DispatchRow

# The rules of a dispatch stay in a column of their own. The sentences of its reasons may quote the report, and those of
# an agency or of staff may name its sender.
BLANKS = (
    Blank(ComplaintRow, "id", {"title": "", "text": "", "contact": ""}),
    Blank(DispatchRow, "complaint_id", {"reasons": "[]"}),
    Blank(AnswerRow, "complaint_id", {"text": ""}),
    Blank(CorrectionRow, "complaint_id", {"reason": ""}),
)
