"""Enrolment: editions and their counts, people, registrations, decisions, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.migrations import register_directly
from app.adapters.postgres.migrations.queue import execute_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What was decided stands. The hot rows of an edition are updated by every registration: room on
# their pages lets PostgreSQL do so without touching an index.
DECISIONS_STAND = """
CREATE TRIGGER allocation_decision_stands BEFORE UPDATE OR TRUNCATE ON allocation_decision
    EXECUTE FUNCTION refuse_change();
ALTER TABLE edition SET (fillfactor = 50);
ALTER TABLE place_tally SET (fillfactor = 50);
"""


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "external_spelling",
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("spelling", name=op.f("pk_external_spelling")),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Uuid(), nullable=False),
        sa.Column("proposal_version", sa.Integer(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("awarding", JSONB(), nullable=False),
        sa.Column("partners", JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("opens", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("quota", JSONB(), nullable=False),
        sa.Column("no_institution", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("least_participants", sa.Integer(), nullable=True),
        sa.Column("overrides_allowed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_decision", sa.Integer(), nullable=False),
        sa.Column("imports", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('direct', 'provisional')", name=op.f("ck_edition_mode")),
        sa.CheckConstraint(
            "no_institution IN ('not_admitted', 'own_bucket_per_organisation', "
            "'shared_external_bucket')",
            name=op.f("ck_edition_no_institution"),
        ),
        sa.CheckConstraint(
            "state IN ('archived', 'cancelled', 'closed', 'completed', 'grading', 'issuing', "
            "'open', 'planned', 'results_confirmed', 'running')",
            name=op.f("ck_edition_state"),
        ),
        sa.CheckConstraint("closes > opens", name=op.f("ck_edition_window")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_edition_dates")),
        sa.ForeignKeyConstraint(
            ["organiser"], ["institution.code"], name=op.f("fk_edition_organiser_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("code", name=op.f("uq_edition_code")),
        sa.UniqueConstraint("proposal", "number", name=op.f("uq_edition_proposal_number")),
    )
    op.create_index(
        "ix_edition_open",
        "edition",
        ["closes"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_edition_organiser"), "edition", ["organiser"], unique=False)
    op.create_index(
        "ix_edition_planned",
        "edition",
        ["opens"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_person_account_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("account", name=op.f("uq_person_account")),
    )
    op.create_index("ix_person_email_folded", "person", ["email_folded"], unique=False)
    op.create_index("ix_person_name_key", "person", ["name_key"], unique=False)
    op.create_index(
        "uq_person_identity",
        "person",
        ["email_folded", "name_key"],
        unique=True,
        postgresql_where=sa.text("account IS NULL"),
    )
    op.create_table(
        "allocation_decision",
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("rank", sa.Text(collation="C"), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("caps", JSONB(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('caps', 'completed', 'decided', 'ended', 'listed', 'overridden', "
            "'promoted', 'registered')",
            name=op.f("ck_allocation_decision_kind"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_allocation_decision_seq")),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_allocation_decision_edition_edition")
        ),
        sa.PrimaryKeyConstraint("edition", "seq", name=op.f("pk_allocation_decision")),
    )
    op.create_table(
        "form_mapping",
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("questions", JSONB(), nullable=False),
        sa.Column("day_first", sa.Boolean(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_form_mapping_edition_edition")
        ),
        sa.PrimaryKeyConstraint("edition", "form", name=op.f("pk_form_mapping")),
    )
    op.create_table(
        "place_tally",
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("excess", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cap IS NULL OR placed <= cap + excess", name=op.f("ck_place_tally_placed_within_cap")
        ),
        sa.CheckConstraint(
            "placed >= 0 AND waiting >= 0 AND excess >= 0", name=op.f("ck_place_tally_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_place_tally_edition_edition")
        ),
        sa.PrimaryKeyConstraint("edition", "scope", name=op.f("pk_place_tally")),
    )
    op.create_index(
        "ix_place_tally_scope_edition", "place_tally", ["scope", "edition"], unique=False
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("response", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.Text(collation="C"), nullable=False),
        sa.Column("stated", sa.Text(), nullable=False),
        sa.Column("affiliation_kind", sa.Text(), nullable=True),
        sa.Column("affiliation_name", sa.Text(), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("privacy_notice_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warnings", JSONB(), nullable=False),
        sa.Column("identity_decided", sa.Boolean(), nullable=False),
        sa.Column("decision_seq", sa.Integer(), nullable=True),
        sa.Column("pending", JSONB(), nullable=True),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "affiliation_kind IN ('external', 'independent', 'partner')",
            name=op.f("ck_registration_affiliation_kind"),
        ),
        sa.CheckConstraint(
            "bucket IS NOT NULL OR state NOT IN ('waiting', 'offered', 'placed', 'completed')",
            name=op.f("ck_registration_counted"),
        ),
        sa.CheckConstraint("source IN ('api', 'forms')", name=op.f("ck_registration_source")),
        sa.CheckConstraint(
            "state IN ('cancelled', 'completed', 'declined', 'needs_decision', 'no_show', "
            "'offered', 'placed', 'rejected', 'waiting', 'withdrawn')",
            name=op.f("ck_registration_state"),
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_registration_edition_edition")
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_registration_person_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
    )
    op.create_index(
        "ix_registration_edition_rank", "registration", ["edition", "rank"], unique=False
    )
    op.create_index("ix_registration_person", "registration", ["person"], unique=False)
    op.create_index(
        "ix_registration_undecided",
        "registration",
        ["edition"],
        unique=False,
        postgresql_where=sa.text("state = 'needs_decision'"),
    )
    op.create_index(
        "ix_registration_waiting",
        "registration",
        ["edition", "bucket", "rank"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_registration_live",
        "registration",
        ["person", "edition"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('completed', 'needs_decision', 'offered', 'placed', 'waiting')"
        ),
    )
    op.create_table(
        "response_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("basis", JSONB(), nullable=True),
        sa.Column("suggestion", JSONB(), nullable=True),
        sa.Column("unknown_columns", JSONB(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("differing", JSONB(), nullable=False),
        sa.Column("problem", JSONB(), nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('committed', 'needs_mapping', 'planned', 'received', 'refused', "
            "'taken_back')",
            name=op.f("ck_response_import_state"),
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_response_import_edition_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_import")),
    )
    op.create_index(
        op.f("ix_response_import_edition"), "response_import", ["edition"], unique=False
    )
    op.create_table(
        "form_response",
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("brought_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("answers_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("other_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brought_by"],
            ["response_import.id"],
            name=op.f("fk_form_response_brought_by_response_import"),
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_form_response_edition_edition")
        ),
        sa.ForeignKeyConstraint(
            ["registration"],
            ["registration.id"],
            name=op.f("fk_form_response_registration_registration"),
        ),
        sa.PrimaryKeyConstraint(
            "edition", "form", "number", "brought_by", name=op.f("pk_form_response")
        ),
    )
    op.create_index(
        "ix_form_response_edition_import", "form_response", ["edition", "brought_by"], unique=False
    )
    op.create_index(
        op.f("ix_form_response_registration"), "form_response", ["registration"], unique=False
    )
    op.create_table(
        "import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["response_import.id"],
            name=op.f("fk_import_file_import_id_response_import"),
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_file")),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("response", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("stated", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("institution", sa.Text(), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("same_as_row", sa.Integer(), nullable=True),
        sa.Column("standing", JSONB(), nullable=True),
        sa.Column("suggestions", JSONB(), nullable=False),
        sa.Column("warnings", JSONB(), nullable=False),
        sa.Column("planned", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('create', 'duplicate', 'invalid', 'needs_decision', 'rejected', "
            "'unchanged', 'update')",
            name=op.f("ck_import_row_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["response_import.id"],
            name=op.f("fk_import_row_import_id_response_import"),
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_row")),
    )
    execute_script(DECISIONS_STAND)
    execute_script(register_directly.CREATE)


def downgrade() -> None:
    """Remove them."""
    op.execute(register_directly.DROP)
    for table in (
        "import_row",
        "import_file",
        "form_response",
        "response_import",
        "registration",
        "place_tally",
        "form_mapping",
        "allocation_decision",
        "person",
        "edition",
        "external_spelling",
    ):
        op.drop_table(table)
