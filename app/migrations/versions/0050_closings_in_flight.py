"""Closings that the router counted and the normalizer had not read: it follows the outcomes of the router from now on.

Outcomes are published from this version on. An answer that the former router had processed has none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

# Normalizers that decide at this moment decide again.
_COUNT_REVISION = "UPDATE normalize_revision SET number = number + 1"
# A row that has no time is of a closing from before times were stored. Nothing later closed its case.
_CLOSE = """
INSERT INTO normalize_closed (complaint_id, closed_at)
WITH closing AS (
    SELECT dispatch.complaint_id, max(answer.taken_at) AS closed_at
    FROM router_answer AS answer
    JOIN ledger_dispatch AS dispatch ON dispatch.id = answer.dispatch_id
    WHERE answer.verdict = 'closed' AND answer.outcome = 'counted'
    GROUP BY dispatch.complaint_id
),
unread AS (
    SELECT closing.complaint_id, closing.closed_at FROM closing
    LEFT JOIN normalize_closed AS known ON known.complaint_id = closing.complaint_id
    WHERE known.complaint_id IS NULL OR known.closed_at < closing.closed_at
),
member AS (
    SELECT complaint_id, closed_at FROM unread
    UNION ALL
    SELECT matter.complaint_id, unread.closed_at
    FROM normalize_matter AS matter JOIN unread ON unread.complaint_id = matter.root
    UNION ALL
    SELECT matter.complaint_id, unread.closed_at
    FROM normalize_matter AS matter JOIN unread ON unread.complaint_id = matter.own
)
SELECT complaint_id, max(closed_at) FROM member WHERE true GROUP BY complaint_id
ON CONFLICT (complaint_id) DO UPDATE SET closed_at = excluded.closed_at
WHERE normalize_closed.closed_at < excluded.closed_at
"""


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    connection.execute(sa.text(_COUNT_REVISION))
    connection.execute(sa.text(_CLOSE))


def downgrade() -> None:
    """Undo nothing: the cases are closed."""
