"""From what a profile says about names to the generators that the planner works with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from config.loader import LoadedProfile
from config.names import CommonNameSpec, FormSpec, LocalPartSpec
from connectors.model.errors import ConfigError
from tasks.lifecycle.name_forms import (
    COMMON_NAMES,
    DISPLAY_FORMS,
    SURNAME_FORMS,
    CommonName,
    parse_form,
)
from tasks.lifecycle.naming import NameOptions
from tasks.lifecycle.naming_options import (
    LOCAL_PART_LIMIT,
    LOGIN_OPTIONS,
    MAIL_OPTIONS,
    UPN_OPTIONS,
    Option,
)

NO_DOMAIN: Final = "names-domain-is-not-set.invalid"
"""Stands in while a profile makes no addresses."""


def compile_names(loaded: LoadedProfile) -> NameOptions:
    """The name generators that the profile uses.

    Raises:
        ConfigError: A template with a placeholder that does not exist, or one that is none; with
            the key.
    """
    chosen = loaded.profile.names
    return NameOptions(
        domain=chosen.domain or NO_DOMAIN,
        mail=_option("mail", chosen.mail, MAIL_OPTIONS),
        upn=None if chosen.upn is None else _option("upn", chosen.upn, UPN_OPTIONS),
        login=_option("login", chosen.login, LOGIN_OPTIONS),
        display=_form("display", chosen.display, DISPLAY_FORMS),
        surname=_form("surname", chosen.surname, SURNAME_FORMS),
        common_name=_common_name(chosen.common_name),
        initials=chosen.initials,
        rename=chosen.rename,
    )


@contextmanager
def _of(key: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ConfigError(str(error), key=f"names.{key}") from None


def _option(key: str, chosen: int | LocalPartSpec, known: Mapping[int, Option]) -> Option:
    if isinstance(chosen, int):
        return known[chosen]
    with _of(key):
        return Option(
            family=chosen.family,
            tries=chosen.template,
            numbered=chosen.numbered or chosen.template[0],
            start=chosen.start,
            digits=chosen.digits,
            limit=chosen.limit or LOCAL_PART_LIMIT,
        )


def _form(key: str, chosen: int | FormSpec, known: Mapping[int, str]) -> str:
    if isinstance(chosen, int):
        return known[chosen]
    with _of(key):
        parse_form(chosen.template)
    return chosen.template


def _common_name(chosen: int | CommonNameSpec) -> CommonName:
    if isinstance(chosen, int):
        return COMMON_NAMES[chosen]
    with _of("common_name"):
        return CommonName(chosen.template, chosen.suffix, start=chosen.start, digits=chosen.digits)
