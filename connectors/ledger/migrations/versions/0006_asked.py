"""What a run was asked for: its flow, and the parameters of that."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "runs", sa.Column("flow", sa.String(), nullable=False, server_default="provision")
    )
    op.add_column("runs", sa.Column("parameters", sa.Text()))  # JSON
