"""What comes after sealing: re-issue, expiry, status lists, share links, planned batches."""

import secrets
from itertools import groupby

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ENTRIES = 131_072

# Erasure of what is known about a holder takes the whole row of a document, an image or a source;
# what the list of bits tells is never taken back, and no place is ever given to another.
_PLACES_STAND = """
CREATE TRIGGER status_list_entry_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON status_list_entry
    EXECUTE FUNCTION refuse_change()
"""

# The credentials of the release say themselves when they expire; the register says it as well.
_EXPIRY = """
UPDATE credential SET valid_until =
    date_trunc('second', sealed_at)
    + (specification.content #>> '{academic,validity_period}')::interval
FROM credential_source, issuing_specification AS specification
WHERE credential_source.credential = credential.id
    AND specification.hash = credential_source.specification
    AND specification.content #>> '{academic,validity_period}' ~ '^P[0-9YMWDTHS]+$'
"""


def upgrade() -> None:
    """Create them."""
    instant = sa.DateTime(timezone=True)
    op.add_column("credential", sa.Column("superseded_by", sa.Uuid(), nullable=True))
    op.add_column("credential", sa.Column("valid_until", instant, nullable=True))
    op.add_column("credential", sa.Column("erased_at", instant, nullable=True))
    op.add_column(
        "credential", sa.Column("revision_hashes", JSONB(), nullable=False, server_default="[]")
    )
    op.alter_column("credential", "revision_hashes", server_default=None)
    op.create_foreign_key(
        op.f("fk_credential_superseded_by_credential"),
        "credential",
        "credential",
        ["superseded_by"],
        ["id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_index("uq_credential_supersedes", "credential", ["supersedes"], unique=True)
    op.add_column("issuing_batch", sa.Column("scheduled_for", instant, nullable=True))
    op.add_column("issuing_batch", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column(
        "issuing_batch",
        sa.Column("cancel_requested", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("issuing_batch", "cancel_requested", server_default=None)
    op.add_column("issuing_batch_item", sa.Column("supersedes", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_issuing_batch_item_supersedes_credential"),
        "issuing_batch_item",
        "credential",
        ["supersedes"],
        ["id"],
    )
    op.add_column("credential_delivery", sa.Column("code", sa.Text(), nullable=True))
    op.add_column(
        "credential_delivery",
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"),
    )
    op.alter_column("credential_delivery", "attempts", server_default=None)
    op.drop_constraint(op.f("ck_credential_delivery_channel"), "credential_delivery")
    op.create_check_constraint(
        op.f("ck_credential_delivery_channel"),
        "credential_delivery",
        "channel IN ('download', 'email', 'europass')",
    )
    op.execute(_EXPIRY)
    _create_status_lists()
    _create_shares()


def _create_status_lists() -> None:
    purpose = "purpose IN ('revocation', 'suspension')"
    op.create_table(
        "status_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(purpose, name=op.f("ck_status_list_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_list")),
        sa.UniqueConstraint(
            "purpose", "period", "number", name=op.f("uq_status_list_purpose_period_number")
        ),
    )
    op.create_table(
        "status_list_entry",
        sa.Column("list", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_status_list_entry_position")),
        sa.CheckConstraint(purpose, name=op.f("ck_status_list_entry_purpose")),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_status_list_entry_credential_credential"),
        ),
        sa.ForeignKeyConstraint(
            ["list"], ["status_list.id"], name=op.f("fk_status_list_entry_list_status_list")
        ),
        sa.PrimaryKeyConstraint("list", "position", name=op.f("pk_status_list_entry")),
        sa.UniqueConstraint(
            "credential", "purpose", name=op.f("uq_status_list_entry_credential_purpose")
        ),
    )
    _place_those_of_the_release()
    op.execute(_PLACES_STAND)


def _place_those_of_the_release() -> None:
    """Every sealed credential gets its place, as it would have at sealing."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY') AS period, id FROM credential"
            " WHERE sealed_at IS NOT NULL ORDER BY 1"
        )
    ).all()
    chance = secrets.SystemRandom()
    for period, found in groupby(rows, key=lambda row: row.period):
        credentials = [row.id for row in found]
        for number, start in enumerate(range(0, len(credentials), _ENTRIES // 2), start=1):
            some = credentials[start : start + _ENTRIES // 2]
            for purpose in ("revocation", "suspension"):
                made = connection.execute(
                    sa.text(
                        "INSERT INTO status_list VALUES (gen_random_uuid(), :purpose, :period,"
                        " :number, :size, now()) RETURNING id"
                    ),
                    {"purpose": purpose, "period": period, "number": number, "size": _ENTRIES},
                ).scalar_one()
                places = chance.sample(range(_ENTRIES), len(some))
                connection.execute(
                    sa.text(
                        "INSERT INTO status_list_entry VALUES (:list, :position, :purpose, :id)"
                    ),
                    [
                        {"list": made, "position": place, "purpose": purpose, "id": credential}
                        for place, credential in zip(places, some, strict=True)
                    ],
                )


def _create_shares() -> None:
    op.create_table(
        "credential_share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("view_limit", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("shows_name", sa.Boolean(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('link', 'page')", name=op.f("ck_credential_share_kind")),
        sa.CheckConstraint(
            "token_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_credential_share_token_hash")
        ),
        sa.CheckConstraint("views <= view_limit", name=op.f("ck_credential_share_views")),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_share_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_share")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_credential_share_token_hash")),
    )
    op.create_index(op.f("ix_credential_share_credential"), "credential_share", ["credential"])
    op.create_table(
        "credential_share_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("share", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pass_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["share"],
            ["credential_share.id"],
            name=op.f("fk_credential_share_view_share_credential_share"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_share_view")),
    )
    op.create_index(op.f("ix_credential_share_view_share"), "credential_share_view", ["share"])


def downgrade() -> None:
    """Drop them."""
    for name in ("credential_share_view", "credential_share", "status_list_entry", "status_list"):
        op.drop_table(name)
    op.execute("DELETE FROM credential_delivery WHERE channel = 'europass'")
    op.drop_constraint(op.f("ck_credential_delivery_channel"), "credential_delivery")
    op.create_check_constraint(
        op.f("ck_credential_delivery_channel"),
        "credential_delivery",
        "channel IN ('download', 'email')",
    )
    op.drop_column("credential_delivery", "attempts")
    op.drop_column("credential_delivery", "code")
    op.drop_column("issuing_batch_item", "supersedes")
    for name in ("cancel_requested", "reason", "scheduled_for"):
        op.drop_column("issuing_batch", name)
    op.drop_index("uq_credential_supersedes", "credential")
    for name in ("revision_hashes", "erased_at", "valid_until", "superseded_by"):
        op.drop_column("credential", name)
