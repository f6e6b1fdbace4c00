"""How the source made the keys of a snapshot; older ones do not say."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("snapshots", sa.Column("keys", sa.Text(), nullable=False, server_default="{}"))
