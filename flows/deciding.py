"""Reading everything and deciding everything: the first half of every run that makes a plan."""

from prefect.futures import wait

from connectors.model.people import People
from tasks.attempt import Attempt
from tasks.collect import Reading, import_people, read_accounts, readings_of, unseen_among
from tasks.decide import Verdict, plan_changes
from tasks.report import show_plan
from tasks.run import Run
from tasks.setup import site_of
from tasks.weigh_rules import weigh_rules


def read_everything(run: Run, attempt: Attempt) -> tuple[People, list[Reading]]:
    """People from HR, and accounts from every target that can be read, side by side."""
    people = import_people.submit(run)
    accounts = {target: read_accounts.submit(run, target) for target in site_of(run).policies}
    wait([people])
    wait(list(accounts.values()))
    imported = people.result()
    readings = readings_of(run, {target: one.result for target, one in accounts.items()})
    attempt.unseen = unseen_among(readings)
    return imported, readings


def decide(run: Run, attempt: Attempt) -> Verdict:
    """The plan of a run and what speaks against it; shown before anybody judges it."""
    people, readings = read_everything(run, attempt)
    verdict = plan_changes(run, people, readings)
    if run.rules:
        attempt.found = {"impact": weigh_rules(run, verdict, readings)}
    show_plan(run, verdict.plan)
    return verdict
