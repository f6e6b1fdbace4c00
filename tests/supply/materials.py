"""The bill of materials: CycloneDX 1.6, made from the lock, byte for byte the same each time."""

import json
import tomllib
import uuid
from importlib import resources
from typing import Any, Final

import jsonschema
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from referencing import Registry, Resource

from tests.supply.lock import OURSELVES, ROOT, Pin

NAMESPACE: Final = uuid.UUID("b8a6f3c0-5e0b-5d6e-9c53-0d6c2f1f7a11")
SCHEMAS: Final = ("bom-1.6", "spdx", "jsf-0.82")


def bill_of(pins: list[Pin], licences: dict[str, str]) -> str:
    """The bill as JSON."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bom = Bom()
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION,
        name=OURSELVES,
        version=about["version"],
        bom_ref=OURSELVES,
        licenses=[LicenseExpression(about["license"])],
    )
    for pin in pins:
        licence = licences.get(pin.name)
        bom.components.add(
            Component(
                type=ComponentType.LIBRARY,
                name=pin.name,
                version=pin.version,
                bom_ref=f"{pin.name}=={pin.version}",
                purl=PackageURL("pypi", name=pin.name, version=pin.version),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes],
                licenses=[LicenseExpression(licence)] if licence else [],
            )
        )
    bom.register_dependency(bom.metadata.component, bom.components)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # Neither the moment nor chance is part of what we are made of.
    document["metadata"].pop("timestamp", None)
    content = json.dumps(document["components"], sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def check_by_schema(bill: str) -> None:
    """Hold a bill against CycloneDX's own schema.

    Raises:
        jsonschema.ValidationError: It is not valid.
    """
    folder = resources.files("cyclonedx.schema") / "_res"
    schemas = {
        name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))
        for name in SCHEMAS
    }
    registry: Registry[Any] = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}.schema.json", Resource.from_contents(schema))
        for name, schema in schemas.items()
    )
    jsonschema.Draft7Validator(schemas[SCHEMAS[0]], registry=registry).validate(json.loads(bill))
