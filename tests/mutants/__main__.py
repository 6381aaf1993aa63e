"""Makes each mistake in a copy of the repository and runs the test that must fail.

    python -m tests.mutants                     all rows
    python -m tests.mutants NAME …              these rows
    python -m tests.mutants --sample 12         rows that depend on the commit
    python -m tests.mutants --sample 12 --seed 4f2a91c

Exit code 1: a mistake was not caught, or a row does not apply. First all named tests run on the
unchanged copy, where they must pass.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants.rows import ROOT, Mutant, all_mutants
from tests.mutants.trees import Result, Tree

CAUGHT = "caught"


def main() -> int:
    options = _options()
    chosen = _chosen(options)
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        trees = SimpleQueue[Tree]()
        for number in range(options.jobs):
            trees.put(Tree.copied(ROOT, Path(folder) / str(number)))
        print(f"Running the tests of {len(chosen)} mutants on the unchanged code", flush=True)
        if problem := _problem_without_mistakes(chosen, trees, options.jobs):
            print(problem)
            return 1
        results = _run_all(chosen, trees, options.jobs)
    _summarize(results, time.monotonic() - started)
    return 0 if all(result.outcome == CAUGHT for result in results.values()) else 1


def _problem_without_mistakes(
    chosen: Sequence[Mutant], trees: SimpleQueue[Tree], jobs: int
) -> str | None:
    """Runs each test once; the tests of a file together, and not two local stacks in a process."""

    def one(tests: Sequence[str]) -> str | None:
        tree = trees.get()
        try:
            return tree.problem_without_mistakes(tests)
        finally:
            trees.put(tree)

    packages: dict[str, list[str]] = {}
    for mutant in chosen:
        packages.setdefault("/".join(mutant.test.split("/")[:3]), []).append(mutant.test)
    with ThreadPoolExecutor(jobs) as pool:
        return next(filter(None, pool.map(one, packages.values())), None)


def _run_all(chosen: Sequence[Mutant], trees: SimpleQueue[Tree], jobs: int) -> dict[Mutant, Result]:
    def one(mutant: Mutant) -> Result:
        tree = trees.get()
        try:
            return tree.judged(mutant)
        finally:
            trees.put(tree)

    results: dict[Mutant, Result] = {}
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(one, mutant): mutant for mutant in chosen}
        for future in as_completed(futures):
            mutant, result = futures[future], future.result()
            results[mutant] = result
            spent = time.monotonic() - started
            left = spent / len(results) * (len(chosen) - len(results))
            place = f"{len(results)}/{len(chosen)}, {left:.0f} s left"
            print(f"[{place}] {result.outcome}: {mutant.name} ({result.seconds:.0f} s)", flush=True)
            if result.outcome != CAUGHT:
                print(_explained(mutant, result), flush=True)
    return results


def _explained(mutant: Mutant, result: Result) -> str:
    return (
        f"  {mutant.guarantee}: {mutant.mistake}\n  {mutant.file}: {mutant.old!r} became "
        f"{mutant.new!r}\n  {mutant.test}\n{result.output}\n"
        f"  Repeat it with: make mutants NAMES='{mutant.name}'"
    )


def _summarize(results: dict[Mutant, Result], seconds: float) -> None:
    counts = Counter(result.outcome for result in results.values())
    listed = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    print(f"{len(results)} mutants in {seconds:.0f} s: {listed}")
    names = [mutant.name for mutant, result in results.items() if result.outcome != CAUGHT]
    if names:
        print(f"make mutants NAMES='{' '.join(names)}'")


def _chosen(options: argparse.Namespace) -> list[Mutant]:
    rows = all_mutants()
    if options.names:
        unknown = set(options.names) - {each.name for each in rows}
        if unknown:
            raise SystemExit(f"There is no row called {', '.join(sorted(unknown))}.")
        return [each for each in rows if each.name in options.names]
    if not options.sample:
        return rows
    print(f"A sample of {options.sample} of {len(rows)} mutants, with --seed {options.seed}")
    return random.Random(options.seed).sample(rows, min(options.sample, len(rows)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows of the table")
    parser.add_argument("--sample", type=int, help="how many rows")
    parser.add_argument("--seed", default=_commit(), help="decides which; the commit by default")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    return parser.parse_args()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
