import pytest

from connectors.afas.sandbox.records import EVERYBODY, Person, Records, User

JANINE, SEAN = "12345.1000001", "12345.1000002"
CUSTOM = "U" + "0A" * 16


@pytest.fixture
def janine(afas):
    return afas.records.users[JANINE]


def refused(reply, field: str = "") -> bool:
    return reply.status_code == 500 and field in reply.json()["externalMessage"]


@pytest.mark.parametrize(
    ("spelling", "held"),
    [
        (True, True),
        ("true", True),
        ("TRUE", True),
        ("1", True),
        (1, True),
        ("0", False),
        (0, False),
    ],
)
def test_d15_booleans_are_read_in_every_spelling(janine, put_user, spelling, held):
    janine.fields |= {"Site": not held, "EmAd": "j@example.org"}
    assert put_user(JANINE, MtCd=1, Site=spelling).status_code == 201
    assert janine.fields["Site"] is held


@pytest.mark.parametrize("spelling", ["1", 1])
def test_d15_codes_are_read_as_text_and_as_numbers(put_user, spelling):
    assert put_user(JANINE, MtCd=spelling, InLn=1043).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [("Nonsense", "x"), ("Site", "maybe"), ("InLn", "9"), ("MtCd", "9"), ("MtCd", "5")],
)
def test_d15_unknown_fields_and_codes_are_refused(put_user, field, value):
    assert refused(put_user(JANINE, **{"MtCd": "1", field: value}), field)


@pytest.mark.parametrize("field", ["Acon", "Abac", "Acom", "Pw"])
def test_d15_removed_fields_are_refused_or_ignored_by_switch(afas, put_user, field):
    assert refused(put_user(JANINE, MtCd="1", **{field: True}), field)
    afas.switches.removed_fields = "ignore"
    assert put_user(JANINE, MtCd="1", Upn="j@example.org", **{field: True}).status_code == 201
    assert field not in afas.records.users[JANINE].fields


def test_d15_custom_fields_are_kept_where_they_were_made_and_refused_elsewhere(
    afas, put_user, put_person
):
    wanted = {"MatchPer": "0", "BcCo": "1000001", CUSTOM: "12345"}
    assert refused(put_person(**wanted), CUSTOM)
    afas.add_custom_field("KnPerson", CUSTOM, label="Badge", length=5)
    assert put_person(**wanted).status_code == 201
    assert afas.records.persons["1000001"].fields[CUSTOM] == "12345"
    assert refused(put_person(**{**wanted, CUSTOM: "123456"}), CUSTOM)
    assert refused(put_user(JANINE, MtCd="1", **{CUSTOM: "1"}), CUSTOM)
    afas.switches.custom_fields = "any"
    assert put_user(JANINE, MtCd="1", **{CUSTOM: "1"}).status_code == 201


def test_d15_the_three_spellings_of_element_and_objects_are_the_same(http, afas):
    for phone, wrap in (("1", lambda x: x), ("2", lambda x: [x])):
        fields = {"MatchPer": "0", "BcCo": "1000001", "TeNr": phone}
        person = {"KnPerson": {"Element": wrap({"Fields": fields})}}
        element = {"@EmId": "1000001", "@action": "update", "Objects": wrap(person)}
        body = {"AfasEmployee": {"Element": wrap(element)}}
        assert http.put("/connectors/KnEmployee", json=body).status_code == 201
        assert afas.records.persons["1000001"].fields["TeNr"] == phone


def test_d16_a_value_that_is_there_already_is_refused_but_not_a_control_field(
    afas, janine, put_user
):
    janine.fields["Upn"] = "j@example.org"
    assert refused(put_user(JANINE, MtCd="1", Upn="j@example.org", Nm="Janine"), "Upn")
    assert refused(put_user(JANINE, MtCd="1", EmAd=""), "EmAd")
    assert put_user(JANINE, MtCd="1", Nm=janine.description).status_code == 201
    afas.switches.refuse_unchanged = False
    assert put_user(JANINE, MtCd="1", Upn="j@example.org").status_code == 201


def test_d17_an_empty_text_clears_and_null_follows_the_switch(afas, janine, put_user):
    janine.fields |= {"Upn": "j@example.org", "EmAd": "j@example.org"}
    assert put_user(JANINE, MtCd="1", Upn="").status_code == 201
    assert "Upn" not in janine.fields
    assert refused(put_user(JANINE, MtCd="1", EmAd=None), "EmAd")
    afas.switches.null = "ignore"
    assert put_user(JANINE, MtCd="1", EmAd=None).status_code == 201
    assert janine.fields["EmAd"] == "j@example.org"
    afas.switches.null = "clear"
    assert put_user(JANINE, MtCd="1", EmAd=None).status_code == 201
    assert "EmAd" not in janine.fields


def test_d18_what_is_too_long_is_refused(put_user, put_person):
    assert refused(put_user(JANINE, MtCd="1", Upn="u" * 256), "Upn")
    assert refused(put_user(JANINE, MtCd="1", Nm="n" * 81), "Nm")
    assert put_person(MatchPer="0", BcCo="1000001", EmAd="m" * 255).status_code == 201
    assert refused(put_person(MatchPer="0", BcCo="1000001", EmAd="m" * 256), "EmAd")
    assert refused(put_user(JANINE, MtCd="4", UsIdNew="u" * 81), "UsIdNew")
    assert refused(put_user(JANINE, MtCd="3", GrId="g" * 21), "GrId")
    assert refused(put_user(JANINE, MtCd="3", GrId="g", GrDs="g" * 51), "GrDs")


def test_d18_who_signs_in_to_windows_has_a_code_of_twenty_characters(janine, put_user):
    assert put_user(JANINE, MtCd="4", UsIdNew="12345." + "u" * 20).status_code == 201
    assert refused(put_user("12345." + "u" * 20, MtCd="1", Awin=True), "UsId")
    assert put_user("12345." + "u" * 20, MtCd="4", UsIdNew=JANINE).status_code == 201
    janine.fields["Awin"] = True
    assert refused(put_user(JANINE, MtCd="4", UsIdNew="12345." + "u" * 20), "UsIdNew")


@pytest.mark.parametrize("field", ["Upn", "EmAd"])
def test_d19_upn_and_user_mail_occur_once_over_all_environments(afas, put_user, field):
    afas.records.users[SEAN].fields[field] = "J@Example.org"
    assert refused(put_user(JANINE, MtCd="1", **{field: "j@example.org"}), field)
    del afas.records.users[SEAN].fields[field]
    elsewhere = User(code="1", person="1", description="", fields={field: "j@example.org"})
    afas.switches.neighbours = (Records(users={"1": elsewhere}),)
    assert refused(put_user(JANINE, MtCd="1", **{field: "j@example.org"}), field)
    assert put_user(JANINE, MtCd="1", **{field: "janine@example.org"}).status_code == 201


def test_d19_a_work_mail_occurs_once_by_switch(afas, put_person):
    afas.records.persons["1000002"].fields["EmAd"] = "J@example.org"
    wanted = {"MatchPer": "0", "BcCo": "1000001", "EmAd": "j@example.org"}
    assert refused(put_person(**wanted), "EmAd")
    afas.switches.unique_work_mail = False
    assert put_person(**wanted).status_code == 201


@pytest.mark.parametrize(
    ("employee", "number", "match"),
    [
        ("999", "1000001", "0"),
        ("1000001", "999", "0"),
        ("1000001", "1000002", "0"),
        ("1000001", "", "0"),
        ("1000001", "1000001", "7"),
        ("1000001", "1000001", "3"),
    ],
)
def test_d20_employee_and_person_must_belong_together(afas, http, employee, number, match):
    fields = {"MatchPer": match, "BcCo": number, "EmAd": "x@example.org"}
    person = {"KnPerson": {"Element": {"Fields": fields}}}
    before = afas.records.to_bytes()
    body = {"AfasEmployee": {"Element": {"@EmId": employee, "Objects": [person]}}}
    assert refused(http.put("/connectors/KnEmployee", json=body))
    assert afas.records.to_bytes() == before


def test_d20_match_7_inserts_a_person_and_is_counted(afas, put_person):
    assert put_person(MatchPer="7", NmBi="New").status_code == 201
    assert afas.counts["inserted_persons"] == 1
    assert len(afas.records.persons) == 3


def test_d21_mail_at_the_level_of_the_employee_is_a_selector_and_no_address(afas, http):
    body = {"AfasEmployee": {"Element": {"@EmId": "1000001", "Fields": {"EmAd": "P"}}}}
    assert http.put("/connectors/KnEmployee", json=body).status_code == 201
    assert afas.records.employees["1000001"].documents_to == "P"
    assert "EmAd" not in afas.records.persons["1000001"].fields
    body["AfasEmployee"]["Element"]["Fields"]["EmAd"] = "j@example.org"
    assert refused(http.put("/connectors/KnEmployee", json=body), "EmAd")


def test_d22_an_update_of_an_unknown_user_inserts_one_if_the_person_is_free(afas, put_user):
    afas.records.persons["77"] = Person(number="77", internal=77)
    new = "12345.NEW"
    assert refused(put_user(new, MtCd="1", BcCo="77"), "Nm")
    assert refused(put_user(new, MtCd="1", BcCo="999", Nm="New"), "BcCo")
    assert refused(put_user(new, MtCd="1", BcCo="1000001", Nm="New"), "BcCo")
    assert put_user(new, MtCd="1", BcCo="77", Nm="New", Awin=False).status_code == 201
    user = afas.records.users[new]
    assert user.fields == {"InSi": True, "Awin": False}
    assert afas.counts["inserted_users"] == 1


def test_d22_what_an_insert_does_not_name_is_turned_on(afas, put_user):
    afas.records.persons["77"] = Person(number="77", internal=77)
    assert put_user("12345.NEW", MtCd="1", BcCo="77", Nm="New").status_code == 201
    assert afas.records.users["12345.NEW"].fields == {"InSi": True, "Awin": True}


def test_d22_a_user_without_a_person_may_get_one_and_nobody_another_one(afas, put_user):
    afas.records.users["12345.SYS"] = User(code="12345.SYS", person="", description="System")
    afas.records.persons["77"] = Person(number="77", internal=77)
    assert refused(put_user(JANINE, MtCd="1", BcCo="77"), "BcCo")
    assert refused(put_user("12345.SYS", MtCd="6", BcCo="1000001"), "BcCo")
    assert put_user("12345.SYS", MtCd="6", BcCo="77").status_code == 201
    assert afas.records.user_of("77").code == "12345.SYS"


@pytest.mark.parametrize("action", ["0", "2", "4", "6"])
def test_d22_other_actions_on_an_unknown_user_are_refused(put_user, action):
    assert refused(put_user("12345.X", MtCd=action, UsIdNew="12345.Y"), "UsId")


def test_d22_windows_turns_on_insite(janine, put_user):
    janine.fields["InSi"] = False
    assert put_user(JANINE, MtCd="1", Awin=True).status_code == 201
    assert janine.fields["InSi"] is True


def test_d23_blocking_takes_the_groups_away_or_not_by_switch(afas, janine, put_user):
    for keeps, left in ((True, [EVERYBODY, "G"]), (False, [EVERYBODY])):
        afas.switches.block_keeps_groups = keeps
        janine.groups, janine.blocked = [EVERYBODY, "G"], False
        assert put_user(JANINE, MtCd="2").status_code == 201
        assert (janine.blocked, janine.groups) == (True, left)


def test_d23_blocking_takes_groups_away_and_unblocking_needs_a_licence(afas, janine, put_user):
    afas.records.groups["G"] = "G"
    janine.groups.append("G")
    afas.switches.block_keeps_groups = True
    assert put_user(JANINE, MtCd="2").status_code == 201
    assert (janine.blocked, janine.groups) == (True, [EVERYBODY, "G"])
    assert put_user(JANINE, MtCd="0").status_code == 201
    assert janine.groups == [EVERYBODY]
    afas.switches.max_licences = 1
    assert refused(put_user(JANINE, MtCd="6"), "MtCd")
    afas.switches.max_licences = 2
    assert put_user(JANINE, MtCd="6").status_code == 201
    assert not janine.blocked


def test_d24_a_renamed_user_is_unknown_under_the_old_code(afas, put_user):
    assert refused(put_user(JANINE, MtCd="4"), "UsIdNew")
    assert refused(put_user(JANINE, MtCd="4", UsIdNew=SEAN), "UsIdNew")
    assert put_user(JANINE, MtCd="4", UsIdNew="12345.NEW").status_code == 201
    assert JANINE not in afas.records.users
    assert afas.records.users["12345.NEW"].person == "1000001"


def test_d25_a_group_must_exist_unless_it_is_to_be_made(afas, janine, put_user):
    assert refused(put_user(JANINE, MtCd="1", GrId="G"), "GrId")
    assert put_user(JANINE, MtCd="3", GrId="G", GrDs="Group").status_code == 201
    assert afas.records.groups["G"] == "Group"
    assert janine.groups == [EVERYBODY, "G"]


def test_d26_outsite_needs_a_mail(afas, janine, put_user):
    assert refused(put_user(JANINE, MtCd="1", Site=True), "EmAd")
    assert put_user(JANINE, MtCd="1", Site=True, EmAd="j@example.org").status_code == 201
    assert refused(put_user(JANINE, MtCd="1", EmAd=""), "EmAd")
    afas.switches.outsite_needs_mail = False
    assert put_user(JANINE, MtCd="1", EmAd="").status_code == 201


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-us", "The entered value for 'UsId' does not exist."),
        ("nl-nl", "De ingevulde waarde bij 'UsId' bestaat niet."),
        ("NL-BE", "De ingevulde waarde bij 'UsId' bestaat niet."),
        ("fr-fr", "The entered value for 'UsId' does not exist."),
        ("", "De ingevulde waarde bij 'UsId' bestaat niet."),
    ],
)
def test_an_error_is_in_the_language_asked_for_or_that_of_the_environment(
    afas, http, language, text
):
    afas.switches.language = "nl"
    body = {"KnUser": {"Element": {"@UsId": "12345.X", "Fields": {"MtCd": "2"}}}}
    reply = http.put("/connectors/KnUser", json=body, headers={"Accept-Language": language})
    assert (reply.json()["externalMessage"], reply.json()["errorNumber"]) == (text, -2147220469)


@pytest.mark.parametrize(
    "element",
    [
        {"@UsId": JANINE, "@Colour": "red", "Fields": {"MtCd": "2"}},
        {"@UsId": JANINE, "Fields": {"MtCd": "2"}, "Objects": [{"KnPerson": {}}]},
        {"@UsId": JANINE, "Fields": ["MtCd"]},
        {"Fields": {"MtCd": "2"}},
    ],
)
def test_what_does_not_belong_to_an_element_is_refused(http, element):
    assert refused(http.put("/connectors/KnUser", json={"KnUser": {"Element": element}}))


def test_of_several_persons_none_is_written_when_one_is_refused(afas, http):
    before = afas.records.to_bytes()
    persons = [
        {"KnPerson": {"Element": {"Fields": {"MatchPer": "0", "BcCo": number, "TeNr": "1"}}}}
        for number in ("1000001", "1000002")
    ]
    body = {"AfasEmployee": {"Element": {"@EmId": "1000001", "Objects": persons}}}
    assert refused(http.put("/connectors/KnEmployee", json=body), "BcCo")
    assert afas.records.to_bytes() == before


@pytest.mark.parametrize(
    "body", [[], {}, {"KnUser": {}}, {"KnUser": {"Element": "x"}}, {"KnPerson": {}}]
)
def test_a_body_of_another_form_is_refused(http, body):
    assert refused(http.put("/connectors/KnUser", json=body))


def test_a_refused_update_changes_nothing(afas, put_user):
    before = afas.records.to_bytes()
    assert refused(put_user(JANINE, MtCd="6", Upn="new@example.org", Nonsense="x"))
    assert afas.records.to_bytes() == before
