"""The command line behind the Makefile: ``python -m vadstudy --help``."""

import json
import logging
import os
from pathlib import Path

import click

from vadstudy import recipes
from vadstudy.goemotions import ROOT, CorpusError
from vadstudy.runs import RunError, RunStore
from vadstudy.training import TrainingError

profile_option = click.option("--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True)


class OneLine(click.Group):
    """Errors that the package raises on purpose end in their message, not in a traceback."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (CorpusError, RunError, TrainingError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=OneLine)
def main():
    """Train and compute runs, execute notebooks, write the report, fetch the data."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--seed", default=recipes.SEED, show_default=True)
@click.option("--retrain", is_flag=True, help="Make it again, and what is computed from it, even if it is recorded.")
@profile_option
def run(names, seed, retrain, profile):
    """Make the runs NAMES (all of the profile's if none is given), each read if it is recorded."""
    store = RunStore(profile)
    for name in names or store.recipes:
        for i, each in enumerate([name, *(store.dependents(name) if retrain else [])]):
            made = store.get(each, seed, retrain=retrain)
            click.echo(f"{'  ' * bool(i)}{each}: {len(made.predictions)} predictions, {made.meta['seconds']} s")
    click.echo(store.summary())


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="A notebook parameter.")
def execute(notebook, output, parameters):
    """Execute NOTEBOOK headlessly by papermill and write OUTPUT, whole or not at all."""
    import nbformat
    import papermill.exceptions

    logging.getLogger("papermill").setLevel(logging.WARNING)
    known = papermill.inspect_notebook(str(notebook))
    for name, value in parameters:
        if name not in known:
            raise click.ClickException(f"{notebook} has no parameter {name!r}; it has {', '.join(known)}")
        if name == "profile" and value not in recipes.PROFILES:
            raise click.ClickException(f"unknown profile {value!r}; expected one of {', '.join(recipes.PROFILES)}")
    given = {name: _value(text) for name, text in parameters}
    # A value that is the notebook's own default needs no injected cell.
    given = {name: value for name, value in given.items() if repr(value) != known[name]["default"].replace('"', "'")}
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.stem}.{os.getpid()}.part.ipynb")
    try:
        papermill.execute_notebook(str(notebook), str(part), given, kernel_name="python3", progress_bar=False)
        executed = nbformat.read(part, as_version=4)
        for cell in (executed, *executed.cells):
            for key in ("papermill", "execution"):
                cell.metadata.pop(key, None)
        nbformat.write(executed, part)
        os.replace(part, output)
    except papermill.exceptions.PapermillExecutionError as error:
        raise click.ClickException(f"{notebook}, cell {error.exec_count}: {error.ename}: {error.evalue}") from error
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{notebook} -> {output}")


def _value(text):
    """A parameter's value from the command line: JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@main.command()
@profile_option
def report(profile):
    """Write the report from the tables and figures that the notebooks wrote."""
    from vadstudy import report as writer

    click.echo(writer.write(RunStore(profile)))


@main.command()
def data():
    """Fetch the public data sets into data/, and say where to get the lexicon."""
    from vadstudy.fetch import fetch

    for line in fetch(ROOT / "data"):
        click.echo(line)


if __name__ == "__main__":
    main()
