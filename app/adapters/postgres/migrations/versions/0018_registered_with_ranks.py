"""Registering in one round trip answers the true ranks as well."""

from app.adapters.postgres.migrations import register_directly_again, register_directly_ranked
from app.adapters.postgres.migrations.queue import execute_script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the function and the procedure around it; both answer more than before."""
    execute_script(register_directly_ranked.DROP)
    execute_script(register_directly_ranked.CREATE)
    execute_script(register_directly_ranked.CREATE_EACH)


def downgrade() -> None:
    """Go back to those that answer without ranks."""
    execute_script(register_directly_ranked.DROP)
    execute_script("DROP TYPE registration_claim;")
    execute_script(register_directly_again.CREATE)
    execute_script(register_directly_again.CREATE_EACH)
