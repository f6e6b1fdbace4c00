"""People from CSV, XLSX, JSON or Parquet files, and a CSV file that takes what is written back."""

from typing import Final

from connectors.hr_file.manifest import MANIFEST
from connectors.hr_file.reader import HrFileReader
from connectors.hr_file.sandbox import serve
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.source import HrFileSource
from connectors.hr_file.writer import HrFileWriter
from connectors.model.connector import Connector

CONNECTORS: Final = [
    Connector(
        name="hr_file",
        manifest=MANIFEST,
        settings=HrFileSettings,
        open_source=HrFileSource,
        open_reader=HrFileReader,
        open_writer=HrFileWriter,
        fields_setting="columns",
        serve=serve,
    )
]
