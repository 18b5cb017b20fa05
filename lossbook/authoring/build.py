"""``lossbook build``: a MyST Markdown source becomes an executed notebook, always the same way.

What an author needs to know
----------------------------
- Sources are ``notebooks/src/NN_name.md`` and ``solutions/src/NN_name.md``; the notebook lies one folder up. A build
  replaces it as a whole, and only if everything went well.
- Front matter: ``lossbook: {data: [california_housing]}`` names the data sets behind the ``full-data`` cells (all three
  where it is missing). A build refuses to run on stand-ins for them. Kernel and language are filled in.
- Ids: ``:id: q2-1-answer-torch`` for answers and checks; the rest comes from the headings (see ``source``). Two
  sections of one name below the same heading are refused.
- Figures: show each one with its alt text and close it, so that it is not shown a second time:
  ``display(figure, metadata={"image/png": {"alt": "MAE and MSE against the error"}})``, then ``plt.close(figure)``;
  ``lossbook.plots`` does this for a chapter. A picture without alt text fails the build.
- Left out of the stored notebook: stderr, widget views (an output that holds a view and text alone goes as a whole),
  frames of tracebacks outside the notebook, what a carriage return overwrote.
- Refused: addresses of objects, paths of the machine, printed times, ``clear_output`` and updated displays (nbval does
  not see them; progress goes to stderr or to a tqdm bar with ``leave=False``), a cell tagged ``raises-exception``
  that raises nothing, and the rest of ``structure``.
- Kernels run in ``nbval_rules.KERNEL_ENVIRONMENT``: one thread, no GPU, deterministic operations. Seeds are the
  chapter's part: ``torch.manual_seed(0)``, ``keras.utils.set_random_seed(0)``.
"""

import os
import tempfile
from pathlib import Path

import nbformat

from lossbook.authoring import exercises
from lossbook.authoring.execute import Progress, execute
from lossbook.authoring.normalise import normalise
from lossbook.authoring.source import BuildError, Source, read, short
from lossbook.authoring.structure import problems
from lossbook.nbval_rules import missing_data


def build(path: Path, progress: Progress = lambda done, total: None) -> Path:
    """Execute a source and store its notebook; a solution's source gives its exercise too. The notebook's path."""
    plan = exercises.plan(read(path)) if exercises.is_exercise(path) else None
    source = plan.solution if plan else read(path)
    if missing := missing_data(source.notebook):
        raise BuildError(
            f"{short(path)}: expected the full data, but {', '.join(missing)} are not here; stored outputs never come "
            "from stand-ins. Set LOSSBOOK_DATA, or fetch them with 'lossbook data'."
        )
    execute(source, progress)
    normalise(source.notebook)
    if wrong := problems(source.notebook):
        raise BuildError("\n".join(_located(source, index, text) for index, text in wrong))
    _write(source.target, nbformat.writes(source.notebook) + "\n")
    if plan:
        exercises.target(path).parent.mkdir(exist_ok=True)
        _write(exercises.target(path), nbformat.writes(exercises.made(plan, exercises.run_bank(plan))) + "\n")
    return source.target


def drift(path: Path) -> list[str]:
    """What a stored notebook says otherwise than its source, cell by cell; empty where they agree."""
    if exercises.is_exercise(path):
        plan = exercises.plan(read(path))
        return _drift(plan.solution) + exercises.drift(plan, f"; run: {_command(path)}")
    return _drift(read(path))


def _drift(source: Source) -> list[str]:
    path = source.path
    if not source.target.is_file():
        return [f"{short(source.target)} is missing; run: {_command(path)}"]
    stored = nbformat.read(source.target, as_version=4)
    found = []
    if stored.metadata != source.notebook.metadata:
        found.append(f"metadata: the source gives {dict(source.notebook.metadata)}, stored is {dict(stored.metadata)}")
    wanted = {cell.id: cell for cell in source.notebook.cells}
    present = {cell.id: cell for cell in stored.cells}
    found += [f"cell {id!r} is not stored" for id in wanted if id not in present]
    found += [f"cell {id!r} is stored, but not in the source" for id in present if id not in wanted]
    for id in wanted.keys() & present.keys():
        found += [f"cell {id!r}: {part} differs" for part in _differences(wanted[id], present[id])]
    if not found and list(wanted) != list(present):
        found.append("the cells stand in another order")
    return [f"{short(source.target)}: {text}; run: {_command(path)}" for text in sorted(found)]


def _differences(wanted, present) -> list[str]:
    return [part for part in ("cell_type", "metadata", "source") if wanted[part] != present[part]]


def _command(path: Path) -> str:
    option = " --solutions" if path.parent.parent.name == "solutions" else ""
    return f"lossbook build{option} {path.stem.split('_')[0]}"


def _located(source: Source, index: int | None, text: str) -> str:
    return f"{short(source.path) if index is None else source.at(index)}: {text}"


def _write(target: Path, text: str) -> None:
    """Replace a file as a whole, so that a broken build leaves no half of one."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
