"""A source and a target in memory: for tests, and the model to copy for a new connector."""

from typing import Final

from connectors.memory.manifest import MANIFEST
from connectors.memory.reader import MemoryReader
from connectors.memory.sandbox import serve
from connectors.memory.settings import MemorySettings
from connectors.memory.source import MemorySource
from connectors.memory.writer import MemoryWriter
from connectors.model.connector import Connector

CONNECTORS: Final = [
    Connector(
        name="memory",
        manifest=MANIFEST,
        settings=MemorySettings,
        open_source=MemorySource,
        open_reader=MemoryReader,
        open_writer=MemoryWriter,
        in_process=lambda _: True,
        serve=serve,
    )
]
