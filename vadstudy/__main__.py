"""The command line behind the Makefile: ``python -m vadstudy --help``."""

import errno
import json
import logging
import os
import signal
from pathlib import Path

import click

from vadstudy import commands, recipes
from vadstudy.errors import StudyError
from vadstudy.paths import ROOT

profile_option = click.option("--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True)
#: Errors of the disk, not of the program: full, over a quota, read-only, somebody else's.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class OneLine(click.Group):
    """What the package refuses on purpose, Ctrl-C, and a disk that is full or closed end in one line, no traceback."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except StudyError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            raise commands.Stopped("stopped") from None
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            raise click.ClickException(f"{error.filename or 'output'}: {error.strerror}") from error


@click.group(cls=OneLine)
def main():
    """Train, compute and tune runs, execute notebooks, write the report, fetch the data."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--seed", default=recipes.SEED, show_default=True, type=click.IntRange(0, 2**32 - 1))
@click.option("--retrain", is_flag=True, help="Make it again, and what is computed from it, even if it is recorded.")
@profile_option
def run(names, seed, retrain, profile):
    """Make the runs NAMES (all of the profile's if none is given), each read if it is recorded."""
    from vadstudy.retrain import again
    from vadstudy.runs import RunStore

    store = RunStore(profile)
    for name in names or store.recipes:
        for i, each in enumerate([name, *(store.dependents(name) if retrain else [])]):
            made, compared = again(store, each, seed) if retrain else (store.get(each, seed), "")
            click.echo(f"{'  ' * bool(i)}{each}: {len(made.predictions)} predictions, {made.meta['seconds']} s"
                       + (f"; {compared}" if compared else ""))  # fmt: skip
    click.echo(store.summary())


@main.command()
@click.argument("name", metavar="RUN")
@click.option("--seed", default=recipes.SEED, show_default=True)
@profile_option
def show(name, seed, profile):
    """Print what the recorded RUN holds: its recipe, date, versions, rows, scores and history."""
    from vadstudy import show as shown
    from vadstudy.runs import RunStore

    click.echo(shown.text(RunStore(profile).recorded(name, seed)))


@main.command()
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="How many runs at a time.")
@click.option("--engine", default="local", show_default=True, type=click.Choice(["local", "slurm"]))
@click.option("--status", is_flag=True, help="Only show what is done, running and left.")
@profile_option
def grid(jobs, engine, status, profile):
    """Make every run that the tables want and the record lacks: here, or on a Slurm cluster."""
    from vadstudy import grid, progress
    from vadstudy.runs import RunStore

    store = RunStore(profile)
    if status:
        click.echo(progress.status(store).to_string())
        click.echo(progress.summary(store, *progress.survey(store), jobs))
    elif engine == "slurm":
        submitted = grid.slurm(store)
        click.echo(f"{len(submitted)} tasks submitted; `make grid STATUS=1` shows how far they are")
    else:
        os.environ["TQDM_DISABLE"] = "1"
        if jobs > 1:
            os.environ.setdefault("OMP_NUM_THREADS", "1")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            grid.local(store, jobs)
        except KeyboardInterrupt:
            raise click.ClickException("stopped; `make grid` goes on where it was") from None


@main.command()
@click.option("--trials", default=10, show_default=True, type=click.IntRange(1), help="How many for each family.")
@click.option("--family", "families", multiple=True, help="Tune this family alone; may be given again.")
@profile_option
def tune(trials, families, profile):
    """Bring each family of recipes to so many trials on dev, and show the best of each."""
    import optuna

    from vadstudy import tuned, tuning
    from vadstudy.runs import RunStore

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    store = RunStore(profile)
    tuning.tune(store, trials, families or tuned.FAMILIES)
    for family, best in tuned.winners(store).iterrows():
        parameters = best.drop(["number", "trials", *tuned.SCORES]).dropna()
        found = ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in parameters.items())
        click.echo(f"{family}, best of {best['trials']}: dev macro-F1 {best['dev_macro_f1']:.3f} with {found}")


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="A notebook parameter.")
def execute(notebook, output, parameters):
    """Execute NOTEBOOK headlessly by papermill and write OUTPUT, whole or not at all, dated by its beginning."""
    from vadstudy import execution

    execution.execute(notebook, output, {name: _value(text) for name, text in parameters})
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
    """Write the report and the pages from what the executed notebooks wrote."""
    from vadstudy import report as writer
    from vadstudy import site
    from vadstudy.runs import RunStore

    store = RunStore(profile)
    click.echo(writer.write(store))
    click.echo(site.write(store, writer.notebooks(store)))


@main.command()
def data():
    """Fetch the public data sets into data/, and say where to get the lexicon."""
    from vadstudy.fetch import fetch

    for line in fetch(ROOT / "data"):
        click.echo(line)


for command in (commands.predict, commands.annotate, commands.export):
    main.add_command(command)


if __name__ == "__main__":
    main()
