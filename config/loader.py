"""Loading a profile: found by name or path, variables expanded, checked, lines remembered."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from config.environment import Problems, expand, read_environment
from config.overrides import Spot, lay
from config.paths import anchor_paths, at_home
from config.problems import Elsewhere, explain
from config.profile import Profile, SourceSpec, TargetSpec
from config.rules import SUFFIXES, RuleSpec, read_rules, rule_files
from config.secrets import BlockSecret, check_references, resolve_secrets
from config.several import all_in_one, hint, raise_all
from config.sources import FurtherSourceSpec
from config.yaml_file import Place, YamlFile, read_yaml, spell
from connectors.model.errors import ConfigError

PACKAGED: Final = Path(__file__).parent / "profiles"
LOCAL: Final = Path("config") / "profiles"


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile with its rules, and where everything in them stands.

    Attributes:
        name: Name of its file without the suffix.
        path: Its file, absolute.
        profile: Variables expanded, paths in settings absolute, secrets still references.
        rules: In the order of files and lines, drafts and retired ones too.
    """

    name: str
    path: Path
    profile: Profile
    rules: tuple[RuleSpec, ...]
    _file: YamlFile = field(repr=False)

    @property
    def digest(self) -> str:
        """Tells this profile and these rules from others: by what is written in their files."""
        written = [self._file.content, [rule.written for rule in self.rules]]
        content = json.dumps(written, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    def where(self, key: str) -> Place:
        """Where a key of the profile stands.

        Args:
            key: As messages spell it, such as `targets.entra_id.depends_on[0]`. For one that is not
                in the file it is the place of what it would be part of.
        """
        begun = [
            known
            for known in self._file.lines
            if f"{key}.".startswith((f"{spell(known)}.", f"{spell(known)}["))
        ]
        return self._file.place(max(begun, key=len, default=()))

    def locate(self, error: ConfigError) -> ConfigError:
        """The same error with file and line, when all it knows is a key of the profile."""
        if error.file is not None or error.key is None:
            return error
        place = self.where(error.key)
        return ConfigError(error.message, file=place.file, line=place.line, key=error.key)

    def explain(
        self,
        error: ValidationError,
        model: type[BaseModel],
        *key: str,
        elsewhere: Elsewhere | None = None,
    ) -> ConfigError:
        """What pydantic says about a part of the profile, such as the settings of a connector.

        Args:
            error: Pydantic's.
            model: What the part was read as.
            key: Where the part stands, a step each.
            elsewhere: Says what is wrong with a value that is not from the profile.
        """
        return all_in_one(explain(error, model, self._file, at=key, elsewhere=elsewhere))

    def part(self, spot: Spot) -> SourceSpec | FurtherSourceSpec | TargetSpec:
        """What the profile says about a source or a target.

        Raises:
            KeyError: There is no such source or target.
        """
        match spot:
            case ("source",):
                return self.profile.source
            case ("sources", name):
                return self.profile.sources[name]
            case _:
                return self.profile.targets[spot[1]]

    def settings(
        self,
        *spot: str,
        skip: frozenset[str] = frozenset(),
        block_secret: BlockSecret | None = None,
        under: Mapping[str, Any] | None = None,
        over: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Settings of a connector with secrets resolved, except those in `skip`.

        Args:
            spot: Where it stands: `source`, or `sources` or `targets` and a name.
            skip: Settings that keep their references.
            block_secret: Looks a Prefect Secret block up.
            under: Settings that count less than those of the profile.
            over: Settings that count more.

        Raises:
            ConfigError: A secret is nowhere; with file, line and key.
            KeyError: There is no such source or target.
        """
        folder = self.path.parent
        laid = lay(self.part(spot).settings, anchor_paths(dict(under or {}), folder))
        laid = lay(anchor_paths(dict(over or {}), folder), laid)
        try:
            return resolve_secrets(laid, skip=skip, block_secret=block_secret)
        except ConfigError as error:
            key = ".".join((*spot, "settings", error.key or ""))
            raise self.locate(ConfigError(error.message, key=key)) from None


def load_profile(name_or_path: str) -> LoadedProfile:
    """Read a profile and its rules.

    Args:
        name_or_path: A path (with a `/`, or ending in .yaml or .yml), or the name of a file in
            `config/profiles` of the working directory or, failing that, of this package.

    Raises:
        ConfigError: It is not there, or anything in it or its rules is wrong. Up to ten problems
            are listed, each with file, line and key.
    """
    path = _find(name_or_path)
    file = read_yaml(path)
    environment = read_environment()
    profile = _read_profile(file, environment)
    rules = read_rules(rule_files(profile.rules, file), environment)
    return LoadedProfile(path.stem, file.path, profile, rules, file)


def with_rules(loaded: LoadedProfile, entries: tuple[str, ...]) -> LoadedProfile:
    """The same profile under other rules.

    Args:
        loaded: The profile.
        entries: Files and folders, relative to the working directory; without any, its own rules.

    Raises:
        ConfigError: As for the rules of a profile.
    """
    if not entries:
        return loaded
    named = tuple(str(at_home(one).absolute()) for one in entries)
    files = rule_files(named, loaded._file, asked_for=True)
    return replace(loaded, rules=read_rules(files, read_environment()))


def profile_names() -> list[str]:
    """Every profile that can be loaded by its name, sorted."""
    return sorted(
        {
            path.stem
            for folder in (LOCAL, PACKAGED)
            if folder.is_dir()
            for path in folder.iterdir()
            if path.suffix in SUFFIXES
        }
    )


def _find(name_or_path: str) -> Path:
    if "/" in name_or_path or Path(name_or_path).suffix in SUFFIXES:
        return at_home(name_or_path)
    for folder in (LOCAL, PACKAGED):
        for suffix in sorted(SUFFIXES):
            path = folder / f"{name_or_path}{suffix}"
            if path.is_file():
                return path
    message = f"there is no profile {name_or_path!r}{hint(name_or_path, profile_names())}"
    raise ConfigError(message)


def _read_profile(file: YamlFile, environment: dict[str, str]) -> Profile:
    if not isinstance(file.content, dict):
        raise file.error("a profile is a group of keys: timezone, source, targets and so on", ())
    said: Problems = []
    content = expand(file.content, environment, said)
    said += check_references(content)
    problems = [file.error(sentence, key) for key, sentence in said]
    try:
        profile = Profile.model_validate(_anchored(content, file.path.parent))
    except ValidationError as error:
        expected = {problem.key for problem in problems}
        problems += [one for one in explain(error, Profile, file) if one.key not in expected]
        raise all_in_one(sorted(problems, key=lambda problem: problem.line or 0)) from None
    raise_all(problems)
    return profile


def _anchored(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content with paths in settings made absolute; what is not where it belongs stays."""

    def anchored(group: Any) -> Any:
        if not isinstance(group, dict) or not isinstance(group.get("settings"), dict):
            return group
        return {**group, "settings": anchor_paths(group["settings"], folder)}

    return {
        **content,
        **({"source": anchored(content["source"])} if "source" in content else {}),
        **{
            groups: {name: anchored(group) for name, group in content[groups].items()}
            for groups in ("sources", "targets")
            if isinstance(content.get(groups), dict)
        },
    }
