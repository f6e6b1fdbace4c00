from types import SimpleNamespace

import pytest

import config.names as written
from config.names import NamesSpec
from connectors.model.errors import ConfigError
from tasks.compile_names import NO_DOMAIN, compile_names
from tasks.lifecycle import naming_options
from tasks.lifecycle.name_forms import COMMON_NAMES, DISPLAY_FORMS, SURNAME_FORMS
from tasks.lifecycle.naming import candidates
from tasks.lifecycle.naming_options import LOGIN_OPTIONS, MAIL_OPTIONS, UPN_OPTIONS

JANINE = {
    "nick_name": "Janine",
    "initials": "J.H.C.",
    "family_name_prefix": "van den",
    "family_name": "Boele",
    "partner_name_prefix": "de",
    "partner_name": "Vries",
    "convention": "PB",
}


def compiled(**names):
    names = NamesSpec.model_validate({"domain": "example.org", **names})
    return compile_names(SimpleNamespace(profile=SimpleNamespace(names=names)))


def test_the_names_of_a_profile_are_those_of_the_generators():
    assert {name: place for place, name in enumerate(written.MAIL, start=1)} == (
        naming_options.MAIL_NAMES
    )
    assert {name: place for place, name in enumerate(written.LOGIN, start=1)} == (
        naming_options.LOGIN_NAMES
    )
    assert {name: place for place, name in enumerate(written.DISPLAY, start=1)} == (
        naming_options.DISPLAY_NAMES
    )
    assert {name: place for place, name in enumerate(written.SURNAME, start=1)} == (
        naming_options.SURNAME_NAMES
    )
    assert {name: place for place, name in enumerate(written.INITIALS, start=1)} == (
        naming_options.INITIALS_NAMES
    )
    assert set(DISPLAY_FORMS) == set(COMMON_NAMES) == set(naming_options.DISPLAY_NAMES.values())
    assert set(SURNAME_FORMS) == set(naming_options.SURNAME_NAMES.values())
    assert set(MAIL_OPTIONS) == set(naming_options.MAIL_NAMES.values())
    assert set(LOGIN_OPTIONS) == set(naming_options.LOGIN_NAMES.values())


@pytest.mark.parametrize("name", written.MAIL)
def test_a_generator_is_the_same_by_name_and_by_number(name):
    number = naming_options.MAIL_NAMES[name]
    assert compiled(mail=name) == compiled(mail=number) == compiled(mail=str(number))


def test_user_principal_names_count_otherwise_and_are_called_the_same():
    assert compiled(upn=11).upn == MAIL_OPTIONS[13]
    assert compiled(upn=12).upn == MAIL_OPTIONS[14]
    assert compiled(upn="initial.birthname-numbered").upn == MAIL_OPTIONS[13]
    assert [compiled(upn=name).upn for name in written.UPN] == list(UPN_OPTIONS.values())
    assert compiled().upn is None


def test_a_silent_profile_names_people_as_the_planner_does_by_itself():
    spec = NamesSpec()
    assert compile_names(SimpleNamespace(profile=SimpleNamespace(names=spec))).domain == NO_DOMAIN
    assert compiled() == compiled(mail=4, login=5, display=1, surname=1, common_name=1, initials=1)


def test_templates_of_a_site_stand_beside_the_generators():
    options = compiled(
        mail={"template": ["{nick}.{x}", "{n}.{x}"], "start": 10, "family": "birth"},
        upn={"template": "{n}{x}", "numbered": "{nick}{x}", "digits": 2},
        login={"template": "u-{bare}", "limit": 6},
        display={"template": "{leading.name}, {first}[ ({trailing})]"},
        surname={"template": "{leading.name}"},
        common_name={"template": "{first} {leading}", "suffix": " [{}]", "start": 1},
    )
    first, second, third, fourth = (next(found) for found in [candidates(JANINE, options)] * 4)
    assert [names.local_part for names in (first, second, third, fourth)] == [
        "janine.vandenboele",
        "j.vandenboele",
        "janine.vandenboele10",
        "janine.vandenboele11",
    ]
    assert [names.upn_local_part for names in (first, second)] == ["jdevries", "janinedevries02"]
    assert [names.login for names in (first, second)] == ["u-vrie", "u-vri2"]
    assert first.display_name == "Vries, Janine (van den Boele)"
    assert first.surname == "Vries"
    assert [names.common_name for names in (first, second)] == [
        "Janine de Vries",
        "Janine de Vries [1]",
    ]


@pytest.mark.parametrize(
    ("key", "chosen", "said"),
    [
        (
            "mail",
            {"template": "{nicky}.{x}"},
            "there is no placeholder {nicky}; there are {nick}",
        ),
        ("login", {"template": ["{n}{x}"], "numbered": "{grow}{x}"}, "{grow} is not for the numb"),
        ("upn", {"template": "{j.h.c}.{x}"}, "{j.h.c} is not for the numbered template"),
        (
            "mail",
            {"template": "team"},
            "'team' has no placeholder, so everybody",
        ),
        ("mail", {"template": "{n} {x}"}, "'{n} {x}' has more than placeholders, digits, a to z"),
        ("mail", {"template": "{n"}, "'{n' has more than placeholders"),
        (
            "display",
            {"template": "{nick} {x}"},
            "there is no placeholder {nick}; there are",
        ),
        ("display", {"template": "{first} [{leading}"}, "has a brace or bracket without its other"),
        ("surname", {"template": "{leading"}, "has a brace or bracket without its other half"),
        ("surname", {"template": "{leading}]"}, "has a brace or bracket without its other half"),
        ("display", {"template": "{first}[ (staff)]"}, "has brackets around no placeholder"),
        ("common_name", {"template": "Somebody"}, "has no placeholder, so everybody would get"),
        ("common_name", {"template": "{first}", "suffix": " 2"}, "needs {} once, where the number"),
    ],
)
def test_a_template_that_is_none_is_refused_with_its_key_and_a_sentence(key, chosen, said):
    with pytest.raises(ConfigError) as refused:
        compiled(**{key: chosen})
    assert refused.value.key == f"names.{key}"
    assert said in refused.value.message
