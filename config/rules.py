"""Rules: who is due what. Grammar only; conditions are evaluated elsewhere."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError, model_validator

from config.conditions import AllOf, When
from config.environment import expand
from config.paths import at_home
from config.problems import explain
from config.profile import TARGET_NAME, TargetName
from config.several import raise_all
from config.spec import MAX_DAYS, NO_BOOLEAN, Spec, Text, keys_spelled, spelled
from config.yaml_file import Key, Place, YamlFile, read_yaml, shown, spell
from connectors.model.errors import ConfigError

SUFFIXES: Final = frozenset({".yaml", ".yml"})
_ENABLED: Final = (
    "write status: draft for a rule that does not count yet, or leave it out for one that does"
)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")


def _rule_id(given: str) -> str:
    if not _ID.fullmatch(given):
        message = "an id is lower-case letters, digits, '-', '_' and '.', such as care-staff"
        raise ValueError(message)
    return given


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        message = "a name stands twice in this list"
        raise ValueError(message)
    return names


Kind = Literal["account", "access", "group", "permission"]
KINDS: Final[tuple[Kind, ...]] = ("account", "access", "group", "permission")

Names = Annotated[tuple[Text, ...], AfterValidator(_each_once)]


WindowDays = Annotated[int, Field(ge=-MAX_DAYS, le=MAX_DAYS), NO_BOOLEAN]


class DaysSpec(Spec):
    """Days around a contract for one kind of thing; what is left out is as for the whole rule."""

    from_days: WindowDays | None = None
    """Days after its first day; -14 is two weeks before it."""
    until_days: WindowDays | None = None
    """Days after its last day; 30 is a month longer."""


class WindowSpec(Spec):
    """Days around a contract on which a rule looks at it; the first and the last day count."""

    from_days: WindowDays = 0
    """Days after its first day; -14 is two weeks before it."""
    until_days: WindowDays = 0
    """Days after its last day; 30 is a month longer."""
    account: DaysSpec | None = None
    """Other days for the account."""
    access: DaysSpec | None = None
    """Other days for signing in."""
    group: DaysSpec | None = None
    """Other days for groups."""
    permission: DaysSpec | None = None
    """Other days for permissions."""

    def days_of(self, kind: Kind) -> tuple[int, int] | None:
        """First and last day of a kind of thing, None where it has none of its own."""
        own: DaysSpec | None = getattr(self, kind)
        if own is None:
            return None
        return (
            self.from_days if own.from_days is None else own.from_days,
            self.until_days if own.until_days is None else own.until_days,
        )


class GrantSpec(Spec):
    """What is due in one target."""

    account: bool = False
    """An account. Whatever else is due waits until some rule says so."""
    access: bool = False
    """That the account may sign in."""
    groups: Names = ()
    """Memberships, by the name of the group in the target; or one per contract:
    `G-{contract.department.id}`."""
    permissions: Names = ()
    """Other permissions such as roles and licences, by their name in the target; or one per
    contract, as for groups."""

    @model_validator(mode="after")
    def _something(self) -> "GrantSpec":
        if not (self.account or self.access or self.groups or self.permissions):
            message = "grants nothing: give account, access, groups or permissions"
            raise ValueError(message)
        return self


class RuleSpec(Spec):
    """One business rule: if the conditions hold on any contract in the window, these are due."""

    id: Annotated[str, AfterValidator(_rule_id)] = Field(json_schema_extra=spelled(_ID))
    """Name of the rule in reports and reasons; stands once in all files."""
    description: Text
    """What it is for, in a sentence."""
    when: When = AllOf()
    """Conditions; left out or empty, everybody with a contract in the window."""
    window: WindowSpec = WindowSpec()
    """Days around a contract on which the rule looks at it; left out, its first to its last day."""
    grant: dict[TargetName, GrantSpec] = Field(
        min_length=1, json_schema_extra=keys_spelled(TARGET_NAME)
    )
    """Target -> what is due there."""
    status: Literal["published", "draft", "retired"] = "published"
    """`published` counts. `draft` is checked and gives nothing yet. `retired` gives nothing any
    more, and what it gave stays with those who have it, no longer looked after."""

    _file: YamlFile | None = PrivateAttr(default=None)
    _place: int = PrivateAttr(default=0)

    @property
    def source(self) -> Place:
        """Where the rule stands; prints as `file:line`."""
        return self.where()

    @property
    def written(self) -> Any:
        """The rule as it stands in its file: no variable is expanded."""
        return None if self._file is None else self._file.value((self._place,))

    def where(self, *steps: str) -> Place:
        """Where a part of the rule stands.

        Args:
            steps: Keys on the way to it, those in between left out: `when`, `contract.fte`. What is
                not there stands where the last key stands that is.
        """
        if self._file is None:
            return Place("", 0)
        return self._file.place((self._place, *self._key(steps)))

    def error(self, message: str, *steps: str) -> ConfigError:
        """What is wrong with the rule or a part of it, said with its place and key."""
        place = self.where(*steps)
        key = spell((self.id, *self._key(steps)))
        return ConfigError(message, file=place.file, line=place.line, key=key)

    def _key(self, steps: tuple[str, ...]) -> Key:
        """The whole key of a part; looked for only where something is said about it."""
        if not steps or self._file is None:
            return ()
        own = [key[1:] for key in self._file.lines if key[0] == self._place]
        found = ((_steps_in(key, steps), key) for key in own)
        return max(found, key=lambda one: (one[0], -len(one[1])), default=(0, ()))[1]

    def standing_at(self, file: YamlFile, place: int) -> Self:
        """The rule, knowing where it was read.

        Args:
            file: Its file.
            place: Its place in the list of that file.
        """
        self._file, self._place = file, place
        return self


def _steps_in(key: Key, steps: tuple[str, ...]) -> int:
    """How many steps, in their order, are in a key."""
    found = 0
    for part in key:
        if found < len(steps) and part == steps[found]:
            found += 1
    return found


def read_rules(files: list[Path], environment: dict[str, str]) -> tuple[RuleSpec, ...]:
    """The rules of all files, drafts and retired ones too, in the order of files and lines.

    Raises:
        ConfigError: With everything that is wrong in any of the files.
    """
    rules: list[RuleSpec] = []
    problems: list[ConfigError] = []
    first: dict[str, str] = {}
    for path in files:
        try:
            file = read_yaml(path)
        except ConfigError as error:
            problems.append(error)
            continue
        if not isinstance(file.content, list):
            problems.append(
                file.error("a rule file is a list: every rule begins with '- id: …'", ())
            )
            continue
        for place, given in enumerate(file.content):
            rule = _read_rule(file, place, given, environment, problems)
            if rule is None:
                continue
            if rule.id in first:
                message = f"the id {rule.id} stands twice; the first is {first[rule.id]}"
                problems.append(file.error(message, (place, "id"), spelled=f"{rule.id}.id"))
            first.setdefault(rule.id, str(rule.source))
            rules.append(rule)
    raise_all(problems)
    return tuple(rules)


def _read_rule(
    file: YamlFile, place: int, given: Any, environment: dict[str, str], problems: list[ConfigError]
) -> RuleSpec | None:
    identity = given.get("id") if isinstance(given, dict) else None
    named = identity if isinstance(identity, str) and _ID.fullmatch(identity) else f"[{place}]"
    if isinstance(given, dict) and "enabled" in given:
        problems.append(file.error(_ENABLED, (place, "enabled"), spelled=f"{named}.enabled"))
        given = {name: value for name, value in given.items() if name != "enabled"}
    missing: list[tuple[Key, str]] = []
    expanded = expand(given, environment, missing)
    if missing:
        problems += [
            file.error(said, (place, *key), spelled=".".join((named, *map(str, key))))
            for key, said in missing
        ]
        return None
    try:
        rule = RuleSpec.model_validate(expanded)
    except ValidationError as error:
        problems += explain(error, RuleSpec, file, at=(place,), named=named)
        return None
    return rule.standing_at(file, place)


def rule_files(entries: tuple[str, ...], file: YamlFile, *, asked_for: bool = False) -> list[Path]:
    """The files that a profile's `rules` name, in their order.

    A folder stands for the YAML files directly in it, sorted by name; hidden ones (`.name`) are
    left by editors and archives, and do not count.

    Args:
        entries: Files and folders, relative to the profile.
        file: The profile.
        asked_for: Whether a command names them, and not the profile: what is wrong stands there.

    Raises:
        ConfigError: With everything that is wrong: not there, a folder without a YAML file, or a
            file that two entries name.
    """

    def problem(message: str, place: int) -> ConfigError:
        if asked_for:
            return ConfigError(message, key="rules")
        return file.error(message, ("rules", place))

    found: dict[Path, int] = {}
    problems: list[ConfigError] = []
    for place, entry in enumerate(entries):
        path = Path(os.path.normpath(file.path.parent / at_home(entry)))
        try:
            files = _files_at(path)
        except OSError as error:
            message = f"{shown(path)} cannot be read: {error.strerror}"
            problems.append(problem(message, place))
            continue
        if not files:
            said = "rule file (*.yaml) in" if path.is_dir() else "file or folder"
            problems.append(problem(f"there is no {said} {shown(path)}", place))
        for one in files:
            if one in found:
                message = f"{shown(one)} is named by rules[{found[one]}] already"
                problems.append(problem(message, place))
            found.setdefault(one, place)
    raise_all(problems)
    return list(found)


def _files_at(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.is_file() else []
    return sorted(
        inner
        for inner in path.iterdir()
        if inner.suffix in SUFFIXES and not inner.name.startswith(".")
    )
