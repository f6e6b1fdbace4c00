"""Skeleton: accounts and groups of a service with a REST interface."""

from typing import Final

from connectors.model.connector import Connector
from connectors.sdk.skeleton.manifest import MANIFEST
from connectors.sdk.skeleton.mapping import FIELDS
from connectors.sdk.skeleton.reader import SkeletonReader
from connectors.sdk.skeleton.sandbox import serve
from connectors.sdk.skeleton.settings import SkeletonSettings
from connectors.sdk.skeleton.writer import SkeletonWriter

CONNECTORS: Final = [
    Connector(
        name="skeleton",
        manifest=MANIFEST,
        settings=SkeletonSettings,
        open_reader=SkeletonReader,
        open_writer=SkeletonWriter,
        fields=FIELDS,
        serve=serve,
    )
]
