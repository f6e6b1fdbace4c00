"""The composition root: the only module that opens connectors.

It is also the only place where a preview and a live run part: there a Recorder takes the writer's
seat.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.loader import LoadedProfile, load_profile, with_rules
from config.settings import RetourSettings, read_settings
from config.several import hint
from config.yaml_file import Place
from connectors import registry
from connectors.ledger.ledger import Ledger, open_ledger
from connectors.ledger.lock import Lock
from connectors.model.accounts import Accounts
from connectors.model.connector import Connector, Reader, SandboxOptions, Source, Writer
from connectors.model.errors import ConfigError, RunRefused
from connectors.model.people import People
from connectors.sdk.once import Once
from tasks.brake import Brake
from tasks.compile import (
    compile_source_limits,
    compile_targets,
    located,
)
from tasks.compile_names import compile_names
from tasks.compile_rules import compile_rules
from tasks.connector_settings import ConnectorSettings, check_without_prefect
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.join import Further, join_people
from tasks.lifecycle.mapping import World
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import Rule
from tasks.run import Run
from tasks.seat import LiveSeat, PreviewSeat, Seat


class Site:
    """A profile, ready to run. Holds secrets: never a task's parameter or result.

    Attributes:
        name: Of the profile.
        further: Connectors of the further sources by name, in order.
        zone: Its time zone.
        approval: `refuse` or `ask`: what happens over a limit.
        protected: People whom no run touches, by HR id.
        rules: Compiled.
        policies: By target, in dependency order.
        options: Name generators.
        source_limits: How far an import may be from the last one.
        private: Target -> attributes that reports and the audit trail do not quote.
        ledger: Our own memory.
        seat: Who executes changes.
        lock: Held while the run goes on.
        stopped: Target -> why it was given up in this run.
        shard_size: Persons per shard.
        brake: Stops the shards when the run is interrupted.
    """

    def __init__(self, loaded: LoadedProfile, environment: RetourSettings, run: Run) -> None:
        """Compile the profile and check everything that can be checked without a connection.

        Raises:
            ConfigError: With file, line and key.
        """
        profile = loaded.profile
        self.name, self.zone, self.approval = (
            loaded.name,
            ZoneInfo(profile.timezone),
            profile.approval,
        )
        self.protected = frozenset(profile.protected.persons)
        self.shard_size = environment.shard_size
        self._loaded = loaded
        with located(loaded):
            self._source, self._targets = _connectors(loaded)
            self.further = _further_sources(loaded)
            self.rules = compile_rules(loaded)
            self.options = compile_names(loaded)
            self.source_limits = compile_source_limits(loaded)
            self._settings = ConnectorSettings(
                loaded,
                self._source,
                self._targets,
                further=self.further,
                block_secret=_block_secret,
            )
            self._settings.of_source()
            for name in self.further:
                self._settings.of_further(name)
            self.policies = self._compile_targets(loaded, self.rules)
        self.ledger: Ledger = open_ledger(environment.ledger_url)
        self.private = {n: policy.manifest.private for n, policy in self.policies.items()}
        self.ledger.private = self.private
        self.lock: Lock | None = None
        self.stopped: dict[str, str] = {}
        self.brake = Brake()
        self._once = Once()
        self._run = run
        self.seat = self._preview() if run.dry_run else self._live(run)

    def _compile_targets(
        self, loaded: LoadedProfile, rules: tuple[Rule, ...]
    ) -> dict[str, TargetPolicy]:
        settings = {name: self._settings.of_target(name, to_write=False) for name in self._targets}
        return compile_targets(loaded, self._targets, settings, rules)

    def of_profile(self) -> tuple[tuple[Rule, ...], dict[str, TargetPolicy]]:
        """Rules and policies that the profile has by itself, whatever rules this run looks at.

        Raises:
            ConfigError: With file, line and key.
        """
        own = load_profile(self._run.profile)
        with located(own):
            rules = compile_rules(own)
            return rules, self._compile_targets(own, rules)

    def _preview(self) -> Seat:
        return PreviewSeat(self.ledger, profile=self.name)

    def _live(self, run: Run) -> Seat:
        with located(self._loaded):
            for target in self._targets:  # a missing write credential is told now, not half-way
                settings = self._settings.of_target(target, to_write=True)
                check = self._targets[target].check_writer
                if check is not None:
                    check(settings, target)
        return LiveSeat(
            self.ledger,
            profile=self.name,
            run=run.id,
            open_writer=self._open_writer,
            policies=self.policies,
            rename=self.options.rename,
            unused_since=self._unused_since(),
        )

    def _unused_since(self) -> datetime | None:
        """Since when somebody must be without an account for others to get their names."""
        days = self._loaded.profile.names.reuse_after_days
        return None if days is None else self._run.started - timedelta(days=days)

    def open_source(self) -> Source:
        """The HR system, read-only."""
        assert self._source.open_source is not None  # noqa: S101 - checked when the site was made
        with located(self._loaded):
            return self._source.open_source(self._settings.of_source())

    def open_further(self, name: str) -> Source:
        """A further source, read-only."""
        opens = self.further[name].open_source
        assert opens is not None  # noqa: S101 - checked when the site was made
        with located(self._loaded):
            return opens(self._settings.of_further(name))

    def join(self, first: People, others: Mapping[str, People]) -> People:
        """What the sources hold as one import; of one source, that.

        Raises:
            ConfigError: They cannot be joined as the profile says; with file, line and key.
        """
        specs = self._loaded.profile.sources
        with located(self._loaded):
            return join_people(
                first,
                [
                    Further(
                        name=name,
                        people=others[name],
                        key=spec.key,
                        matches=spec.matches,
                        adds=spec.adds,
                        owns=frozenset(spec.owns),
                        takes=None if spec.takes is None else frozenset(spec.takes),
                    )
                    for name, spec in specs.items()
                ],
            )

    def open_reader(self, target: str) -> Reader:
        """A target, read-only."""
        connector = self._targets[target]
        with located(self._loaded):
            settings = self._settings.of_target(target, to_write=False)
            if connector.open_shared_reader is not None:
                return connector.open_shared_reader(settings, target, self._once)
            assert connector.open_reader is not None  # noqa: S101 - who writes also reads
            return connector.open_reader(settings, target)

    def where(self, rule: str, *steps: str) -> Place:
        """Where a part of a rule stands, or the rule itself."""
        return next(spec for spec in self._loaded.rules if spec.id == rule).where(*steps)

    def forget_readings(self) -> None:
        """Let go of what readers shared: rows as they came are the most that a run keeps."""
        self._once = Once()

    def _open_writer(self, target: str) -> Writer:
        opens = self._targets[target].open_writer
        assert opens is not None  # noqa: S101 - checked when the profile was compiled
        with located(self._loaded):
            return opens(self._settings.of_target(target, to_write=True), target)

    def memory(self, people: People, as_of: date) -> Memory:
        """What the ledger knows, with whoever is missing from this import for the first time."""
        links, grants = self.seat.recall(
            self.ledger.links(self.name), self.ledger.grants(self.name)
        )
        absences = self.ledger.absences(self.name)
        there = set(people.persons["external_id"])
        for person in set(links["person"]) - there:
            absences.setdefault(person, as_of)
        return Memory(
            links=links,
            grants=grants,
            absences={person: day for person, day in absences.items() if person not in there},
            names=self.ledger.names(self.name, unused_since=self._unused_since()),
            called=self.ledger.called(self.name),
        )

    def recent(self, at: datetime) -> dict[str, dict[str, int]]:
        """What runs did in the days before, per target as far back as its limits look."""
        windows = {policy.over_days for policy in self.policies.values()}
        done = {
            days: self.ledger.recent_changes(self.name, at - timedelta(days=days))
            for days in windows
        }
        return {name: done[one.over_days].get(name, {}) for name, one in self.policies.items()}

    def settle(self, accounts: dict[str, Accounts], people: People, as_of: date) -> int:
        """Close what an earlier run left open, by what the targets hold now."""
        facts = person_facts(people, as_of)
        world = World(facts, column_of)
        correlations = {
            name: dict(zip(facts.index, world.column(policy.correlate), strict=True))
            for name, policy in self.policies.items()
        }
        return self.seat.settle(accounts, correlations)

    def lane_before(self, target: str) -> tuple[str, ...]:
        """Targets before this one that write the same records: one person, one write at a time."""
        names = tuple(self.policies)
        lane = self.policies[target].manifest.lane
        before = names[: names.index(target)]
        return tuple(n for n in before if lane and self.policies[n].manifest.lane == lane)

    def hold_lock(self) -> None:
        """Make sure that no other run has taken over.

        Raises:
            RunRefused: One has.
        """
        if self.lock is not None:
            self.lock.check()


def _connectors(loaded: LoadedProfile) -> tuple[Connector, dict[str, Connector]]:
    """The connector of the source, and those of the targets by name."""
    source = _found(loaded.profile.source.connector, "source.connector")
    if source.open_source is None:
        message = f"{source.name} is a target and cannot be the source"
        raise ConfigError(message, key="source.connector")
    targets = {
        name: _found(spec.connector, f"targets.{name}.connector")
        for name, spec in loaded.profile.targets.items()
    }
    _refuse_blocks(loaded)
    return source, targets


def _further_sources(loaded: LoadedProfile) -> dict[str, Connector]:
    """The connectors of the further sources by name."""
    found: dict[str, Connector] = {}
    for name, spec in loaded.profile.sources.items():
        found[name] = _found(spec.connector, f"sources.{name}.connector")
        if found[name].open_source is None:
            message = f"{spec.connector} is a target and cannot be a source"
            raise ConfigError(message, key=f"sources.{name}.connector")
    return found


def _refuse_blocks(loaded: LoadedProfile) -> None:
    """Say it where a profile counts on what is not there yet, rather than run without it."""
    groups = {"source": loaded.profile.source.block}
    groups |= {f"sources.{name}": spec.block for name, spec in loaded.profile.sources.items()}
    groups |= {f"targets.{name}": spec.block for name, spec in loaded.profile.targets.items()}
    for key, block in groups.items():
        if block is not None:
            message = (
                "settings from a Prefect block are not available yet; write them under settings"
            )
            raise ConfigError(message, key=f"{key}.block")


def _found(connector: str, key: str) -> Connector:
    try:
        return registry.find(connector)
    except ConfigError as error:
        error.key = key
        raise


def _block_secret(name: str) -> str | None:
    """A secret from a Prefect Secret block, None when there is no such block."""
    from prefect.blocks.system import Secret

    try:
        return str(Secret.load(name).get())  # type: ignore[union-attr]
    except ValueError:
        return None


_SITES: dict[str, Site] = {}
_OVER: set[str] = set()
"""Runs that have ended. A step that comes too late must not open a site again: it has no lock."""


def load_site(
    profile: str, targets: Collection[str] = (), rules: Collection[str] = ()
) -> tuple[ZoneInfo, str]:
    """Time zone and name of a profile: what a run must know before it can be named.

    Everything is checked that needs no secret of a Prefect block, so that a mistake is told before
    Prefect is started.

    Args:
        profile: Name or file.
        targets: Those that the run was asked to keep to.
        rules: Files and folders of rules instead of its own.

    Raises:
        ConfigError: The profile is wrong, or has no such target.
    """
    loaded = with_rules(load_profile(profile), tuple(rules))
    known = tuple(loaded.profile.targets)
    for target in sorted(set(targets) - set(known)):
        message = f"{loaded.name} has no target {target!r}{hint(target, known)}"
        raise ConfigError(message, key="targets")
    with located(loaded):
        source, connectors = _connectors(loaded)
        compile_targets(loaded, connectors, dict.fromkeys(connectors), compile_rules(loaded))
        compile_names(loaded)
        check_without_prefect(loaded, source, connectors, _further_sources(loaded))
    return ZoneInfo(loaded.profile.timezone), loaded.name


def open_site(run: Run) -> Site:
    """Compile the profile of a run and open its ledger.

    Raises:
        ConfigError: With file, line and key; nothing was read or written.
        RunRefused: The run is over.
    """
    if run.id in _OVER:
        raise RunRefused(f"run {run.id} is over")
    if run.id not in _SITES:
        loaded = with_rules(load_profile(run.profile), run.rules)
        _SITES[run.id] = Site(loaded, read_settings(), run)
    return _SITES[run.id]


def site_of(run: Run) -> Site:
    """The site of a run: made once per process, so that no task is handed its secrets."""
    return open_site(run)


def forget(run: Run) -> None:
    """Close what the site of a run holds."""
    _OVER.add(run.id)
    site = _SITES.pop(run.id, None)
    if site is not None:
        site.ledger.close()


def serve_sandbox(name: str, options: SandboxOptions) -> AbstractContextManager[Any]:
    """The sandbox of a connector, served while the context lasts.

    Raises:
        ConfigError: There is no such connector, or it has no sandbox.
    """
    connector = registry.find(name)
    if connector.serve is None:
        raise ConfigError(f"{name} has no sandbox")
    return connector.serve(options)


def connector_names() -> list[str]:
    """Every connector that a profile can name, sorted."""
    return registry.names()


def find_connector(name: str) -> Connector:
    """What a connector offers, to be looked at.

    Raises:
        ConfigError: There is none of that name; the message lists those there are.
    """
    return registry.find(name)
