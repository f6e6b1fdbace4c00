"""What somebody is told, what was told already, and how far the journal was read for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made", INSTANT, nullable=False),
        sa.Column("claimed", INSTANT),
        sa.Column("left", INSTANT),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("profile", "key", name="messages_key"),
    )
    op.create_index("messages_by_profile_state", "messages", ["profile", "state"])
    op.create_table(
        "incidents",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("incident", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("told", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "incident", name="incidents_key"),
    )
    op.create_table(
        "heard",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("profile", name="heard_key"),
    )
