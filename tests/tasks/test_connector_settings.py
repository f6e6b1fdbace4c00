"""Settings of connectors: a block, the profile over it, variables over both."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.loader import load_profile
from connectors.model.errors import ConfigError, Unreachable
from tasks import setup
from tasks.compile import located
from tasks.connector_settings import ConnectorSettings
from tasks.setup import load_site

SECRET = "hunter2-value"
AD: dict[str, Any] = {
    "server": "ldaps://block.example.org",
    "bind_user": "reader@example.org",
    "bind_password": SECRET,
    "write_bind_password": "may-write",
    "base_dn": "DC=example,DC=org",
    "containers": {"initial": "OU=New,DC=example,DC=org", "disabled": "OU=Old,DC=example,DC=org"},
    "protected": ["svc-block"],
}
AFAS: dict[str, Any] = {
    "base_url": "https://12345.rest.afas.online/ProfitRestServices",
    "token": f"<token><version>1</version><data>{'A1' * 32}</data></token>",
    "positions": "employments_only",
}


class Blocks:
    """Blocks of a server that counts how often it is asked."""

    def __init__(self, **held: dict[str, Any]) -> None:
        self.held, self.asked = held, list[str]()

    def read(self, slug: str, name: str, model: Any) -> dict[str, Any]:
        self.asked.append(f"{slug}/{name}")
        return self.held[name]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A profile with blocks, changed by a test before it is loaded."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text("[]")
    return {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "afas", "block": "main"},
        "targets": {
            "ad": {"connector": "active_directory", "block": "corp"},
            "employee": {
                "connector": "afas.employee",
                "block": "afas/main",
                "depends_on": ["ad"],
                "fields": {"EmAd": {"from": "accounts.ad.mail"}},
            },
        },
        "rules": ["rules.yaml"],
        "names": {"domain": "example.org"},
    }


def settings_of(
    site: dict[str, Any], blocks: Blocks | None = None, *, writes: bool = False
) -> ConnectorSettings:
    Path("site.yaml").write_text(yaml.safe_dump(site, sort_keys=False))
    loaded = load_profile("site.yaml")
    with located(loaded):
        return ConnectorSettings(
            loaded,
            setup._connectors(loaded),
            block_secret=lambda _: None,
            read_block=(blocks or Blocks(main=AFAS, corp=AD)).read,
            writes=writes,
        )


def of_ad(settings: ConnectorSettings, *, to_write: bool = False) -> Any:
    return settings.of_target("ad", to_write=to_write)


def told(site: dict[str, Any], blocks: Blocks | None = None) -> str:
    """What is wrong with the settings of the directory."""
    settings = settings_of(site, blocks)
    with pytest.raises(ConfigError) as refused, located(settings._loaded):
        of_ad(settings)
    return str(refused.value)


def test_a_block_gives_what_the_profile_does_not_and_variables_count_most(site, monkeypatch):
    site["targets"]["ad"]["settings"] = {
        "server": "ldaps://profile.example.org",
        "bind_user": "profile@example.org",
        "protected": ["svc-profile"],
        "containers": {"enabled": "OU=Staff,DC=example,DC=org"},
    }
    monkeypatch.setenv("RETOUR_TARGETS__AD__SERVER", "ldaps://variable.example.org")
    settings = of_ad(settings_of(site))
    assert settings.server == "ldaps://variable.example.org"
    assert settings.bind_user == "profile@example.org"
    assert settings.bind_password.get_secret_value() == SECRET
    assert settings.protected == ("svc-profile",), "a list is replaced"
    assert settings.containers.enabled == "OU=Staff,DC=example,DC=org", "a group is not"
    assert settings.containers.initial == "OU=New,DC=example,DC=org"


def test_the_key_of_the_profile_for_concurrency_counts_more_than_the_block(site, monkeypatch):
    site["targets"]["ad"]["concurrency"] = 3
    blocks = Blocks(main=AFAS, corp=AD | {"concurrency": 16})
    assert of_ad(settings_of(site, blocks)).concurrency == 3
    monkeypatch.setenv("RETOUR_TARGETS__AD__CONCURRENCY", "2")
    assert of_ad(settings_of(site, blocks)).concurrency == 2


def test_a_block_is_read_once_however_often_it_is_needed(site):
    blocks = Blocks(main=AFAS, corp=AD)
    settings = settings_of(site, blocks, writes=True)
    assert blocks.asked == []
    for _ in range(2):
        settings.of_source()
        for target in ("ad", "employee"):
            settings.of_target(target, to_write=False)
            settings.of_target(target, to_write=True)
    assert blocks.asked == ["retour-afas/main", "retour-active-directory/corp"]


def test_of_a_block_of_another_connector_only_what_both_have_is_taken(site):
    settings = settings_of(site)
    source: Any = settings.of_source()
    employee: Any = settings.of_target("employee", to_write=False)
    assert source.positions == "employments_only"
    assert employee.base_url == source.base_url
    assert employee.mapped == ("EmAd",)


def test_a_preview_lets_go_of_what_only_a_writer_needs(site):
    settings = settings_of(site)
    assert of_ad(settings).write_bind_password is None
    assert "may-write" not in repr(settings.__dict__)
    live = settings_of(site, writes=True)
    assert of_ad(live).write_bind_password is None
    assert of_ad(live, to_write=True).write_bind_password.get_secret_value() == "may-write"


def test_a_reference_to_a_secret_works_in_a_block_and_in_a_variable(site, monkeypatch):
    monkeypatch.setenv("RETOUR_SECRET_AD", SECRET)
    blocks = Blocks(main=AFAS, corp=AD | {"bind_password": "secret://ad"})
    assert of_ad(settings_of(site, blocks)).bind_password.get_secret_value() == SECRET
    monkeypatch.setenv("RETOUR_SECRET_OTHER", "other")
    monkeypatch.setenv("RETOUR_TARGETS__AD__BIND_PASSWORD", "secret://other")
    assert of_ad(settings_of(site, blocks)).bind_password.get_secret_value() == "other"


def test_a_path_is_relative_to_the_profile_wherever_it_was_given(site, monkeypatch):
    blocks = Blocks(main=AFAS, corp=AD | {"ca_file": "ca.pem"})
    assert of_ad(settings_of(site, blocks)).ca_file == Path("ca.pem").absolute()
    monkeypatch.setenv("RETOUR_TARGETS__AD__CA_FILE", "tls/ca.pem")
    assert of_ad(settings_of(site, blocks)).ca_file == Path("tls/ca.pem").absolute()


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (AD | {"page_size": 5000}, "page_size: must be at most 1000"),
        (AD | {"bind_user": 5}, "bind_user: must be text"),
        (AD | {"server": "ldap:/x"}, "server: should read"),
        (
            {name: value for name, value in AD.items() if name != "base_dn"},
            "base_dn: is missing. Accounts below this name are read; no others are touched.",
        ),
        (AD | {"containers": {}}, "containers.initial: is missing"),
        (AD | {"\x1b[2Jx": 1}, r"\x1b[2Jx: unknown key"),
        (
            AD | {"bind_password": "secret://"},
            "bind_password: what follows secret:// is not a name",
        ),
    ],
)
def test_what_is_wrong_in_a_block_is_told_with_the_block_and_its_line(site, held, says):
    message = told(site, Blocks(main=AFAS, corp=held))
    assert message.startswith(
        f"site.yaml:8: targets.ad.block: the block retour-active-directory/corp, {says}"
    )
    assert SECRET not in message


def test_what_does_not_go_together_in_a_block_is_told_with_the_block(site):
    held = AD | {"containers": AD["containers"] | {"initial": "OU=New,DC=elsewhere"}}
    assert told(site, Blocks(main=AFAS, corp=held)).startswith(
        "site.yaml:8: targets.ad.block: the block retour-active-directory/corp: the container "
    )


def test_what_is_wrong_in_the_profile_is_told_there_though_there_is_a_block(site):
    site["targets"]["ad"]["settings"] = {"page_size": 5000}
    assert told(site) == (
        "site.yaml:10: targets.ad.settings.page_size: must be at most 1000, not the number 5000"
    )


def test_a_secret_in_a_list_of_the_profile_is_told_there_though_there_is_a_block(site):
    site["targets"]["ad"]["settings"] = {"protected": ["svc", "secret://nowhere"]}
    assert told(site).startswith("site.yaml:12: targets.ad.settings.protected[1]: ")


def test_what_is_wrong_in_a_variable_is_told_with_its_name_and_not_its_value(site, monkeypatch):
    monkeypatch.setenv("RETOUR_TARGETS__AD__PAGE_SIZE", SECRET)
    assert told(site) == "environment: RETOUR_TARGETS__AD__PAGE_SIZE: must be a whole number"


def test_a_token_that_is_none_is_told_with_the_layer_that_gave_it(site, monkeypatch):
    settings = settings_of(site, Blocks(main=AFAS | {"token": SECRET}, corp=AD))
    with pytest.raises(ConfigError) as refused:
        settings.of_source()
    expected = "site.yaml:4: source.block: the block retour-afas/main, token: not an AFAS token"
    assert str(refused.value).startswith(expected)
    assert SECRET not in str(refused.value)
    monkeypatch.setenv("RETOUR_SOURCE__TOKEN", SECRET)
    with pytest.raises(ConfigError) as refused:
        settings_of(site).of_source()
    assert str(refused.value).startswith("environment: RETOUR_SOURCE__TOKEN: not an AFAS token")
    assert SECRET not in str(refused.value)


def test_a_server_that_is_away_is_told_with_the_line_of_the_block(site):
    def away(*_: Any) -> Any:
        raise Unreachable("the server did not answer", system="Prefect", operation="read it")

    blocks = Blocks()
    blocks.read = away  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match=r"read it \(site.yaml:8: targets.ad.block\): the server"):
        of_ad(settings_of(site, blocks))


def test_a_profile_with_blocks_is_checked_without_prefect_as_far_as_that_goes(site):
    settings_of(site)
    load_site("site.yaml")
    site["targets"]["ad"]["settings"] = {"base_nd": "DC=example,DC=org"}
    settings_of(site)
    with pytest.raises(ConfigError) as refused:
        load_site("site.yaml")
    expected = "targets.ad.settings.base_nd: unknown key; did you mean base_dn?"
    assert str(refused.value) == f"site.yaml:10: {expected}"


def test_a_variable_that_leads_nowhere_is_told_when_the_profile_is_loaded(site, monkeypatch):
    settings_of(site)
    monkeypatch.setenv("RETOUR_TARGETS__DA__SERVER", "x")
    with pytest.raises(ConfigError, match="RETOUR_TARGETS__DA__SERVER: the profile has no target"):
        load_site("site.yaml")


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("Corp", "the name of a block is lower-case letters, digits and -"),
        ("afas/main", "a block of afas says nothing about active_directory"),
        ("afsa/main", "there is no connector 'afsa'"),
    ],
)
def test_a_block_that_cannot_be_meant_is_told_without_prefect(site, block, says):
    site["targets"]["ad"]["block"] = block
    with pytest.raises(ConfigError) as refused:
        settings_of(site)
    assert str(refused.value).startswith("site.yaml:8: targets.ad.block: ")
    assert says in str(refused.value)
