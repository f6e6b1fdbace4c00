"""`retour deploy`: what the Prefect server has to know, made or brought in step."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.model.errors import ConfigError
from flows.options import Profile, log_level, profile_of
from flows.terminal import line, say, show, table

if TYPE_CHECKING:
    from flows.deploying import Deployed, Kept


def deploy(
    profile: Profile = None,
    profiles: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A set of deployments for each profile in this folder, whose names and tags carry "
            "that of the profile.",
        ),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Work pool of the runs, instead of that of prefect.yaml."
        ),
    ] = None,
) -> None:
    """Make the Prefect server of PREFECT_API_URL know deployments, block types and automation.

    Changes nothing that is so already; a schedule that was switched on or off stays so. Runs begin
    in the folder that this is called from: that is where workers look for profile and ledger.
    """
    from flows.one_command import prepare
    from tasks.setup import choices_of

    if profile is not None and profiles is not None:
        raise ConfigError("leave one of the two out: --profile, --profiles", key="--profiles")
    names = list(_profiles_in(profiles)) if profiles is not None else [_named(profile_of(profile))]
    choices = {name: choices_of(name) for name in names}
    prepare(log_level())
    address = _server()

    from flows.deploying import deploy as carry_out
    from flows.deployments import for_profile

    wanted = [
        (one, of)
        for name, of in choices.items()
        for one in for_profile(name, of, pool=pool, several=profiles is not None)
    ]
    _tell(carry_out(wanted, whole=profiles is not None), address)


def _server() -> str:
    """Address of the UI of the server that is configured.

    Raises:
        ConfigError: None is.
    """
    from prefect.settings import get_current_settings

    settings = get_current_settings()
    if settings.api.url is None:
        message = "no Prefect server is configured; set it, such as http://127.0.0.1:4200/api"
        raise ConfigError(message, key="PREFECT_API_URL")
    return str(settings.ui_url or settings.api.url.removesuffix("/api")).rstrip("/")


def _named(profile: str) -> str:
    """A profile as runs are given it: a name, or the whole path of a file."""
    path = Path(profile)
    return str(path.resolve()) if path.is_file() else profile


def _profiles_in(folder: Path) -> Iterator[str]:
    from config.rules import SUFFIXES

    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    except OSError as error:
        message = f"{folder} cannot be read ({error.strerror})"
        raise ConfigError(message, key="--profiles") from None
    if not found:
        raise ConfigError(f"there is no profile in {folder}", key="--profiles")
    yield from (str(path.resolve()) for path in found)


def _tell(deployed: "Deployed", address: str) -> None:
    """What was made on stdout, and where to click."""
    rows = table("", "", "", "", wrapped=(1, 3))
    for one in deployed.kept:
        rows.add_row(one.kind, one.name, one.what or "as it was", "; ".join(_remarks(one)))
    show(rows)
    line()
    for label, where in _addresses(deployed, address):
        line(f"{label}: {where}")
    changed = sum(bool(one.what) for one in deployed.kept)
    say("Nothing had to be changed." if not changed else f"{changed} made or changed.")
    if deployed.others:
        say(
            f"Left alone, though nothing here asks for them any more: {', '.join(deployed.others)}."
            " Switch them off in the UI, or `prefect deployment delete` them.",
            "yellow",
        )


def _remarks(one: "Kept") -> Iterator[str]:
    for cron, zone, active in one.schedules:
        yield f"{cron} {zone}, {'on' if active else 'switched off'}"
    if one.what == "changed" and one.detail:
        yield one.detail


def _addresses(deployed: "Deployed", address: str) -> Iterator[tuple[str, str]]:
    yield "Everything", address
    yield "Runs", f"{address}/v2/runs"
    yield "Deployments", f"{address}/v2/deployments"
    for one in deployed.kept:
        if one.id is not None and "/provision-manual" in one.name:
            where = f"{address}/v2/deployments/deployment/{one.id}/run"
            yield f"A run by hand ({one.name.partition('/')[2]})", where
    yield "Settings of connectors", f"{address}/v2/blocks/catalog"
    yield "Automations", f"{address}/v2/automations"
