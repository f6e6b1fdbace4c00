"""Sweeps of bad weather: every way in which a request can fail, at every request of a run."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.sdk.conformance.bounds import unhurried
from connectors.sdk.conformance.proxy import FaultProxy, Weather
from connectors.sdk.http import ATTEMPTS
from connectors.sdk.turns import MAX_PUT_OFF
from tasks.run import DONE, Ending
from tests.plainly import attempt_plainly
from tests.sweep import rough_domain
from tests.sweep.company import BUSY, SHUT_OUT, START, Company
from tests.sweep.rough_domain import RoughDomain
from tests.sweep.state import GOOD, done_twice, passwords_that_do_not_let_in, standing
from tests.sweep.sweeping import differences
from tests.sweep.tally import Tally

FAULTS: Final[Mapping[str, Weather]] = {
    "refused": Weather(refuse=True),
    "reset": Weather(reset_after=40),
    "cut answer": Weather(cut_answer_after=20),
    "black hole": Weather(hold=True),
    "no answer": Weather(hold_answers=True),
    "401": Weather(answer=401),
    "403": Weather(answer=403),
    "429": Weather(answer=429, told={"Retry-After": "1"}),
    "429 for an hour": Weather(answer=429, told={"Retry-After": "3600"}),
    "500": Weather(answer=500),
    "503": Weather(answer=503),
    "late": Weather(latency_seconds=0.02),
}
BEHIND: Final = {
    "entra_id": ("graph_url", ("entra_id",)),
    "google_workspace": ("api_url", ("google_workspace",)),
    "scim": ("base_url", ("scim",)),
    "afas": ("base_url", ("afas_employee", "afas_user")),
}
"""System over HTTP -> the setting with its address, and the targets that are kept there."""
DOMAIN: Final = "active_directory"
SYSTEMS: Final = (*BEHIND, DOMAIN)
CONCERNED: Final = {
    **{system: targets for system, (_, targets) in BEHIND.items()},
    DOMAIN: (DOMAIN, "afas_employee"),
}
"""System -> targets that are kept there, or wait for one that is."""
NEEDED: Final = {
    "entra_id": ("active_directory", "entra_id"),
    "google_workspace": ("google_workspace", "memory"),
    "scim": ("scim", "memory"),
    "afas": ("active_directory", "afas_employee", "afas_user"),
    DOMAIN: ("active_directory", "afas_employee", "memory"),
}
"""System -> targets of a company that shows what its faults do, and what they leave alone."""
IMPATIENT: Final = {"timeout_seconds": 1.0, "patience_seconds": 0.0}
LONGEST_SECONDS: Final = 3600.0
"""Longest that a run may ask to wait, all in all; nobody really waits here."""


class Storm:
    """The busy day of a company, with one system of it behind something that breaks requests.

    Attributes:
        faults: What can happen to a request, by name.
        requests: How many requests an undisturbed run of that day sends there.
        tally: What the faults came to.
    """

    def __init__(self, company: Company, system: str, proxy: FaultProxy | RoughDomain) -> None:
        """Live through the days before, and through an undisturbed busy day."""
        self._company, self._system, self._targets = company, system, CONCERNED[system]
        self._proxy: Any = proxy
        self.faults: Mapping[str, Any] = rough_domain.FAULTS if system == DOMAIN else FAULTS
        self.tally = Tally("faults")
        for day in (START, SHUT_OUT):
            company.go_to(day)
            assert self._run(day).exit == DONE
        self._go_back = company.remember()
        company.go_to(BUSY)
        proxy.requests = 0
        calm = self._run(BUSY)
        assert calm.exit == DONE
        self._elsewhere = {one for one in done_in(calm) if one[0] not in self._targets}
        self.requests = proxy.requests
        self._expected = standing(company, BUSY)

    def at(self, number: int, fault: str, *, for_good: bool) -> None:
        """Let one request meet a fault, or that one and all that follow; then run again."""
        self._go_back()
        self._company.go_to(BUSY)
        weather = self.faults[fault]
        self._proxy.requests = 0
        self._proxy.meets = lambda n: weather if n == number or (for_good and n > number) else None
        with impatient(self._company, self._system), unhurried() as waits:
            ending = attempt_plainly(self._company.path, live=True, as_of=BUSY)
        asked = self._proxy.requests
        self._proxy.meets = lambda _: None
        self.tally.tried += 1
        self.tally.ended(ending.exit)
        what = f"{fault} {'from' if for_good else 'at'} {number} of {self.requests}"
        what += f": exit {ending.exit}"
        wrong = list(self._untrue(ending))
        if sum(waits) > LONGEST_SECONDS:
            wrong.append(f"the run waited for {sum(waits):.0f} seconds")
        # So many persons are put off before a target is given up, each with a look and a write.
        if asked > ATTEMPTS * (self.requests + 2 * MAX_PUT_OFF):
            wrong.append(f"{asked} requests were sent, {self.requests} on a calm day")
        if wrong:
            self.tally.untrue.append(f"{what}: {wrong}")
        self._heal(what)

    def _heal(self, what: str) -> None:
        healed = self._run(BUSY)
        lost = []
        if healed.exit != DONE:
            left = [c for c in healed.report["changes"] if c["outcome"] not in GOOD]
            lost.append(f"healed: exit {healed.exit}: {healed.report['refused']} {left}")
        else:
            lost += differences(self._expected, standing(self._company, BUSY))
            lost += map(str, passwords_that_do_not_let_in(self._company))
        if lost:
            self.tally.lost.append(f"{what}: {lost}")
        twice = done_twice(self._company, BUSY)
        if twice:
            self.tally.doubled.append(f"{what}: {twice}")

    def _untrue(self, ending: Ending) -> Iterator[str]:
        """What the exit code and the report of a disturbed run say that is not so."""
        changes = ending.report["changes"]
        bad = [one for one in changes if one["outcome"] not in GOOD]
        if ending.exit == DONE and bad:
            yield "exit 0, and not everything is done"
        if ending.exit == DONE and not bad:
            yield from differences(self._expected, standing(self._company, BUSY))
        if ending.exit not in {0, 1, 2, 6}:
            yield f"exit {ending.exit}: {ending.report['refused']}"
        unseen = ending.report["unseen"]
        if unseen:
            waits = {one["person"] for one in ending.report["notes"] if one["code"] == "waiting"}
            for target, person, verb in sorted(self._elsewhere - done_in(ending)):
                if person not in waits:
                    yield f"{target} needs nothing of {', '.join(unseen)}: no {verb} of {person}"
        if ending.exit != DONE and not (bad or unseen) and ending.report["refused"] is None:
            yield f"exit {ending.exit}, and nothing is said to be wrong"
        for one in bad:
            if one["target"] not in self._targets:
                yield f"{one['target']} needs nothing of it: {one['outcome']}, {one['detail']}"

    def _run(self, day: Any) -> Ending:
        with unhurried():
            return attempt_plainly(self._company.path, live=True, as_of=day)


def done_in(ending: Ending) -> set[tuple[str, str, str]]:
    """What a run did: target, person and verb."""
    return {
        (one["target"], one["person"], one["verb"])
        for one in ending.report["changes"]
        if one["outcome"] in GOOD
    }


@contextmanager
def in_weather(company: Company, system: str) -> Iterator[FaultProxy | RoughDomain]:
    """Put something that breaks requests in front of a system of the company."""
    if system == DOMAIN:
        with rough_domain.rough(company.domain) as domain:
            yield domain
        return
    setting, targets = BEHIND[system]
    with ExitStack() as stack:
        address = str(company.settings[targets[0]][setting])
        parts = urlsplit(address)
        proxy = stack.enter_context(FaultProxy(parts.hostname or "", parts.port or 80))
        for target in targets:
            company.settings[target][setting] = proxy.in_front_of(address)
        company.write()
        yield proxy


@contextmanager
def impatient(company: Company, system: str) -> Iterator[None]:
    """Let nobody wait long for a system. Not in calm weather: a busy machine is slow as well."""
    targets = BEHIND[system][1] if system in BEHIND else ()
    before = {target: dict(company.settings[target]) for target in targets}
    for target in targets:
        known = _fields_of(target)
        company.settings[target].update({n: v for n, v in IMPATIENT.items() if n in known})
    company.write()
    yield
    company.settings.update(before)
    company.write()


def _fields_of(target: str) -> Mapping[str, Any]:
    from connectors import registry

    name = {"afas_employee": "afas.employee", "afas_user": "afas.user"}.get(target, target)
    fields: Mapping[str, Any] = registry.find(name).settings.model_fields
    return fields


__all__ = ["NEEDED", "SYSTEMS", "Storm", "in_weather"]
