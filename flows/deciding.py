"""Reading everything and deciding everything: the first half of every run that makes a plan."""

from prefect.futures import wait

from connectors.model.accounts import Accounts
from connectors.model.people import People
from tasks.attempt import Attempt
from tasks.collect import import_people, read_accounts
from tasks.decide import Verdict, plan_changes
from tasks.report import show_plan
from tasks.run import Run
from tasks.setup import site_of
from tasks.weigh_rules import weigh_rules


def read_everything(run: Run) -> tuple[People, list[Accounts]]:
    """People from HR, and accounts from every target, side by side."""
    people = import_people.submit(run)
    accounts = [read_accounts.submit(run, target) for target in site_of(run).policies]
    wait([people])
    wait(accounts)
    return people.result(), [reading.result() for reading in accounts]


def decide(run: Run, attempt: Attempt) -> Verdict:
    """The plan of a run and what speaks against it; shown before anybody judges it."""
    people, readings = read_everything(run)
    verdict = plan_changes(run, people, readings)
    if run.rules:
        attempt.found = {"impact": weigh_rules(run, verdict, readings)}
    show_plan(run, verdict.plan)
    return verdict
