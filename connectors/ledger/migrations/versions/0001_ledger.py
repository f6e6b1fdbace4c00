"""The first tables of the ledger.

A migration is history: it says what was made then and does not follow `tables.py`. The next one is
`0002_….py`, with `down_revision = "0001"`, and `tables.SCHEMA` names it. There is no way back: it
would take the audit trail along.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started", INSTANT, nullable=False),
        sa.Column("finished", INSTANT),
        sa.Column("exit", sa.Integer()),
        sa.Column("digest", sa.String()),
        sa.Column("refused", sa.Text()),
        sa.Column("report", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("run", name="runs_key"),
    )
    op.create_index("runs_by_profile_started", "runs", ["profile", "started"])
    op.create_table(
        "plans",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("saved", INSTANT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="plans_key"),
    )
    op.create_table(
        "locks",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("heartbeat", INSTANT, nullable=False),
        sa.Column("expires", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", name="locks_key"),
    )
    op.create_table(
        "snapshots",
        sa.Column("sequence", SERIAL, autoincrement=True, nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("persons", sa.LargeBinary(), nullable=False),
        sa.Column("contracts", sa.LargeBinary(), nullable=False),
        sa.Column("departments", sa.LargeBinary(), nullable=False),
        sa.Column("blocked", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="snapshots_key"),
    )
    op.create_index("snapshots_by_profile_sequence", "snapshots", ["profile", "sequence"])
    op.create_table(
        "absences",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("profile", "person", name="absences_key"),
    )
    op.create_table(
        "links",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "target", "person", name="links_key"),
        sa.UniqueConstraint("profile", "target", "ref", name="links_unique_profile_target_ref"),
    )
    op.create_table(
        "grants",
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("profile", "target", "person", "permission", name="grants_key"),
    )
    op.create_table(
        "journal",
        sa.Column("sequence", SERIAL, autoincrement=True, nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("announced", INSTANT),
        sa.Column("outcome", sa.String()),
        sa.Column("settled", INSTANT),
        sa.Column("settled_by", sa.String()),
        sa.Column("receipt", sa.Text()),
        sa.PrimaryKeyConstraint("sequence", name="journal_key"),
        sa.ForeignKeyConstraint(["run"], ["runs.run"], name="journal_run_of_runs"),
        sa.UniqueConstraint("run", "change", name="journal_unique_run_change"),
    )
    op.create_index("journal_by_profile_outcome", "journal", ["profile", "outcome"])
    op.create_table(
        "audit",
        sa.Column("sequence", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="audit_key"),
    )
    op.create_index("audit_by_profile_sequence", "audit", ["profile", "sequence"])
    op.create_index("audit_by_run", "audit", ["run"])
    head = op.create_table(
        "audit_head",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", SERIAL, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="audit_head_key"),
    )
    op.bulk_insert(head, [{"chain": 1, "sequence": 0, "hash": "0" * 64}])
