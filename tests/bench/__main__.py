"""`python -m tests.bench [NAME]…`: the benchmarks, as a table and as JSON.

A benchmark is a module of this folder with a function `measure() -> Iterable[Figure]`; a new one
needs no entry anywhere. Each runs in a process of its own, so that none pays for another's memory.
The figures are kept in `build/bench` by date and machine; `--compare OLD NEW` sets two beside each
other.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KEPT = Path("build/bench")
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
                    f"{figure['value']:,.4g} {figure['unit']}{_spread(figure)}",
                    f"{sign}{goal} {figure['than']}".strip(),
                    "" if figure["met"] else "missed",
                )
            )
    return in_columns(rows)


def _spread(figure: dict[str, Any]) -> str:
    if figure["low"] is None:
        return ""
    return f" ({figure['low']:,.3g}-{figure['high']:,.3g}, {figure['rounds']} rounds)"


def kept(results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The figures, with what they were measured on and when."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.node(),
        "system": platform.platform(terse=True),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": sys.version.split()[0],
        "commit": commit.stdout.strip(),
        "benches": results,
    }


def difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Two measurements side by side; `worse` where the second one misses what the first one met."""
    before = {
        (bench, figure["name"]): figure
        for bench, figures in old["benches"].items()
        for figure in figures
    }
    told = [f"{one['at']} on {one['machine']}, load {one['load']}" for one in (old, new)]
    rows = [("bench", "figure", told[0], told[1], "new to old", "")]
    for bench, figures in new["benches"].items():
        for figure in figures:
            then = before.pop((bench, figure["name"]), None)
            was = "" if then is None else f"{then['value']:,.4g} {then['unit']}".strip()
            now = f"{figure['value']:,.4g} {figure['unit']}".strip()
            share = f"{figure['value'] / then['value']:.2f}" if then and then["value"] else ""
            worse = "worse" if then and then["met"] and not figure["met"] else ""
            rows.append((bench, figure["name"], was, now, share, worse))
    rows += [
        (bench, name, f"{one['value']:,.4g} {one['unit']}".strip(), "", "", "")
        for (bench, name), one in before.items()
    ]
    return in_columns(rows)


def in_columns(rows: list[tuple[str, ...]]) -> str:
    """Rows with their cells under each other."""
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
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar=("OLD", "NEW"), help="set two files side by side"
    )
    given = parser.parse_args()
    if given.compare:
        old, new = (json.loads(path.read_text(encoding="utf-8")) for path in given.compare)
        print(difference(old, new))
        return 0
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
    measured = kept(results)
    document = json.dumps(measured, indent=1)
    print(document)
    name = f"{measured['at'][:19].replace(':', '')}-{measured['machine']}.json"
    for path in (KEPT / name, *([given.json] if given.json else [])):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document + "\n", encoding="utf-8")
    print(f"kept as {KEPT / name}", file=sys.stderr)
    return 0 if all(f["met"] for figures in results.values() for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
