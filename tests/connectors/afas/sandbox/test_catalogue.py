import pytest

from connectors.afas.sandbox.catalogue import Catalogue

USERS = "T4E_HelloID_Users_v2"
CUSTOM = "U" + "0C" * 16
JANINE = "12345.1000001"


def row_of(afas, employee="1000001", connector=USERS):
    return next(row for row in afas.rows(connector) if row["Medewerker"] == employee)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("EmailPortal", "j@example.org"),
        ("TeN2", "030"),
        ("MbN2", "06"),
        ("EmA2", "home@example.org"),
        (CUSTOM, "B-17"),
    ],
)
def test_a_column_shows_a_field_of_the_person_and_what_is_written_to_it(
    afas, put_person, field, value
):
    afas.add_column(USERS, "Extra", f"KnPerson.{field}")
    assert row_of(afas)["Extra"] is None
    assert put_person(MatchPer="0", BcCo="1000001", **{field: value}).status_code == 201
    assert row_of(afas)["Extra"] == value
    assert row_of(afas, "1000002")["Extra"] is None


def test_a_column_shows_a_field_of_the_user_and_null_where_there_is_none(afas, put_user):
    afas.add_column(USERS, "Meewerken", "KnUser.OcUs")
    afas.add_column("Profit_Users", "Taal", "KnUser.InLn")
    kim = afas.hire(
        nick_name="Kim", family_name="Smit", department="IT", title="T", with_user=False
    )
    assert put_user(JANINE, MtCd="1", OcUs=True, InLn="1043").status_code == 201
    assert [row["Meewerken"] for row in afas.rows(USERS)] == [True, False, None]
    assert [row["Taal"] for row in afas.rows("Profit_Users")] == ["1043", None]
    assert row_of(afas, kim)["Gebruiker"] is None


def test_a_column_shows_which_mail_gets_the_documents(afas, http):
    for connector in (USERS, "T4E_HelloID_Employments_v2"):
        afas.add_column(connector, "EmailForDigitalDocuments", "AfasEmployee.EmAd")
    fields = {"EmAd": "P", "PsPv": "A", "YsPv": "A"}
    body = {"AfasEmployee": {"Element": {"@EmId": "1000001", "Fields": fields}}}
    assert http.put("/connectors/KnEmployee", json=body).status_code == 201
    assert row_of(afas)["EmailForDigitalDocuments"] == "P"
    employments = row_of(afas, connector="T4E_HelloID_Employments_v2")
    assert employments["EmailForDigitalDocuments"] == "P"
    listed = http.get(f"/Metainfo/get/{USERS}").json()["fields"][-1]
    assert (listed["id"], listed["length"]) == ("EmailForDigitalDocuments", 1)


@pytest.mark.parametrize(
    ("connector", "name", "shows"),
    [
        ("Nowhere", "X", "KnPerson.EmA2"),
        ("T4E_HelloID_Groups_v2", "X", "KnPerson.EmA2"),
        (USERS, "X", "KnPerson.Nonsense"),
        (USERS, "X", "EmA2"),
        (USERS, "UPN", "KnPerson.EmA2"),
    ],
)
def test_a_column_that_cannot_be_is_refused(afas, connector, name, shows):
    with pytest.raises(ValueError, match=r".+"):
        afas.add_column(connector, name, shows)


@pytest.mark.parametrize(("level", "field"), [("KnPerson", "UShort"), ("KnGroup", CUSTOM)])
def test_a_custom_field_has_a_level_and_an_id_of_its_form(afas, level, field):
    with pytest.raises(ValueError, match="custom field"):
        afas.add_custom_field(level, field, label="X")


STEPS = {
    "update of a user": lambda afas, put: put("KnUser", JANINE, MtCd="1", Upn="j@example.org"),
    "block": lambda afas, put: put("KnUser", JANINE, MtCd="0"),
    "unblock": lambda afas, put: put("KnUser", JANINE, MtCd="6"),
    "group": lambda afas, put: put("KnUser", JANINE, MtCd="3", GrId="G", GrDs="Group"),
    "rename": lambda afas, put: put("KnUser", JANINE, MtCd="4", UsIdNew="12345.J"),
    "hire": lambda afas, put: afas.hire(
        nick_name="Kim", family_name="A", department="NEW", title="T", with_user=False
    ),
    "new user": lambda afas, put: put("KnUser", "12345.K", MtCd="1", BcCo="1000003", Nm="Kim"),
    "move": lambda afas, put: afas.move("1000001", "IT", "Developer"),
    "leave": lambda afas, put: afas.leave("1000002", afas.today.replace(year=2025)),
    "another name": lambda afas, put: afas.rename("1000001", family_name="Aalbers"),
}


def test_rows_that_are_patched_are_those_that_would_be_built_anew(afas, http):
    """Every kind of write, after a reading that filled the tables, orders and indexes."""

    def put(connector, code, **fields):
        body = {connector: {"Element": {"@UsId": code, "Fields": fields}}}
        reply = http.put(f"/connectors/{connector}", json=body)
        assert reply.status_code == 201, reply.content

    def read(connector, query):
        return http.get(f"/connectors/{connector}?{query}&take=99").json()["rows"]

    orders = {
        name: f"orderbyfieldids={','.join(afas.catalogue.columns(name))}"
        for name in afas.catalogue.names
    }
    for step, act in STEPS.items():
        for name, order in orders.items():
            read(name, order)
            read(name, f"filterfieldids={order[16:].split(',')[0]}&filtervalues=x&operatortypes=1")
        act(afas, put)
        for name, order in orders.items():
            fresh = Catalogue().table(name, afas.records, afas.today).rows()
            key = lambda row: [(cell is not None, str(cell).casefold()) for cell in row.values()]  # noqa: E731
            assert sorted(afas.rows(name), key=key) == sorted(fresh, key=key), (step, name)
            shown = read(name, order)
            assert sorted(shown, key=key) == sorted(fresh, key=key), (step, name)
            first = next(iter(fresh), None)
            if first:
                column, value = next((c, v) for c, v in first.items() if isinstance(v, str))
                found = read(name, f"filterfieldids={column}&filtervalues={value}&operatortypes=1")
                assert first in found, (step, name)


def test_a_write_leaves_the_rows_of_others_as_they_are(afas, put_user):
    """What makes 100,000 people bearable: nothing is built anew."""
    table = afas.catalogue.table(USERS, afas.records, afas.today)
    janine, sean = table.entries()
    texts = janine.json(table.columns), sean.json(table.columns)
    assert put_user(JANINE, MtCd="1", Upn="j@example.org").status_code == 201
    patched = afas.catalogue.table(USERS, afas.records, afas.today)
    assert patched is table
    assert patched.entries() == [janine, sean]
    assert janine.json(table.columns) != texts[0]
    assert sean.json(table.columns) is texts[1]
