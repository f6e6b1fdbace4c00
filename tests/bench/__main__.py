"""`python -m tests.bench [NAME]…`: the benchmarks, as a table and as JSON.

A benchmark is a module of this folder with a function `measure() -> Iterable[Figure]`; a new one
needs no entry anywhere. Each runs in a process of its own, so that none pays for another's memory.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURES = "\ndef measure()"


def benches() -> list[str]:
    """Names of all benchmarks."""
    files = HERE.glob("*.py")
    return sorted(file.stem for file in files if MEASURES in file.read_text(encoding="utf-8"))


def measure_here(name: str) -> None:
    """Run one benchmark in this process and print its figures as JSON."""
    measure = importlib.import_module(f"tests.bench.{name}").measure
    print(json.dumps([figure.to_json() for figure in measure()]))


def measure_apart(name: str) -> list[dict[str, Any]]:
    """Run one benchmark in a process of its own.

    Raises:
        subprocess.CalledProcessError: It broke; what it said is on stderr.
    """
    command = [sys.executable, "-m", "tests.bench", "--here", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """The figures in columns."""
    rows = [("bench", "figure", "value", "goal", "")]
    for bench, figures in results.items():
        for figure in figures:
            goal = "" if figure["goal"] is None else f"{figure['goal']:,g}"
            sign = "" if not goal else (">= " if figure["higher"] else "<= ")
            rows.append(
                (
                    bench,
                    figure["name"],
                    f"{figure['value']:,.4g} {figure['unit']}",
                    f"{sign}{goal} {figure['than']}".strip(),
                    "" if figure["met"] else "missed",
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> int:
    """Run what was asked for; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which: {', '.join(benches())}; all without")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument("--quick", action="store_true", help="without what takes minutes")
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        measure_here(given.here)
        return 0
    if given.quick:
        os.environ["RETOUR_BENCH_QUICK"] = "1"
    unknown = sorted(set(given.name) - set(benches()))
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(benches())}")
    results: dict[str, list[dict[str, Any]]] = {}
    for name in given.name or benches():
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = measure_apart(name)
    print(table(results))
    print()
    document = json.dumps({"python": sys.version.split()[0], "benches": results}, indent=1)
    print(document)
    if given.json:
        given.json.write_text(document + "\n", encoding="utf-8")
    return 0 if all(f["met"] for figures in results.values() for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
