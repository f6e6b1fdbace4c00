"""Alembic's entry: migrate within the transaction that `bring_up_to_date` has begun."""

from alembic import context

from connectors.ledger.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite too: the transaction is begun by us, not by Python
)
context.run_migrations()
