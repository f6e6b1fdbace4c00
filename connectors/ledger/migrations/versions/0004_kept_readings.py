"""What readers of targets want back, and three ways to find a row without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("whole_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "target", name="readings_key"),
    )
    op.create_index(
        "journal_by_profile_person_sequence", "journal", ["profile", "person", "sequence"]
    )
    op.create_index("links_by_profile_person", "links", ["profile", "person"])
    op.create_index("names_by_space_value", "names", ["space", "value"])
