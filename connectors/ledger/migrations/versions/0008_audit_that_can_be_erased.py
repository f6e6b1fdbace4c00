"""Lines of the audit trail whose content can be erased, and a trail whose beginning can be cut off.

Lines that are there keep the hash they have: version 1 hashes everything at once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "audit", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column("audit", sa.Column("salt", sa.String(32)))
    op.add_column("audit", sa.Column("digest", sa.String(64)))
    op.add_column("audit", sa.Column("erased", sa.String(32)))
    op.add_column("audit", sa.Column("change", sa.String(), nullable=False, server_default=""))
    op.create_index("audit_by_profile_person", "audit", ["profile", "person"])
    op.add_column(
        "audit_head",
        sa.Column("cut_sequence", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "audit_head",
        sa.Column("cut_hash", sa.String(64), nullable=False, server_default="0" * 64),
    )
