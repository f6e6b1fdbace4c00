"""AFAS Profit: a source of people, and the write-back targets `afas.employee` and `afas.user`."""

from typing import Final

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.manifest import (
    EMPLOYEE,
    SOURCE,
    USER,
    employee_fields,
    employee_manifest,
    user_fields,
    user_manifest,
)
from connectors.afas.mapping import EMPLOYEE_FIELDS, USER_FIELDS
from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.sandbox.serve import serve
from connectors.afas.settings import EmployeeSettings, SourceSettings, UserSettings
from connectors.afas.source import AfasSource
from connectors.afas.user_writer import UserWriter
from connectors.model.connector import Connector

CONNECTORS: Final = [
    Connector(
        name="afas", manifest=SOURCE, settings=SourceSettings, open_source=AfasSource, serve=serve
    ),
    Connector(
        name="afas.employee",
        manifest=EMPLOYEE,
        settings=EmployeeSettings,
        open_reader=EmployeeReader,
        open_shared_reader=EmployeeReader,
        open_writer=EmployeeWriter,
        fields=EMPLOYEE_FIELDS,
        manifest_for=employee_manifest,
        fields_for=employee_fields,
        mapped_setting="mapped",
    ),
    Connector(
        name="afas.user",
        manifest=USER,
        settings=UserSettings,
        open_reader=UserReader,
        open_shared_reader=UserReader,
        open_writer=UserWriter,
        fields=USER_FIELDS,
        manifest_for=user_manifest,
        fields_for=user_fields,
        mapped_setting="mapped",
    ),
]
