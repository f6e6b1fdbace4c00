"""Reads people from files."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from connectors.hr_file.mapping import odd_conventions, rename, to_people, to_persons
from connectors.hr_file.settings import HrFileSettings, Noun
from connectors.hr_file.tables import Table, read_tables
from connectors.model.connector import Finding
from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.sdk.clock import now


class HrFileSource:
    """People from a folder of files, a workbook or a JSON document.

    Args:
        settings: Where the files are.
    """

    def __init__(self, settings: HrFileSettings) -> None:
        """Remember the settings; nothing is opened yet."""
        self._settings = settings

    def read(self, *, as_of: date) -> People:
        """Everybody in the files. The files hold all there is, so `as_of` does not matter.

        Raises:
            ConfigError: Lists everything that is wrong with the files.
        """
        del as_of
        taken_at = now()
        return self._people(read_tables(self._settings), taken_at)

    def _people(self, tables: Mapping[Noun, Table], taken_at: datetime) -> People:
        columns = self._settings.columns
        if self._settings.persons_only:
            return to_persons(tables["persons"], columns=columns, taken_at=taken_at)
        return to_people(tables, columns=columns, taken_at=taken_at)

    def check(self) -> Iterator[Finding]:
        """Read the files and say what they hold and who would be left out."""
        subject = str(self._settings.path)
        try:
            tables = read_tables(self._settings)
            people = self._people(tables, now())
        except ConfigError as error:
            yield Finding(ok=False, subject=subject, detail=str(error))
            return
        yield Finding(
            ok=True,
            subject=subject,
            detail=f"{len(people)} persons, {len(people.contracts)} contracts",
        )
        for reason, count in people.blocked["reason"].value_counts(sort=False).items():
            yield Finding(ok=True, subject=subject, detail=f"{count} persons left out: {reason}")
        columns = self._settings.columns.get("persons", {})
        for problem in odd_conventions(
            rename("persons", tables["persons"], columns, [], named=False)
        ):
            yield Finding(ok=False, subject=subject, detail=str(problem))

    def close(self) -> None:
        """Nothing is kept open."""
