"""Those who register in an edition at the same moment are written together.

Additive: the function and the procedure before it stay for processes that still call them.
"""

from app.adapters.postgres.migrations import register_directly_together
from app.adapters.postgres.migrations.queue import execute_script

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the function."""
    execute_script(register_directly_together.CREATE)


def downgrade() -> None:
    """Take it away."""
    execute_script(register_directly_together.DROP)
