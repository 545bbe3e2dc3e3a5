"""Registering in one round trip costs the same however many wait."""

from app.adapters.postgres.migrations import register_directly, register_directly_again
from app.adapters.postgres.migrations.queue import execute_script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the function; whoever calls it need not know. Add a way to call it for several."""
    execute_script(register_directly_again.CREATE)
    execute_script(register_directly_again.CREATE_EACH)


def downgrade() -> None:
    """Go back to the first one."""
    execute_script(register_directly_again.DROP_EACH)
    execute_script(register_directly.DROP)
    execute_script(register_directly.CREATE)
