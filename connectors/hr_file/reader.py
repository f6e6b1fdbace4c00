"""Reads, as accounts, the records of persons that can be written back to."""

import os
from collections.abc import Iterator
from pathlib import Path

from connectors.hr_file.manifest import KEY
from connectors.hr_file.mapping import rename, to_people
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.sheet import Sheet
from connectors.hr_file.tables import read_tables
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.errors import ConfigError
from connectors.sdk.clock import now


class HrFileReader:
    """The persons of `path` as accounts, with what the write-back file holds about them.

    Everybody in the file counts, also those whom the import leaves out: their records exist.

    Args:
        settings: Where the files are.
        target: Name of the target in the profile.

    Raises:
        ConfigError: `write_back_path` is not set.
    """

    def __init__(self, settings: HrFileSettings, target: str) -> None:
        """Check the settings; nothing is opened yet."""
        self._settings, self._target = settings, target
        self._path = write_back_path(settings)

    def read(self) -> Accounts:
        """Every person of the files.

        Returns:
            Accounts whose `ref` and `person` are the `external_id`; there is no enabled state, no
            container and no permission.

        Raises:
            ConfigError: A file is not what it should be.
        """
        taken_at = now()
        known = read_known(self._settings)
        sheet = read_sheet(self._settings)
        fields = field_names(self._settings)
        return Accounts.from_records(
            target=self._target,
            records={person: {"person": person, "label": label} for person, label in known.items()},
            attributes={
                person: {
                    fields.get(heading, heading): text
                    for heading, text in sheet.rows.get(person, {}).items()
                    if fields.get(heading, heading) != KEY
                }
                for person in known
            },
            taken_at=taken_at,
        )

    def check(self) -> Iterator[Finding]:
        """Look whether the write-back file can be read, and its folder be written to."""
        try:
            rows = len(read_sheet(self._settings).rows)
        except ConfigError as error:
            yield Finding(ok=False, subject=str(self._path), detail=str(error))
        else:
            held = (
                f"{rows} rows"
                if self._path.exists()
                else "is not there yet; the first write makes it"
            )
            yield Finding(ok=True, subject=str(self._path), detail=held)
        folder = self._path.absolute().parent
        may = folder.is_dir() and os.access(folder, os.W_OK)
        yield Finding(
            ok=may,
            subject=str(folder),
            detail="files can be made here" if may else "is no folder in which files can be made",
        )

    def close(self) -> None:
        """Nothing is kept open."""


def write_back_path(settings: HrFileSettings) -> Path:
    """The file to write to.

    Raises:
        ConfigError: It is not set.
    """
    if settings.write_back_path is None:
        message = "is needed to write back: the CSV file that takes what the accounts say"
        raise ConfigError(message, key="write_back_path")
    return settings.write_back_path


def read_known(settings: HrFileSettings) -> dict[str, str]:
    """Everybody in the files: external_id -> a name for people to read.

    Raises:
        ConfigError: The files of HR are not what they should be.
    """
    tables = read_tables(settings)
    to_people(tables, columns=settings.columns, taken_at=now())
    cells = rename("persons", tables["persons"], settings.columns.get("persons", {}), []).cells
    names = cells["nick_name"].where(cells["nick_name"] != "", cells["given_name"])
    labels = (names + " " + cells["family_name"]).str.strip()
    return dict(zip(cells[KEY].tolist(), labels.tolist(), strict=True))


def read_sheet(settings: HrFileSettings) -> Sheet:
    """The write-back file as it is now.

    Raises:
        ConfigError: It is not such a file.
    """
    return Sheet.read(
        write_back_path(settings),
        key=headings(settings).get(KEY, KEY),
        encoding=settings.encoding,
        delimiter=settings.delimiter,
    )


def headings(settings: HrFileSettings) -> dict[str, str]:
    """Field -> heading where they differ: the write-back file has the headings of persons."""
    return settings.columns.get("persons", {})


def field_names(settings: HrFileSettings) -> dict[str, str]:
    """Heading -> field, where it is another one."""
    return {heading: field for field, heading in headings(settings).items()}
