"""What the targets can do under their settings, and what they map by themselves."""

import pytest

from config.fields import FieldSpec
from connectors import registry
from connectors.afas.manifest import employee_manifest, user_fields, user_manifest
from connectors.model.change import Verb

ALWAYS = {Verb.CORRELATE, Verb.UPDATE, Verb.DELETE}


@pytest.mark.parametrize(
    ("settings", "verbs"),
    [
        ({}, ALWAYS | {Verb.ENABLE, Verb.DISABLE}),
        ({"manage_access": False}, ALWAYS),
        ({"create_user": True, "manage_access": False}, ALWAYS | {Verb.CREATE}),
    ],
)
def test_the_settings_say_what_is_done_with_users(user_settings, settings, verbs):
    assert user_manifest(user_settings(customer="12345", **settings)).verbs == verbs


def test_an_employee_is_cleared_and_never_made_or_blocked(employee_settings):
    manifest = employee_manifest(employee_settings())
    assert manifest.verbs == ALWAYS
    assert manifest.delete_clears


def test_payslips_ask_for_the_selector_and_for_knemployee(employee_settings):
    manifest = employee_manifest(
        employee_settings(
            update_through="KnPerson",
            payslips_to_private_mail=True,
            private_mail_column="Email_prive",
            documents_column="Digitale_documenten",
        )
    )
    assert manifest.attribute("DocumentsTo").on_update is False
    assert manifest.write_permissions == (
        "UpdateConnector KnPerson",
        "UpdateConnector KnEmployee",
    )


@pytest.mark.parametrize("name", ["MtCd", "mtcd", "MatchPer", "UsIdNew", "Pw", "Acon", "Abac"])
def test_what_is_decided_in_code_is_no_attribute(name):
    for target in ("afas.employee", "afas.user"):
        assert registry.find(target).manifest.attribute(name) is None


def test_a_code_and_a_licence_are_updated_only_where_the_settings_allow_it(user_settings):
    plain = user_manifest(user_settings())
    open_to_both = user_manifest(
        user_settings(update_user_id=True, customer="12345", columns={"OcUs": "Collaboratie"})
    )
    for name, on_update in (("Gebruiker", True), ("OcUs", True), ("PoMa", False), ("Nm", False)):
        assert plain.attribute(name).on_update is False
        assert open_to_both.attribute(name).on_update is on_update


def test_the_code_of_a_user_begins_with_the_number_of_the_customer(user_settings):
    given = user_settings(create_user=True, customer="54321")
    assert user_fields(given)["Gebruiker"] == {
        "template": "54321.{person.external_id}",
        "on": ["create"],
    }
    given = user_settings(update_user_id=True, customer="54321")
    assert user_fields(given)["Gebruiker"]["on"] == ["correlate"]
    assert "Gebruiker" not in user_fields(user_settings())


def test_a_new_user_gets_insite_and_nothing_else(user_settings):
    created = {
        name: spec["value"]
        for name, given in user_fields(user_settings(create_user=True, customer="12345")).items()
        for spec in ([given] if isinstance(given, dict) else given)
        if "create" in spec["on"] and "value" in spec
    }
    assert created == {
        "InSi": True,
        **dict.fromkeys(("Site", "Awin", "OcUs", "PoMa", "AcUs"), False),
    }


def test_default_mappings_are_such_as_a_profile_could_hold(user_settings):
    given = user_settings(create_user=True, update_user_id=True, customer="12345")
    for fields in (user_fields(given), registry.find("afas.employee").fields):
        for mapping in fields.values():
            specs = [mapping] if isinstance(mapping, dict) else mapping
            actions = [action for spec in specs for action in FieldSpec.model_validate(spec).on]
            assert len(actions) == len(set(actions))


def test_every_attribute_is_described(user_settings):
    for name in ("afas.employee", "afas.user"):
        for attribute in registry.find(name).manifest.attributes:
            assert attribute.description.endswith("."), attribute.name


@pytest.mark.parametrize("field", ["EmA2", "U" + "A" * 32])
def test_the_private_mail_that_documents_go_to_is_never_emptied(employee_settings, field):
    settings = employee_settings(
        payslips_to_private_mail=True,
        private_mail_column="Email_prive",
        documents_column="Digitale_documenten",
        columns={field: "Email_prive"},
    )
    attribute = employee_manifest(settings).attribute(field)
    assert (attribute.clearable, attribute.private) == (False, True)


def test_another_spelling_of_a_private_field_is_no_field():
    manifest = registry.find("afas.employee").manifest
    assert manifest.attribute("ema2") is None
    assert {"EmA2", "DaBi", "SoSe"} <= manifest.private
