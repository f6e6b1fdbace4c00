"""What the steps of a run in other processes have to know: is it halted, what was given up."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "locks", sa.Column("halted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("locks", sa.Column("stopped", sa.Text(), nullable=False, server_default="{}"))
