"""`make demo`: the main job on sandboxes, from the first load to "nothing left to do"."""

import os
import shutil
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from connectors.model.errors import RetourError
from flows.one_command import prefect_server, prepare
from flows.playground import Playground, playground
from flows.report_view import show_end, show_report
from flows.terminal import line, show, table
from tasks.run import Ending

FOLDER: Final = Path(".retour") / "demo"
PEOPLE: Final = 200
VIEW: Final = "T4E_HelloID_Users_v2"


def main() -> int:
    """Play it through; 0 when everything came out as it is told."""
    prepare("ERROR")
    began = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with playground(FOLDER, people=PEOPLE) as ground:
            os.environ.update(ground.variables)
            _say(f"AFAS is served at {ground.variables['AFAS_URL']} with {PEOPLE} invented people,")
            _say("and next to it Active Directory, Entra ID and Google Workspace, without staff.")
            _say("Prefect is starting ...")
            with prefect_server():
                agreed = _play(ground)
    except RetourError as error:
        print(error, file=sys.stderr)
        return 2
    _say(f"That took {time.monotonic() - began:.0f} seconds. What to try next:")
    _say(f"  RETOUR_LEDGER_URL=sqlite:///{FOLDER}/ledger.db .venv/bin/retour runs")
    _say("                                                    what these runs did")
    _say("  make ui                                           the same in Prefect, with forms")
    _say("  .venv/bin/retour sandbox                          sandboxes for a profile of yours")
    _say("  edit config/rules/20-care.yaml, make demo         what a changed rule does")
    return 0 if agreed else 1


def _play(ground: Playground) -> bool:
    _head("1", "The first load. So many accounts at once are over every limit, as they should be")
    first = _run("retour provision", most_changes=3, most_notes=3)
    digest = first["plan"]["digest"]
    _say("Somebody has looked at that plan. It is approved, exactly as it is:")
    _run(f"retour provision --live --approve {digest}", live=True, approve=digest, most_changes=0)

    _head("2", "A day later, in AFAS")
    changed = _what_hr_does(ground)

    _head("3", "Show me first")
    before = _held(ground)
    preview = _run("retour provision")
    changed_by_it = sum(one != other for one, other in zip(before, _held(ground), strict=True))
    _say(
        "AFAS, Active Directory, Entra ID and Google Workspace before and after it, compared: "
        f"{changed_by_it} of 4 differ."
    )

    _head("4", "Do it")
    live = _run("retour provision --live", live=True)
    same = preview["plan"] == live["plan"]
    _say(
        f"The live run did {'exactly the plan of' if same else 'SOMETHING ELSE than'} the preview."
    )

    _head("5", "What AFAS holds now, beside the directories")
    agreed = _side_by_side(ground, changed)

    _head("6", "And again: nothing left to do")
    again = _run("retour provision --live", live=True)
    return agreed and same and not changed_by_it and again["plan"]["changes"] == 0


def _held(ground: Playground) -> tuple[object, ...]:
    """How often AFAS was written, how often the domain changed, and all that the others hold."""
    return (
        len(ground.afas.writes),
        ground.directory.usn,
        ground.entra.snapshot(),
        ground.google.snapshot(),
    )


def _what_hr_does(ground: Playground) -> list[str]:
    afas, today = ground.afas, ground.afas.today
    enabled = [
        p for p, account in sorted(ground.directory.accounts().items()) if account["enabled"]
    ]
    care = [p for p in enabled if ground.directory.account(p)["department"] == "Care"]
    joiners = [
        afas.hire(
            nick_name="Janine",
            prefix="van den",
            family_name="Boele",
            partner_prefix="de",
            partner_name="Vries",
            convention="2",
            department="CARE",
            title="Nurse",
        )
        for _ in range(2)
    ]
    mover, leaver = care[-1], care[-2]
    afas.move(mover, "IT", "Engineer")
    afas.leave(leaver, today - timedelta(days=1))
    name = {person: ground.directory.account(person)["displayName"] for person in (mover, leaver)}
    for person in joiners:
        _say(
            f"  {person}  Janine van den Boele starts as a nurse, under her partner's name de Vries"
            f"{' - another person of the same name' if person != joiners[0] else ''}"
        )
    _say(f"  {mover}  {name[mover]} moves from Care to IT")
    _say(f"  {leaver}  The last day of {name[leaver]} was yesterday")
    return [*joiners, mover, leaver]


def _side_by_side(ground: Playground, persons: Iterable[str]) -> bool:
    """Show all sides for some people, and compare them for everybody."""
    afas = {row["Medewerker"]: row for row in ground.afas.rows(VIEW)}
    domain, tenant = ground.directory.accounts(), _tenant(ground)
    tablets = ground.google.accounts()
    rows = table(
        "person",
        "name",
        "AD: UPN\nEntra ID: mail",
        "AFAS: UPN of user\nAFAS: mail of person",
        "may sign in\nAD, Entra ID, AFAS",
        "Google",
    )
    for person in persons:
        account, row = domain[person], afas[person]
        signs_in = (account["enabled"], tenant[person]["accountEnabled"], _may_sign_in(row))
        rows.add_row(
            person,
            str(account["displayName"]),
            f"{account['userPrincipalName']}\n{tenant[person]['mail']}",
            f"{row['UPN'] or '(no user)'}\n{row['Email_werk']}",
            ", ".join(map(_yes, signs_in)),
            tablets[person][0]["orgUnitPath"] if person in tablets else "-",
        )
    show(rows)
    other = [
        person
        for person in domain
        if person in afas and not _equal(afas[person], domain[person], tenant[person])
    ]
    _say(f"{len(domain)} accounts compared with AFAS: {len(other)} differ.")
    return not other


def _tenant(ground: Playground) -> dict[str, dict[str, Any]]:
    """Users of Entra ID by their number in HR."""
    users = [user.properties for user in ground.entra.of("user")]
    return {user["employeeId"]: user for user in users if "employeeId" in user}


def _equal(row: dict[str, Any], account: dict[str, Any], user: dict[str, Any]) -> bool:
    """Whether AFAS holds the address of Entra ID and the sign-in name and state of the domain."""
    if row["Email_werk"] != user["mail"]:
        return False
    if row["Gebruiker"] is None:
        return True
    same_upn: bool = row["UPN"] == account["userPrincipalName"]
    return same_upn and _may_sign_in(row) is bool(account["enabled"])


def _may_sign_in(row: dict[str, Any]) -> bool:
    return row["Gebruiker"] is not None and not row["Geblokkeerd"]


def _yes(holds: object) -> str:
    return "yes" if holds else "no"


def _run(
    command: str,
    *,
    live: bool = False,
    approve: str | None = None,
    most_changes: int | None = 40,
    most_notes: int | None = 6,
) -> dict[str, Any]:
    # Prefect is imported here, because its settings have to be made before.
    from flows.provision import provision

    line(Text("$ ", "dim"), Text(command, "bold"))
    state = provision(profile="demo", dry_run=not live, approve=approve, return_state=True)
    ending = state.result(raise_on_failure=False)
    if not isinstance(ending, Ending):
        raise RetourError(f"the run broke off: {ending}")
    report = ending.report
    show_report(report, most_changes=most_changes, most_notes=most_notes)
    for reason in (report["refused"] or "").splitlines():
        _say(reason)
    show_end(report, ["retour", "provision"])
    line()
    return report


def _head(number: str, title: str) -> None:
    line()
    line(Text(f"{number}. {title}", "bold magenta"))
    line()


def _say(sentence: str) -> None:
    line(sentence)


if __name__ == "__main__":
    sys.exit(main())
