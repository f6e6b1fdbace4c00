"""Rules: a file of 500 of them, read, checked and compiled, and looked through for conflicts."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from config.loader import load_profile
from tasks.compile_rules import compile_rules
from tasks.lifecycle.conflicts import find_conflicts
from tests.bench.figure import Figure

RULES: Final = 500
ROUNDS: Final = 5
RATIO: Final = 3.0
SECONDS: Final = 0.5
"""Loading and compiling together, with room for a slow machine."""

PROFILE: Final = """\
timezone: Europe/Amsterdam
source: {connector: hr_file, settings: {path: hr}}
targets:
  active_directory: {connector: active_directory, settings: {}}
rules: [rules.yaml]
"""
RULE: Final = """\
- id: rule-{n}
  description: Rule number {n} of a large organisation, about department D{a}
  when:
    all:
      - {{contract.department.id: {{in: [D{a}, D{b}, D{c}]}}}}
      - {{contract.fte: {{at_least: 0.2, at_most: 1}}}}
      - any:
          - {{contract.title.name: {{starts_with: Nurse {d}}}}}
          - {{contract.title.name: {{matches: "(senior )?carer( [0-9]{{1,2}})?"}}}}
          - {{not: {{contract.type: T{d}}}}}
  window:
    from_days: -{d}
    group: {{until_days: {d}}}
  grant:
    active_directory:
      account: true
      groups: [G-{a}, G-{b}-{n}, "G-{{contract.department.id}}-{n}"]
"""


def measure() -> Iterator[Figure]:
    """Load a profile with 500 rules beside what PyYAML's fastest loader takes for the same file."""
    with tempfile.TemporaryDirectory() as folder:
        profile, rules = Path(folder) / "site.yaml", Path(folder) / "rules.yaml"
        profile.write_text(PROFILE, encoding="utf-8")
        text = "".join(
            RULE.format(n=n, a=n % 97, b=n % 89, c=n % 83, d=n % 7) for n in range(RULES)
        )
        rules.write_text(text, encoding="utf-8")
        fastest = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        plain = _best(lambda: yaml.load(text, Loader=fastest))  # noqa: S506 - both are safe ones
        loading = _best(lambda: load_profile(str(profile)))
        loaded = load_profile(str(profile))
        compiling = _best(lambda: compile_rules(loaded))
        compiled = compile_rules(loaded)
        looking = _best(lambda: find_conflicts(compiled))
    yield Figure(
        name=f"load a profile of {RULES} rules, per PyYAML's fastest reading of them",
        value=loading / plain,
        unit="x",
        goal=RATIO,
        than="CSafeLoader",
    )
    yield Figure(name="… load and compile", value=loading + compiling, unit="s", goal=SECONDS)
    yield Figure(name="… of that, compile", value=compiling, unit="s")
    yield Figure(name="… look for conflicts", value=looking, unit="s")


def _best(work: Callable[[], object]) -> float:
    """Seconds of processor time of the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best
