"""Runs that wait for a person, and what that person said."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("flow_run", sa.String()),
        sa.Column("asked", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("answer", sa.String()),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered", INSTANT),
        sa.PrimaryKeyConstraint("run", name="approvals_key"),
    )
    op.create_index("approvals_by_flow_run", "approvals", ["flow_run"])
    op.create_index("approvals_by_profile_answer", "approvals", ["profile", "answer"])
