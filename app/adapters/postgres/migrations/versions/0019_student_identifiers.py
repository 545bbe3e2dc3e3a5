"""A European Student Identifier is one person's."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATED = """
    CREATE TEMPORARY TABLE stated ON COMMIT DROP AS
    SELECT lower(d.student_identifier) AS identifier, d.registration, d.confirmed_at,
           coalesce(r.person, d.registration) AS person
    FROM credential_data d LEFT JOIN registration r ON r.id = d.registration
    WHERE d.student_identifier LIKE 'urn:schac:personalUniqueCode:int:esi:%'
"""


def upgrade() -> None:
    """Whoever stated one first has it; data of anybody else that name it are contested."""
    op.create_table(
        "student_identifier",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_student_identifier")),
    )
    op.create_index(
        op.f("ix_student_identifier_registration"),
        "student_identifier",
        ["registration"],
        unique=False,
    )
    op.add_column(
        "credential_data",
        sa.Column("contested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(_STATED)
    op.execute(
        "INSERT INTO student_identifier (identifier, registration) "
        "SELECT DISTINCT ON (identifier) identifier, registration FROM stated "
        "ORDER BY identifier, confirmed_at, registration"
    )
    op.execute(
        "UPDATE credential_data SET contested = true FROM stated "
        "JOIN student_identifier held ON held.identifier = stated.identifier "
        "LEFT JOIN registration of_holder ON of_holder.id = held.registration "
        "WHERE credential_data.registration = stated.registration "
        "AND stated.person <> coalesce(of_holder.person, held.registration)"
    )
    op.execute("DROP TABLE stated")


def downgrade() -> None:
    """Forget whose they are."""
    op.drop_column("credential_data", "contested")
    op.drop_table("student_identifier")
