"""What ``lossbook build`` does, apart from parsing its arguments."""

import sys
from pathlib import Path

from tqdm import tqdm

from lossbook.authoring.build import build, drift
from lossbook.authoring.source import course_root, find, short


def run(names: tuple[str, ...], *, solutions: bool = False, check: bool = False) -> None:
    """Build, or check, what is named. Results go to stdout, progress to stderr; ValueError where something is wrong."""
    sources = find(names, course_root(), solutions=solutions)
    if check:
        found = [line for source in sources for line in drift(source)]
        if found:
            raise ValueError("\n".join(["stored notebooks differ from their sources:", *found]))
        print(f"{len(sources)} stored notebooks agree with their sources")
        return
    for source in sources:
        _build(source)


def _build(source: Path) -> None:
    with tqdm(desc=source.stem, unit="cell", file=sys.stderr, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        target = build(source, progress)
    print(f"{short(target)}: {target.stat().st_size / 1e6:.2f} MB", flush=True)
