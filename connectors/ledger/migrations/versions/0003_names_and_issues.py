"""Names that were given, issues that somebody set aside, and which runs were approved."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.String(32)


def upgrade() -> None:
    op.add_column(
        "runs", sa.Column("approved", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "names",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "space", "value", name="names_key"),
    )
    op.create_index("names_by_profile_person", "names", ["profile", "person"])
    op.create_table(
        "called",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "person", name="called_key"),
    )
    op.create_table(
        "ignored",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("issue", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "issue", name="ignored_key"),
    )
