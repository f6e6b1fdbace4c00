import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from connectors.ledger import schema
from connectors.ledger.engine import engine_for
from connectors.ledger.ledger import open_ledger
from connectors.ledger.tables import SCHEMA, VERSION_TABLE, metadata
from connectors.model.errors import ConfigError
from tests.connectors.ledger.examples import a_run, at_the_database, programs, some_people

OPEN_AND_COUNT = """
import time
from connectors.ledger import schema

def migrate_slowly(connection):
    time.sleep(0.5)
    whole(connection)

whole, schema._migrate = schema._migrate, migrate_slowly
go()
with open_ledger(sys.argv[1]) as ledger:
    print(len(ledger.runs()), ledger.audit_seal().sequence)
"""


ADDED_TO_AUDIT = ("version", "salt", "digest", "erased", "change")


def test_the_migrations_make_exactly_the_tables_of_the_code(ledger):
    with ledger._reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        made = set(inspect(connection).get_table_names())
    assert made == {VERSION_TABLE, *metadata.tables}


def test_the_code_knows_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", schema.MIGRATIONS)
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_a_ledger_that_is_opened_again_holds_what_it_held(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.start_run(a_run())
    with open_ledger(ledger_url) as ledger:
        assert [record.run for record in ledger.runs()] == ["run-1"]


def test_a_ledger_of_the_first_schema_keeps_its_snapshot_and_learns_the_keys(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.accept_snapshot("demo", "run-1", some_people())
    at_the_database(
        ledger_url,
        'ALTER TABLE snapshots DROP COLUMN "keys"',
        *(f"ALTER TABLE runs DROP COLUMN {name}" for name in ("approved", "flow", "parameters")),
        *(f"ALTER TABLE locks DROP COLUMN {name}" for name in ("halted", "stopped")),
        *(f"DROP TABLE {name}" for name in ("names", "called", "ignored", "readings", "approvals")),
        *(f"DROP TABLE {name}" for name in ("messages", "incidents", "heard")),
        "ALTER TABLE journal DROP COLUMN verb",
        "DROP INDEX journal_by_profile_person_sequence",
        "DROP INDEX links_by_profile_person",
        "DROP INDEX audit_by_profile_person",
        *(f"ALTER TABLE audit DROP COLUMN {name}" for name in ADDED_TO_AUDIT),
        *(f"ALTER TABLE audit_head DROP COLUMN {name}" for name in ("cut_sequence", "cut_hash")),
        "UPDATE ledger_version SET version_num = '0001'",
    )
    with open_ledger(ledger_url) as ledger:
        assert ledger.snapshot("demo").digest == some_people().digest
        assert ledger.snapshot("demo").keys == {}


def test_a_ledger_of_a_newer_retour_is_refused_and_left_alone(ledger_url):
    open_ledger(ledger_url).close()
    at_the_database(ledger_url, "UPDATE ledger_version SET version_num = '0999'")
    with pytest.raises(ConfigError, match=r"newer Retour \(schema 0999"):
        open_ledger(ledger_url)


def test_a_migration_that_fails_half_way_leaves_nothing_behind(ledger_url, monkeypatch):
    class PowerCut(BaseException):
        pass

    def migrate_and_fail(connection):
        whole(connection)
        assert inspect(connection).has_table("links")
        raise PowerCut

    whole = schema._migrate
    monkeypatch.setattr(schema, "_migrate", migrate_and_fail)
    with pytest.raises(PowerCut):
        open_ledger(ledger_url)
    engine = engine_for(ledger_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    open_ledger(ledger_url).close()


def test_processes_that_open_it_first_at_the_same_moment_do_not_clash(ledger_url):
    with programs(OPEN_AND_COUNT, *[[ledger_url]] * 2) as opening:
        answers = [program.stdout.readline() for program in opening]
    assert answers == ["0 0\n"] * 2
