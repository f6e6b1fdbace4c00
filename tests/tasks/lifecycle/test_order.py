from dataclasses import replace

import pytest

from connectors.model.errors import ConfigError
from tasks.lifecycle.order import check_sources, order_targets, paths_of, upstream_of
from tasks.lifecycle.policy import FieldMapping
from tests.tasks.lifecycle.site import DIRECTORY, EMPLOYEE, POLICIES, fields


def mapping(kind, argument):
    return FieldMapping(name="x", kind=kind, argument=argument)


def test_targets_stand_behind_those_they_depend_on():
    assert order_targets({"hr": ("ad",), "app": ("hr", "ad"), "ad": ()}) == ("ad", "hr", "app")


def test_targets_without_ties_keep_the_order_of_the_profile():
    assert order_targets({"b": (), "a": (), "c": ()}) == ("b", "a", "c")


def test_a_circle_is_told_in_its_order():
    with pytest.raises(ConfigError, match=r"circle: (a -> c -> b -> a|b -> a -> c -> b|c -> b)"):
        order_targets({"a": ("c",), "b": ("a",), "c": ("b",)})


def test_a_target_that_depends_on_itself_is_a_circle():
    with pytest.raises(ConfigError, match="a -> a") as caught:
        order_targets({"a": ("a",)})
    assert caught.value.key == "targets.a.depends_on"


def test_an_unknown_target_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match="no target 'ldap'; there are ad, hr") as caught:
        order_targets({"ad": (), "hr": ("ldap",)})
    assert caught.value.key == "targets.hr.depends_on"


@pytest.mark.parametrize(
    ("kind", "argument", "paths"),
    [
        ("value", "{person.nick_name}", ()),
        ("from", "person.nick_name", ("person.nick_name",)),
        ("template", "plain", ()),
        ("template", "{person.a} {contract.b?}", ("person.a", "contract.b")),
        ("template", "{{not}} {person.a}", ("person.a",)),
        ("call", print, ()),
    ],
)
def test_paths_of_a_mapping(kind, argument, paths):
    assert paths_of(mapping(kind, argument)) == paths


@pytest.mark.parametrize(
    "template", ["{person.a", "person.a}", "{}", "{person.a:>9}", "{person.a!r}"]
)
def test_what_is_no_template_is_refused_and_not_half_understood(template):
    with pytest.raises(ConfigError, match="not a template"):
        paths_of(mapping("template", template))


@pytest.mark.parametrize(
    ("kind", "argument", "source"),
    [
        ("from", "accounts.ad.mail", ("ad", "mail")),
        ("template", "{accounts.ad.mail}", ("ad", "mail")),
        ("template", "{accounts.ad.mail?}", ("ad", "mail")),
        ("template", "x{accounts.ad.mail}", None),
        ("template", "{accounts.ad.mail}x", None),
        ("from", "person.work_email", None),
        ("value", "accounts.ad.mail", None),
    ],
)
def test_fields_that_take_a_value_unchanged_are_known(kind, argument, source):
    assert upstream_of(mapping(kind, argument)) == source


def with_hr_field(**mapped):
    hr = replace(POLICIES["hr"], fields=fields(EMPLOYEE, **mapped))
    return hr, {**POLICIES, "hr": hr}


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("accounts.ldap.mail", "there is no target 'ldap'"),
        ("accounts.app.userName", "add app to depends_on"),
        ("accounts.ad.shoeSize", "nobody produces 'shoeSize' in ad"),
    ],
)
def test_a_field_that_reads_what_nobody_provides_in_time_is_refused(path, complaint):
    hr, policies = with_hr_field(EmAd={"from": path})
    with pytest.raises(ConfigError, match=complaint) as caught:
        check_sources(hr, policies)
    assert caught.value.key == "targets.hr.fields.EmAd"


def test_a_template_reads_like_a_path():
    hr, policies = with_hr_field(EmAd={"template": "smtp:{accounts.ad.shoeSize}"})
    with pytest.raises(ConfigError, match="nobody produces"):
        check_sources(hr, policies)


def test_a_broken_template_is_told_with_its_key():
    hr, policies = with_hr_field(EmAd={"template": "{accounts.ad.mail"})
    with pytest.raises(ConfigError) as caught:
        check_sources(hr, policies)
    assert caught.value.key == "targets.hr.fields.EmAd"


def test_a_field_that_the_upstream_target_maps_is_produced():
    ad = replace(POLICIES["ad"], fields=fields(DIRECTORY, shoeSize={"from": "person.initials"}))
    hr, policies = with_hr_field(EmAd={"from": "accounts.ad.shoeSize"})
    check_sources(hr, {**policies, "ad": ad})
