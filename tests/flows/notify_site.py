"""A site that tells people, somebody who is hired there, and what a run told."""

from typing import Any

from connectors.memory.store import open_store
from connectors.memory.trouble import Trouble
from tests.flows.site import Site, assert_no_traceback, report_of
from tests.flows.test_guards import in_hr
from tests.mail_server import MailServer

IT, BOSS = "it@example.org", "sophie.zwartestra@example.org"
HIRED = "1000050"


def tell_managers_and_it(site: Site, smtp: MailServer) -> Site:
    """Let a site tell managers and IT, by this mail server."""
    in_hr(
        site,
        "persons.csv",
        lambda rows: [
            row | ({"work_email": BOSS} if row["external_id"] == "1000009" else {}) for row in rows
        ],
    )
    site.profile["notify"] = {
        "mail": smtp.settings,
        "tell": [
            {"on": "joined", "to": "person.manager"},
            {"on": ["failed", "refused"], "to": IT},
        ],
    }
    return site


def trouble(site: Site) -> Trouble:
    return open_store(str(site.folder), site.directory_file).trouble


def hire(site: Site, person: str = HIRED, **fields: str) -> None:
    """Somebody starts in IT, whose leader is 1000009."""
    named = {
        "external_id": person,
        "given_name": "Zoë",
        "nick_name": "Zoë",
        "family_name": "Bakker",
        "personal_email": "zoe@home.example.org",
    }
    employed = {
        "external_id": f"{person}-1",
        "person_id": person,
        "department_id": "IT",
        "start_date": "2026-11-16",
        "title": "Developer",
    }
    in_hr(site, "persons.csv", lambda rows: [*rows, dict.fromkeys(rows[0], "") | named | fields])
    in_hr(site, "contracts.csv", lambda rows: [*rows, dict.fromkeys(rows[0], "") | employed])


def run(site: Site, *arguments: str, whole: bool = False) -> tuple[int, dict[str, Any]]:
    """A run for the person who was hired, or for everybody."""
    only = () if whole else ("--person", HIRED)
    result = site.provision(*only, *arguments, "--report", "report.json")
    assert_no_traceback(result)
    return result.exit_code, report_of(site.folder / "report.json")


def live(site: Site, *arguments: str, whole: bool = False) -> tuple[int, dict[str, Any]]:
    return run(site, "--live", *arguments, whole=whole)


def outcomes(report: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(one["on"], one["person"], one["outcome"]) for one in report["messages"]]
