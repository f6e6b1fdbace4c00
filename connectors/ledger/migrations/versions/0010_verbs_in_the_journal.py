"""The verb of a change beside its content: what was done lately is counted without reading that.

Lines that are there already stay as they are: their verb is read from the content.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("journal", sa.Column("verb", sa.String()))
