"""The ``lossbook`` command: argument parsing only, a few lines a command."""

import sys
from contextlib import contextmanager
from pathlib import Path

import click

import lossbook


@contextmanager
def clear_errors():
    """What was wrong with the input, as one message and no traceback; exit status 2."""
    try:
        yield
    except ValueError as error:
        failure = click.ClickException(str(error))
        failure.exit_code = 2
        raise failure from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(lossbook.__version__)
def main():
    """Loss functions and backpropagation, twice: in PyTorch and in Keras."""


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--lay-only", is_flag=True, help="Lay the exercises into work/ and stop there.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENT OF JUPYTERLAB]...")
def lab(lay_only, arguments):
    """Lay copies of the exercises into work/, then open the course in JupyterLab.

    A copy that you have changed is never overwritten. Everything else goes to JupyterLab, such as
    --no-browser --port 8899.
    """
    from lossbook import lab

    with clear_errors():
        root = lab.course_folder()
        first_time = not (root / "work").exists()
        for laid in lab.lay(root / "exercises", root / "work", lossbook.__version__):
            if laid.action != "kept":
                click.echo(f"work/{laid}")
    if not lay_only:
        lab.start(root, arguments, first_time)


@main.group(invoke_without_command=True)
@click.pass_context
def data(context):
    """Show the course's data sets: what each holds, where it is, its size.

    They are looked for in the folder LOSSBOOK_DATA, then in the cache (LOSSBOOK_CACHE, or your user cache
    folder). With LOSSBOOK_OFFLINE=1 nothing is ever fetched.
    """
    if context.invoked_subcommand is None:
        from lossbook import datasets

        click.echo(datasets.table())


@data.command("fetch")
@click.argument("name", required=False)
def data_fetch(name):
    """Fetch the data set NAME, or all of them, into the cache, unless it is on this machine already."""
    from lossbook import datasets

    missing = []
    for each in [name] if name else datasets.names():
        try:
            click.echo(datasets.fetch(each))
        except datasets.UnavailableError as reason:
            missing.append(f"{each}: {reason}")
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    if missing:
        raise click.ClickException("\n".join(missing))


@main.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="The whole reference, for the book.")
def losses(name, markdown):
    """List the losses of the course, or show the loss NAME: formula, inputs, code, differences."""
    from lossbook import reference

    with clear_errors():
        click.echo(reference.page(name) if name else reference.markdown() if markdown else reference.listing())


@main.command()
@click.argument("name", required=False)
def ledger(name):
    """Run and show where PyTorch and Keras disagree: everywhere, or for the loss NAME. Markdown."""
    from lossbook import ledger

    with clear_errors():
        click.echo(ledger.markdown(list(ledger.rows(name))))


@main.command()
@click.argument("names", nargs=-1, metavar="[FILE]...")
def check(names):
    """Check answered exercises in a fresh kernel: every question, with the reason for each lost point.

    FILE is a notebook, or a number or name such as 2 or 02_regression, which means the copy in work/; without one,
    every copy in work/ is checked. The inputs are the course's own; a grader draws other ones. Exit status 0 where
    everything passed, 1 where something did not, 2 where a file could not be checked. Your file is read, never
    changed.
    """
    from lossbook.grading import command

    with clear_errors():
        results = [command.report(name) for name in names or command.copies()]
    sys.exit(0 if all(result.passed for result in results) else 1)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the gradebook and what is made of it."
)
@click.option(
    "--exercises", type=click.Path(path_type=Path), help="A course, or a folder of sources, instead of this course."
)
@click.option(
    "--seed", type=click.IntRange(0), help="Run seed, to grade a second class on the same inputs. [random, kept]"
)
@click.option("--jobs", type=click.IntRange(1), help="Submissions at a time. [as many as there are processors]")
@click.option(
    "--timeout", default=60.0, show_default=True, help="Seconds for one submission; a quarter of it for one cell."
)
@click.option("--memory", default=2048, show_default=True, help="MB for one submission, beside the frameworks.")
@click.option("--no-sandbox", is_flag=True, help="Only for code that you trust; every grade will say so.")
def grade(folder, out, exercises, seed, jobs, timeout, memory, no_sandbox):
    """Grade a class: every DIR/<student>/<exercise>.ipynb, in a sandbox, on inputs that no student has seen.

    Writes OUT/gradebook.sqlite, OUT/grades.csv and OUT/feedback/, one page a student. Give the same command again to go
    on where a run was ended: what is graded already is run again only if the submission or the exercise has changed.
    Exit status 0 where everything was graded, 1 where something was not (it says what and why), 2 where nothing
    could be done. Points by hand: lossbook award.
    """
    from lossbook.grading import grade as grading
    from lossbook.grading.places import Limits
    from lossbook.grading.worker import Options

    options = Options(timeout=timeout, limits=Limits(memory=memory), sandbox=not no_sandbox)
    with clear_errors():
        summary = grading.grade(folder, out, exercises=exercises, seed=seed, jobs=jobs, options=options)
    click.echo(grading.report(summary, out))
    sys.exit(1 if summary.problems or summary.flagged else 0)


@main.command()
@click.argument("out", type=click.Path(path_type=Path, exists=True))
@click.argument("student")
@click.argument("exercise")
@click.argument("question")
@click.argument("framework", type=click.Choice(["torch", "keras"]))
@click.argument("points", type=float)
@click.option("--reason", required=True, help="Why: it stands in the gradebook and on the student's page.")
@click.option("--comment", default="", help="A word to the student.")
def award(out, student, exercise, question, framework, points, reason, comment):
    """Give POINTS by hand for one half of a question, in the gradebook in OUT; they survive every re-grade."""
    from lossbook.grading import grade as grading

    with clear_errors():
        grading.award(out, student, exercise, question, framework, points, reason, comment)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--solutions", is_flag=True, help="NAME is one of solutions/src instead of notebooks/src.")
@click.option("--check", is_flag=True, help="Build nothing; say where stored notebooks differ from their sources.")
def build(names, solutions, check):
    """Execute sources into notebooks: NAME is a number (02), a stem (02_regression) or a path; all without NAME.

    notebooks/src/02_regression.md becomes notebooks/02_regression.ipynb, run in a fresh kernel from top to bottom.
    After an error the stored notebook is as it was.
    """
    from lossbook.authoring import command

    with clear_errors():
        command.run(names, solutions=solutions, check=check)


if __name__ == "__main__":
    main()
