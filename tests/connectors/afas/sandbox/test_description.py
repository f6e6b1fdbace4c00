"""Our double of AFAS against AFAS's own description."""

import jsonschema
import pytest

from connectors.afas.sandbox.fields import PERSON, USER
from connectors.afas.sandbox.records import User
from tests.connectors.afas.contract import Description, description_file

DESCRIPTION = Description(description_file())  # not collected without it: see conftest.py
JANINE = "1000001"
USERS = [body for verb, body in DESCRIPTION.examples("KnUser").values() if verb == "PUT"]
PERSONS = [
    body
    for verb, body in DESCRIPTION.examples("KnPerson").values()
    if verb == "PUT" and "FileStream" not in body["KnPerson"]["Element"]["Fields"]
]


@pytest.mark.parametrize(("connector", "form"), [("KnUser", USER), ("KnPerson", PERSON)])
def test_the_double_has_the_fields_lengths_types_and_codes_of_the_description(connector, form):
    described = DESCRIPTION.fields(connector)
    ours = {**form.fields, **form.control}
    assert ours.keys() == described.keys()
    for name, schema in described.items():
        spec = ours[name]
        kinds = {"boolean": "boolean", "integer": "int"}
        formats = {"date": "date", "byte": "blob"}
        kind = kinds.get(schema["type"]) or formats.get(schema["format"], "string")
        assert spec.kind == kind, name
        if kind == "string":
            assert spec.length == schema.get("maxLength", spec.length), name
        if spec.codes or len(schema.get("enum", [])) in range(1, 20):
            assert spec.codes == tuple(schema["enum"]), name


@pytest.mark.parametrize("body", USERS)
def test_the_double_takes_the_examples_of_users(afas, http, body):
    element = body["KnUser"]["Element"]
    code = element.get("@UsId") or element["Fields"]["UsId"]
    number = element["Fields"].get("BcCo")
    if number:
        afas.records.persons[number] = afas.records.persons.pop(JANINE)
        afas.records.persons[number].number = number
    afas.records.users = {
        code: User(code=code, person="" if number else JANINE, description="X", blocked=True)
    }
    afas.records.groups["Administrators"] = "Administrators"
    afas.records.touch()
    afas.switches.refuse_unchanged = False
    reply = http.put("/connectors/KnUser", json=body)
    assert (reply.status_code, reply.content) == (201, b""), reply.content


@pytest.mark.parametrize("body", PERSONS)
def test_the_double_takes_the_examples_of_persons_and_answers_as_described(afas, http, body):
    number = body["KnPerson"]["Element"]["Fields"]["BcCo"]
    afas.records.persons[number] = afas.records.persons.pop(JANINE)
    afas.records.persons[number].number = number
    afas.records.touch()
    afas.switches.refuse_unchanged = False
    reply = http.put("/connectors/KnPerson", json=body)
    described = DESCRIPTION.content["paths"]["/connectors/KnPerson"]["put"]["responses"]["201"]
    example = described["content"]["application/json"]["examples"]["Response example"]["value"]
    assert reply.status_code == 201, reply.content
    assert reply.json().keys() == example.keys()
    assert reply.json()["results"]["KnPerson"].keys() == example["results"]["KnPerson"].keys()


def test_refusals_and_maintenance_have_the_body_that_is_described(afas, http):
    responses = DESCRIPTION.content["components"]["responses"]

    def conforms(reply):
        schema = responses[str(reply.status_code)]["content"]["application/json"]["schema"]
        assert reply.json().keys() == schema["properties"].keys()
        jsonschema.validate(reply.json(), _plain(schema))

    conforms(http.put("/connectors/KnUser", json={}))
    afas.switches.maintenance_seconds = 60
    conforms(http.get("/MetaInfo"))


def _plain(schema):
    """A schema without its examples, which are no part of JSON Schema."""
    if isinstance(schema, dict):
        return {key: _plain(part) for key, part in schema.items() if key != "example"}
    return schema
