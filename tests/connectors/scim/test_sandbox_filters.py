"""The filter language of RFC 7644, section 3.4.2.2."""

import pytest

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture
def people(served):
    served.add_user(
        "Ann",
        externalId="A-1",
        title='Nurse "B"',
        active=True,
        name={"familyName": "O'Brien"},
        emails=[
            {"type": "work", "value": "ann@example.org"},
            {"type": "home", "value": "ann@home.example", "primary": True},
        ],
        **{ENTERPRISE: {"department": "Care", "manager": {"value": "m1"}}},
    )
    served.add_user("bob", active=False, title="Boss\\IT", emails=[{"value": "bob@example.org"}])
    served.add_user("Cas", externalId="a-1")


def names(http, text, **more):
    found = http.get("/Users", params={"filter": text, **more})
    assert found.status_code == 200, found.text
    return [user["userName"] for user in found.json()["Resources"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "ANN"', ["Ann"]),  # no case
        ('USERNAME Eq "ann"', ["Ann"]),  # nor in names and operators
        ('externalId eq "a-1"', ["Cas"]),  # case-exact
        ('userName ne "ann"', ["bob", "Cas"]),
        ('userName sw "c"', ["Cas"]),
        ('userName ew "B"', ["bob"]),
        ('name.familyName co "\'b"', ["Ann"]),
        ('title eq "Nurse \\"B\\""', ["Ann"]),
        ('title eq "Boss\\\\IT"', ["bob"]),
        ("title pr", ["Ann", "bob"]),
        ("not (title pr)", ["Cas"]),
        ("title eq null", ["Cas"]),
        ("title ne null", ["Ann", "bob"]),
        ("active eq true", ["Ann"]),
        ("active ne true", ["bob", "Cas"]),
        ('userName gt "b"', ["bob", "Cas"]),
        ('userName le "bob"', ["Ann", "bob"]),
        ('meta.created gt "2020-01-01T00:00:00Z"', ["Ann", "bob", "Cas"]),
        ('meta.created lt "2020-01-01T00:00:00+01:00"', []),
        ('meta.resourceType eq "User"', ["Ann", "bob", "Cas"]),
        ('emails co "example.org"', ["Ann", "bob"]),
        ('emails.type eq "home"', ["Ann"]),
        ('emails[type eq "work" and value co "@example.org"]', ["Ann"]),
        ('emails[type eq "work" and primary eq true]', []),
        ('emails[not (type eq "work")]', ["Ann", "bob"]),
        (f'{ENTERPRISE}:department eq "care"', ["Ann"]),
        (f'{ENTERPRISE}:manager.value eq "m1"', ["Ann"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob"', ["bob"]),
        # `and` binds closer than `or`
        ('userName eq "ann" or userName eq "bob" and active eq true', ["Ann"]),
        ('(userName eq "ann" or userName eq "bob") and active eq false', ["bob"]),
        ('not (userName eq "ann" or title pr)', ["Cas"]),
    ],
)
def test_a_filter_finds_those_that_fit(people, http, text, expected):
    assert names(http, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        "userName eq",
        "userName eq bob",
        "userName eq 'bob'",
        'userName is "bob"',
        'userName eq "bob" and',
        'userName eq "bob" "x"',
        '(userName eq "bob"',
        'not userName eq "bob"',
        'nothing eq "x"',
        'password eq "x"',
        "active gt true",
        'active eq "true"',
        'active co "t"',
        'name eq "x"',
        'emails[type eq "work"',
        'emails[emails[type eq "x"]]',
        'userName[value eq "x"]',
        'meta.created gt "yesterday"',
        "userName gt null",
        "(" * 60 + "title pr" + ")" * 60,
    ],
)
def test_a_filter_that_is_none_is_refused_and_says_so(people, http, text):
    found = http.get("/Users", params={"filter": text})
    assert (found.status_code, found.json()["scimType"]) == (400, "invalidFilter")


def test_a_search_takes_the_same_in_a_body(people, http):
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'displayName pr or userName eq "ann"',
        "attributes": ["userName"],
        "count": 1,
    }
    for path in ("/.search", "/Users/.search"):
        found = http.post(path, json=body).json()
        [user] = found["Resources"]
        assert user.keys() == {"id", "schemas", "userName"}
        assert found["totalResults"] == 1


def test_pages_are_cut_and_sorted_as_asked(people, http):
    query = {"sortBy": "userName", "sortOrder": "descending", "startIndex": 2, "count": 1}
    page = http.get("/Users", params=query).json()
    assert [user["userName"] for user in page["Resources"]] == ["bob"]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert names(http, "userName pr", startIndex=-5, count=2) == ["Ann", "bob"]
    assert names(http, "userName pr", count=-1) == []
    assert names(http, "userName pr", sortBy="title") == ["bob", "Ann", "Cas"]  # without: last
    assert names(http, "userName pr", sortBy="emails") == ["Ann", "bob", "Cas"]


def test_only_what_was_asked_for_is_shown(people, http):
    def ann(**query):
        found = http.get("/Users", params={"filter": 'userName eq "ann"', **query})
        return found.json()["Resources"][0]

    assert ann(attributes="emails.value").keys() == {"id", "schemas", "emails"}
    assert ann(attributes="emails.value")["emails"][0].keys() == {"value"}
    assert ann(attributes=f"{ENTERPRISE}:department")[ENTERPRISE] == {"department": "Care"}
    without = ann(excludedAttributes="emails.type,title,id")
    assert "id" in without
    assert "title" not in without
    assert without["emails"][0].keys() == {"value"}
    both = {"attributes": "title", "excludedAttributes": "title"}
    assert http.get("/Users", params=both).status_code == 400
