"""A profile, ready to run: what its steps ask for, and what they open.

It is the only place where a preview and a live run part: there a Recorder takes the writer's seat.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.loader import LoadedProfile, load_profile
from config.paths import at_home
from config.secrets import MAIL_PASSWORD, resolve_secrets
from config.settings import RetourSettings
from config.yaml_file import Place
from connectors.ledger.ledger import Ledger, open_ledger
from connectors.model.accounts import Accounts
from connectors.model.connector import Reader, Source, Writer
from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.sdk.once import Once
from tasks.acquaintances import Acquaintances
from tasks.block_store import read_block
from tasks.brake import Brake
from tasks.compile import compile_source_limits, compile_targets, located
from tasks.compile_names import compile_names
from tasks.compile_notify import compile_notify
from tasks.compile_rules import check_columns, compile_rules
from tasks.connector_settings import Connectors, ConnectorSettings
from tasks.kept import KeptReading, digest_of
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.join import Further, join_people
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import Rule
from tasks.lifecycle.world import World
from tasks.look_ahead import LookAhead
from tasks.mailing import MailBox
from tasks.outbox import LiveOutbox, Outbox, PreviewOutbox
from tasks.password_mail import PasswordPost, posting
from tasks.run import Run
from tasks.seat import LiveSeat, PreviewSeat, Seat
from tasks.shown import Shown
from tasks.standing import Standing
from tasks.task_runner import works_elsewhere
from tasks.ticket import Ticket


class Site(Standing):
    """A profile, ready to run. Holds secrets: never a task's parameter or result.

    Attributes:
        name: Of the profile.
        zone: Its time zone.
        approval: `refuse` or `ask`: what happens over a limit.
        approval_hours: How long a run waits for an answer.
        protected: People whom no run touches, by HR id.
        further: Names of the further sources, in order.
        rules: Compiled.
        policies: By target, in dependency order.
        options: Name generators.
        source_limits: How far an import may be from the last one.
        private: Target -> attributes that reports and the audit trail do not quote.
        shown: How much of a run may be read in Prefect.
        notify: Who is told what; None for nobody.
        ledger: Our own memory.
        look_ahead: What a plan needs of it.
        seat: Who executes changes.
        outbox: What becomes of messages to people.
        known: Whom there may be something to tell about; None until that is looked up.
        stopped: Target -> why it was given up in this run.
        settled: How many writes of earlier runs, whose answer was lost, this one looked up.
        shard_size: Persons per shard.
        brake: Stops the shards when the run is interrupted.
    """

    def __init__(
        self,
        loaded: LoadedProfile,
        connectors: Connectors,
        environment: RetourSettings,
        run: Run,
    ) -> None:
        """Compile the profile and check everything that can be checked without a connection.

        Raises:
            ConfigError: With file, line and key.
        """
        profile = loaded.profile
        self.name, self.zone = loaded.name, ZoneInfo(profile.timezone)
        self.approval, self.approval_hours = profile.approval, profile.approval_hours
        self.protected = frozenset(profile.protected.persons)
        self.further = tuple(connectors.further)
        self.shard_size = environment.shard_size
        self._loaded, self._connectors = loaded, connectors
        self._settings = ConnectorSettings(
            loaded,
            connectors,
            block_secret=_block_secret,
            read_block=read_block,
            writes=run.writes,
        )
        with located(loaded):
            self.rules = compile_rules(loaded)
            self.options = compile_names(loaded)
            self.source_limits = compile_source_limits(loaded)
            self._settings.of_source()
            for name in self.further:
                self._settings.of_further(name)
            self.policies = self._compile_targets(loaded, self.rules)
            if works_elsewhere():
                self._refuse_what_lives_here()
        self.ledger: Ledger = open_ledger(environment.ledger_url)
        self.private = {n: policy.manifest.private for n, policy in self.policies.items()}
        manifests = {name: policy.manifest for name, policy in self.policies.items()}
        with located(loaded):
            self.notify = compile_notify(loaded, manifests)
        self.ledger.private = self.private
        self.shown = Shown(
            private=self.private,
            values=profile.artifacts.values == "show",
            rows=profile.artifacts.rows,
        )
        self.known: Acquaintances | None = None
        self.stopped: dict[str, str] = {}
        self.settled = 0
        self.brake = Brake()
        self._once = Once()
        self._run = run
        self._permit = None
        self.look_ahead = LookAhead(
            self.ledger,
            self.name,
            started=run.started,
            unused_since=self._unused_since(),
            days={policy.over_days for policy in self.policies.values()},
        )
        self.seat, self.outbox = self._preview() if run.dry_run else self._live(run)

    def _compile_targets(
        self, loaded: LoadedProfile, rules: tuple[Rule, ...]
    ) -> dict[str, TargetPolicy]:
        settings = {
            name: self._settings.of_target(name, to_write=False)
            for name in self._connectors.targets
        }
        return compile_targets(loaded, self._connectors.targets, settings, rules)

    def _refuse_what_lives_here(self) -> None:
        for name, connector in self._connectors.targets.items():
            settings = self._settings.of_target(name, to_write=False)
            if connector.in_process is not None and connector.in_process(settings):
                message = (
                    "it is kept in the process that writes to it, and RETOUR_TASK_RUNNER=dask "
                    "writes from several: take threads"
                )
                raise ConfigError(message, key=f"targets.{name}.connector")

    def of_profile(self) -> tuple[tuple[Rule, ...], dict[str, TargetPolicy]]:
        """Rules and policies that the profile has by itself, whatever rules this run looks at.

        Raises:
            ConfigError: With file, line and key.
        """
        own = load_profile(self._run.profile)
        with located(own):
            rules = compile_rules(own)
            return rules, self._compile_targets(own, rules)

    def _preview(self) -> tuple[Seat, Outbox]:
        return PreviewSeat(self.ledger, profile=self.name), PreviewOutbox()

    def _live(self, run: Run) -> tuple[Seat, Outbox]:
        outbox = LiveOutbox(self.ledger, profile=self.name, run=run.id, mailbox=self.mailbox)
        if not run.writes:
            return PreviewSeat(self.ledger, profile=self.name), outbox
        with located(self._loaded), posting(self._post()):
            # A missing write credential is told now, not half-way.
            for target, connector in self._connectors.targets.items():
                settings = self._settings.of_target(target, to_write=True)
                if connector.check_writer is not None:
                    connector.check_writer(settings, target)
        seat = LiveSeat(
            self.ledger,
            profile=self.name,
            run=run.id,
            open_writer=self._open_writer,
            policies=self.policies,
            rename=self.options.rename,
            unused_since=self._unused_since(),
        )
        return seat, outbox

    def _unused_since(self) -> datetime | None:
        """Since when somebody must be without an account for others to get their names."""
        days = self._loaded.profile.names.reuse_after_days
        return None if days is None else self._run.started - timedelta(days=days)

    def open_source(self) -> Source:
        """The HR system, read-only."""
        assert self._connectors.source.open_source is not None  # noqa: S101 - checked when the site was made
        with located(self._loaded):
            return self._connectors.source.open_source(self._settings.of_source())

    def open_further(self, name: str) -> Source:
        """A further source, read-only."""
        opens = self._connectors.further[name].open_source
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

    def check_columns(self, people: People) -> None:
        """Look whether the import has the custom columns that the rules read.

        Raises:
            ConfigError: With file, line and key.
        """
        check_columns(self._loaded, self.rules, people)

    def open_reader(self, target: str) -> Reader:
        """A target, read-only."""
        connector = self._connectors.targets[target]
        with located(self._loaded):
            settings = self._settings.of_target(target, to_write=False)
            if connector.open_shared_reader is not None:
                return connector.open_shared_reader(settings, target, self._once)
            assert connector.open_reader is not None  # noqa: S101 - who writes also reads
            return connector.open_reader(settings, target)

    def kept_reading(self, target: str) -> KeptReading:
        """What the ledger keeps of earlier readings of a target, for its next one."""
        run, connector = self._run, self._connectors.targets[target]
        return KeptReading(
            self.ledger,
            profile=self.name,
            target=target,
            digest=digest_of(connector.name, self._settings.of_target(target, to_write=False)),
            whole_days=self._loaded.profile.targets[target].full_read_every_days,
            now=run.started,
            keeps=run.writes and not run.scope.selects and run.scope.writes(target),
        )

    def where(self, rule: str, *steps: str) -> Place:
        """Where a part of a rule stands, or the rule itself."""
        return next(spec for spec in self._loaded.rules if spec.id == rule).where(*steps)

    def _post(self) -> PasswordPost | None:
        """How initial passwords are mailed, where the profile says so."""
        box = self.mailbox()
        if self.notify is None or box is None:
            return None
        return PasswordPost(self.notify, box, lambda: self.known)

    def mailbox(self) -> MailBox | None:
        """Where mail leaves; its password is looked up when somebody signs in."""
        box = self.notify.mail if self.notify is not None else None
        return None if box is None else box.with_password(self._mail_password)

    def _mail_password(self) -> str:
        spec = self._loaded.profile.notify
        given = spec.mail.password if spec is not None and spec.mail is not None else None
        key = ".".join(MAIL_PASSWORD)
        try:
            found = resolve_secrets({"password": given}, block_secret=_block_secret)
        except ConfigError as error:
            raise self._loaded.locate(ConfigError(error.message, key=key)) from None
        return str(found["password"])

    def forget_readings(self) -> None:
        """Let go of what readers shared: rows as they came are the most that a run keeps."""
        self._once = Once()

    def _open_writer(self, target: str) -> Writer:
        opens = self._connectors.targets[target].open_writer
        assert opens is not None  # noqa: S101 - checked when the profile was compiled
        with located(self._loaded), posting(self._post()):
            return opens(self._settings.of_target(target, to_write=True), target)

    def memory(self, people: People, as_of: date) -> Memory:
        """What the ledger knows, with whoever is missing from this import for the first time."""
        ahead = self.look_ahead
        links, grants = self.seat.recall(ahead.take("links"), ahead.take("grants"))
        absences = dict(ahead.take("absences"))
        there = set(people.persons["external_id"])
        for person in set(links["person"]) - there:
            absences.setdefault(person, as_of)
        return Memory(
            links=links,
            grants=grants,
            absences={person: day for person, day in absences.items() if person not in there},
            names=ahead.take("names"),
            called=ahead.take("called"),
        )

    def recent(self) -> dict[str, dict[str, int]]:
        """What runs did in the days before, per target as far back as its limits look."""
        done = self.look_ahead.take("recent")
        return {name: done[one.over_days].get(name, {}) for name, one in self.policies.items()}

    def settle(
        self,
        accounts: dict[str, Accounts],
        people: People,
        as_of: date,
        *,
        unread: Collection[str] = (),
    ) -> int:
        """Close what an earlier run left open, by what the targets hold now.

        Args:
            accounts: By target.
            people: The import.
            as_of: The day of the run.
            unread: Targets that could not be read; what is open there stays open.

        Returns:
            How many changes that were. Mostly none, and then nobody is looked at.
        """
        if not self.ledger.open_intents(self.name):
            return 0
        self.look_ahead.forget()
        facts = person_facts(people, as_of)
        world = World(facts, column_of)
        correlations = {
            name: dict(zip(facts.index, world.column(policy.correlate), strict=True))
            for name, policy in self.policies.items()
        }
        return self.seat.settle(accounts, correlations, unread=unread)

    def lane_before(self, target: str) -> tuple[str, ...]:
        """Targets before this one that write the same records: one person, one write at a time."""
        names = tuple(self.policies)
        lane = self.policies[target].manifest.lane
        before = names[: names.index(target)]
        return tuple(n for n in before if lane and self.policies[n].manifest.lane == lane)

    def ticket(self, lock: str, *, shared: bool) -> Ticket:
        """What lets steps work for the run, here and elsewhere, once it has its lock.

        Args:
            lock: Token of the lock.
            shared: Whether they work in several processes.
        """
        return Ticket(
            lock=lock,
            file=str(self._loaded.path),
            rules=tuple(str(at_home(one).absolute()) for one in self._run.rules),
            digest=self._loaded.digest,
            shared=shared,
        )

    def require(self, ticket: Ticket) -> None:
        """Make sure that a step elsewhere sees the same profile, and the lock of its run.

        Raises:
            ConfigError: The files differ.
            RunRefused: The run is over, or another one has taken over, or this is another ledger.
        """
        if self._loaded.digest != ticket.digest:
            message = (
                "the profile or its rules are not the same here as where the run was planned: "
                "every machine that takes part needs the same files"
            )
            raise ConfigError(message, file=ticket.file)
        self._allowed(ticket).require()


def _block_secret(name: str) -> str | None:
    """A secret from a Prefect Secret block, None when there is no such block."""
    from prefect.blocks.system import Secret

    try:
        return str(Secret.load(name).get())  # type: ignore[union-attr]
    except ValueError:
        return None
