"""Every command: ``vadstudy --help``. What a command needs is imported when it is called, so that help is quick."""

import errno
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from vadstudy import recipes
from vadstudy.emotions import DIMENSIONS
from vadstudy.errors import StudyError, TableError
from vadstudy.paths import ROOT

profile_option = click.option("--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True)
notebooks_option = click.option("--profile", default="study", type=click.Choice(recipes.EXECUTABLE), show_default=True)
model_option = click.option(
    "--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True, help="Whose recorded model."
)
way_options = (
    click.option(
        "--model",
        default="softmax",
        type=click.Choice(["softmax", "regressor"]),
        show_default=True,
        help="softmax: it names the emotions, and VAD is read off their probabilities, which were calibrated on dev. "
        "regressor: the paper's way, a point in the space first, then the emotion from it; behind the softmax at both.",
    ),
    click.option(
        "--vad",
        default="lexicon",
        type=click.Choice(["lexicon", "human"]),
        show_default=True,
        help="What VAD is. lexicon: where the NRC lexicon puts the emotions, averaged by their probabilities; it "
        "learned from no rated text, and uses the whole range. human: as people rated the sentences of EmoBank, from "
        "whose train texts it learned; it orders such texts more as people do, above all by dominance, and its numbers "
        "seldom leave the middle, as people's. Of both, valence is worth most, dominance least.",
    ),
    click.option(
        "--classifier",
        type=click.Choice(["1nn", "svm"]),
        help="Of --model regressor: how a point becomes an emotion. 1nn (its default): the nearest, with probabilities "
        "that are a softmax of distances, its temperature chosen on dev. svm: it ranks the emotions and has no "
        "probabilities.",
    ),
    click.option(
        "--backend",
        default="torch",
        type=click.Choice(["torch", "openvino"]),
        show_default=True,
        help="What carries out the network. openvino: an extra, `pip install -e '.[openvino]'`; the same answers, "
        "sooner where there are many texts.",
    ),
)
several_option = click.option(
    "--several",
    is_flag=True,
    help="Name all emotions of a text that are likely enough, by a threshold chosen on dev, not the best alone.",
)
labels_option = click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score labels of your own, too: a UTF-8 file with one a line, `name` or `name: description`. Nothing was "
    "trained on them: they are scored by what name and description mean, and by the probabilities of the 28. Of "
    "emotions that a training had left out, the right one of three or four came first for 60 % of GoEmotions' test "
    "comments, the mean over 27 emotions (guessing: 26 %). Not with svm.",
)
path = click.Path(dir_okay=False, path_type=Path)
#: Errors of the disk, not of the program: full, over a quota, read-only, somebody else's.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class Stopped(click.ClickException):
    """Stopped by Ctrl-C: one line, and the exit status that shells give it."""

    exit_code = 130


class Texts(click.Command):
    """A command whose arguments are texts: one that begins with a hyphen looks like an option."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            hint = f"a text that begins with - goes after --, as in: {context.command_path} -- '-_- oh well'"
            raise click.UsageError(f"{error.format_message()} If it is a text: {hint}", context) from error


class OneLine(click.Group):
    """What the package refuses on purpose, Ctrl-C, and a disk that is full or closed end in one line, no traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except StudyError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            raise Stopped("stopped") from None
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            raise click.ClickException(f"{error.filename or 'output'}: {error.strerror}") from error


@click.group(cls=OneLine)
def main() -> None:
    """Read emotions and VAD from texts; make the study: train, tune, execute notebooks, write the report."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")


def _way(command):
    """Gives a command the options that say which model answers, and how."""
    for option in reversed(way_options):
        command = option(command)
    return command


def _pipeline(**making):
    from vadstudy.use.pipeline import EmotionPipeline

    return EmotionPipeline(**making)


def _making(profile, several, own=None, **way):
    """Arguments of the pipeline, from options of the command line."""
    return {"profile": profile, "labels": "several" if several else "one", "own": own, **way}


def _own(path):
    """The labels of a file, checked before anything heavy is imported; None if no file is given."""
    from vadstudy.use.labels import OwnLabels

    return path and OwnLabels(path)


@main.command(cls=Texts)
@click.argument("texts", nargs=-1)
@click.option("--top", default=3, show_default=True, type=click.IntRange(1, 28), help="How many emotions.")
@several_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all 28 emotions.")
@labels_option
@_way
@model_option
def predict(
    texts: tuple[str, ...], top: int, several: bool, as_json: bool, labels: Path | None, profile: str, **way: str
) -> None:
    """Show where TEXTS lie in the space, and their emotions; without TEXTS, of each line of standard input.

    \b
    Example:
      vadstudy predict "I can't wait to see you again!"
      vadstudy predict --several --vad human "I'm happy for you but I will miss you"
      vadstudy predict --json < comments.txt > readings.jsonl
      vadstudy predict -- "-_- a text that begins with a hyphen"

    Valence, arousal and dominance go from 0 to 1. The numbers beside the emotions are probabilities, which --json gives
    as "emotions"; svm ranks only, and --json gives its names as "ranking", the best first. A text is called uncertain
    if answers as unsure as its best one were more often wrong than right on dev. With --several, all emotions that are
    likely enough are shown in place of the --top, and --json has them as "labels". A text in which the model knows no
    sign gets nothing, null in JSON.

    Emoji are read as words. A note, "flags" in JSON, says of a text what makes its reading doubtful: that it is not
    English, holds emoji or unknown signs, or was cut. Scores of your own --labels, "own" in JSON, sum to 1.
    """
    if not texts and sys.stdin.isatty():
        raise click.UsageError("no text; give one in quotes, or lines on standard input")
    given = iter(texts) if texts else _lines(sys.stdin.buffer)
    try:
        read = _pipeline(**_making(profile, several, _own(labels), **way))
        show = _as_json if as_json else _as_text
        for reading in read(given):
            click.echo(show(reading, read, top))
    except ValueError as error:
        raise error if isinstance(error, StudyError) else click.ClickException(str(error)) from error


def _lines(stream):
    """Lines with words of a stream of bytes."""
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        except UnicodeDecodeError as error:
            raise TableError(
                f"standard input, line {number} is not UTF-8 ({error}); convert it, for example with "
                "`iconv -f cp1252 -t utf-8`"
            ) from error
        if text.strip():
            yield text


def _as_json(reading, read, top):
    known = bool(reading.emotions)
    found = {"text": reading.text}
    found |= {name: round(getattr(reading, name), 4) if known else None for name in DIMENSIONS}
    if read.ranks_only:
        found |= {"ranking": reading.ranking or None}
    else:
        if read.several is not None:
            found |= {"labels": list(reading.labels) or None}
        shares = {name: round(share, 4) for name, share in reading.emotions.items()}
        found |= {"uncertain": reading.uncertain, "emotions": shares or None}
    if reading.own:
        found |= {"own": {name: round(score, 4) for name, score in reading.own.items()}}
    found |= {"flags": list(reading.flags)}
    return json.dumps(found, ensure_ascii=False)


def _as_text(reading, read, top):
    lines = [reading.text]
    if reading.emotions:
        lines.append("  ".join(f"{name} {getattr(reading, name):.2f}" for name in DIMENSIONS))
        lines.append(reading.best(top if read.several is None else len(reading.labels), "  "))
    else:
        lines.append(repr(reading))
    if reading.own:
        some = list(reading.own.items())[:top]
        lines.append("your labels: " + "  ".join(f"{name} {score:.2f}" for name, score in some))
    if reading.flags:
        lines.append("note: " + "; ".join(reading.flags))
    return "\n  ".join(lines)


@main.command()
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--column", default="text", show_default=True, help="The column of texts.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column only; may be given again.")
@click.option("--probabilities", is_flag=True, help="Add a column p_<emotion> for each of the 28, too.")
@click.option("--encoding", help="Of an IN that is not UTF-8, such as cp1252 or utf-16; OUT is always UTF-8.")
@click.option("--excel", is_flag=True, help="Begin OUT, a .csv, with the byte order mark that Excel needs for UTF-8.")
@click.option("--overwrite", is_flag=True, help="Replace OUT, and parts of other calls.")
@click.option(
    "--engine",
    default="local",
    show_default=True,
    type=click.Choice(["local", "slurm"]),
    help="Of a folder: annotate its files here, one after another, or on a Slurm cluster.",
)
@several_option
@labels_option
@_way
@model_option
def annotate(
    source: Path,
    out: Path,
    column: str,
    keep: tuple[str, ...],
    probabilities: bool,
    encoding: str | None,
    excel: bool,
    overwrite: bool,
    engine: str,
    several: bool,
    labels: Path | None,
    profile: str,
    **way: str,
) -> None:
    """Copy the rows of IN to OUT and add valence, arousal, dominance, emotion, probability, uncertain and flags.

    \b
    Example:
      vadstudy annotate comments.csv annotated.parquet --column body
      vadstudy annotate comments.csv for_excel.csv --excel
      vadstudy annotate comments annotated

    The column uncertain is true where answers as unsure were more often wrong than right on dev. With --several there
    is a column emotions, too: all that are likely enough, the best first, as in joy;love. svm has no probability, and
    does not say what is uncertain.

    CSV (.csv, with a header), TSV (.tsv, with a header, without quotes), JSON lines (.jsonl) and Parquet (.parquet),
    as the suffix says. Memory does not grow with the file. After a kill, the same command goes on where it was.

    IN may be a folder, and OUT then is one: each file of IN in these formats gets an output of its name. The same
    command later annotates what is new or changed alone; it replaces an output that was edited. --encoding is of the
    files that are not UTF-8, --excel of .csv files, and --overwrite replaces files in OUT that it did not make.

    The column flags says what makes a reading doubtful: not English, emoji (read as words), unknown signs, cut. With
    --labels there are columns label and label_score, too: the best of your own, and its score.

    Rows without text are copied and get nothing; texts in which the model knows no sign get flags alone. Of a text of
    over 200 tokens the beginning is read. The last line says how many there were of each.

    Cells are copied as they are, in CSV also those that a spreadsheet program takes for formulas (they begin with =, +,
    - or @): do not open a file from strangers in one. In TSV that is written, tabs and line breaks become spaces; in
    JSON lines, NaN and infinity become null.
    """
    own = _own(labels)
    options = {
        "column": column,
        "keep": keep,
        "probabilities": probabilities,
        "encoding": encoding,
        "ranks": way["classifier"] == "svm",
        "several": several,
        "excel": excel,
        "own": own.names if own else (),
    }
    work = _annotate_folder if source.is_dir() else _annotate_file
    try:
        said = work(source, out, options, overwrite, engine, _making(profile, several, own, **way))
    except KeyboardInterrupt:
        raise Stopped("stopped; the same command goes on where it was") from None
    click.echo(f"{out}: {said}", err=True)


def _annotate_file(source, out, options, overwrite, engine, making):
    if out.is_dir():
        raise click.BadParameter(f"File {str(out)!r} is a directory.", param_hint="'OUT'")
    if engine != "local":
        raise click.UsageError(f"--engine {engine} hands the files of a folder to a cluster, and {source} is a file")
    from vadstudy.use.annotate import Annotation, counted

    work = Annotation(source, out, overwrite=overwrite, **options)
    read = _pipeline(**making)
    return counted(work.run(read), read.max_length)


def _annotate_folder(source, out, options, overwrite, engine, making):
    from vadstudy.use.folder import EXPECTED, Folder

    def tell(line):
        click.echo(line, err=True)

    work = Folder(source, out, options, overwrite)
    if work.left_out:
        tell(f"left out, being no file in {EXPECTED}: {', '.join(work.left_out)}")
    if engine == "slurm":
        jobs = work.slurm(making, tell)
        return (
            f"{len(jobs)} jobs submitted; when they have ended, the same command submits what is left, if anything is"
        )
    return work.run(_pipeline(**making), tell)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the folder's files of these names.")
@click.option("--openvino", is_flag=True, help="Add openvino_model.xml and .bin; needs the extra `openvino`.")
@model_option
def export(folder: Path, overwrite: bool, openvino: bool, profile: str) -> None:
    """Write the model to FOLDER as a Hugging Face folder, with a model card.

    \b
    Example:
      vadstudy export emotions

    transformers.pipeline("text-classification", "emotions", trust_remote_code=True) answers from it, with the
    same calibrated probabilities as predict, but for texts with emoji, which predict reads as words; the card shows how
    VAD is read off them. The folder brings the forty lines of code that it asks to trust.
    With --openvino it holds the network for OpenVINO, too, which needs neither these lines nor PyTorch; the card shows
    how it is used.
    """
    from vadstudy.use import export as work

    click.echo(work.export(folder, profile, overwrite, openvino))


@main.command()
@click.argument("names", nargs=-1)
@click.option("--seed", default=recipes.SEED, show_default=True, type=click.IntRange(0, 2**32 - 1))
@click.option("--retrain", is_flag=True, help="Make it again, and what is computed from it, even if it is recorded.")
@profile_option
def run(names: tuple[str, ...], seed: int, retrain: bool, profile: str) -> None:
    """Make the runs NAMES (all of the profile's if none is given), each read if it is recorded."""
    from vadstudy.lab.retraining import again
    from vadstudy.runs import RunStore

    store = RunStore(profile)
    for name in names or store.recipes:
        for i, each in enumerate([name, *(store.dependents(name) if retrain else [])]):
            made, compared = again(store, each, seed) if retrain else (store.get(each, seed), "")
            click.echo(
                f"{'  ' * bool(i)}{each}: {len(made.predictions)} predictions, {made.meta['seconds']} s"
                + (f"; {compared}" if compared else "")
            )
    click.echo(store.summary())


@main.command()
@click.argument("name", metavar="RUN")
@click.option("--seed", default=recipes.SEED, show_default=True)
@profile_option
def show(name: str, seed: int, profile: str) -> None:
    """Print what the recorded RUN holds: its recipe, date, versions, rows, scores and history."""
    from vadstudy.lab import show as shown
    from vadstudy.runs import RunStore

    click.echo(shown.text(RunStore(profile).recorded(name, seed)))


@main.command()
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="How many runs at a time.")
@click.option("--engine", default="local", show_default=True, type=click.Choice(["local", "slurm"]))
@click.option("--status", is_flag=True, help="Only show what is done, running and left.")
@profile_option
def grid(jobs: int, engine: str, status: bool, profile: str) -> None:
    """Make every run that the tables want and the record lacks: here, or on a Slurm cluster."""
    from vadstudy.lab import grid, progress
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
@notebooks_option
def tune(trials: int, families: tuple[str, ...], profile: str) -> None:
    """Bring each family of recipes to so many trials on dev, and show the best of each."""
    import optuna

    from vadstudy.lab import tuned, tuning
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
def execute(notebook: Path, output: Path, parameters: tuple[tuple[str, str], ...]) -> None:
    """Execute NOTEBOOK headlessly by papermill and write OUTPUT, whole or not at all, dated by its beginning."""
    from vadstudy.paper import execution

    started = time.monotonic()
    execution.execute(notebook, output, {name: _value(text) for name, text in parameters})
    click.echo(f"{notebook}: {time.monotonic() - started:.0f} s")


def _value(text):
    """A parameter's value from the command line: JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@main.command()
@click.option("--port", default=8866, show_default=True, type=click.IntRange(1, 65535), help="Of this machine.")
def app(port: int) -> None:
    """Serve the explorer as a page to this machine alone, until Ctrl-C."""
    from vadstudy.use.app import address, serve

    click.echo(f"The explorer: {address(port)} (Ctrl-C ends it)")
    serve(port)


@main.command()
@notebooks_option
def report(profile: str) -> None:
    """Write the report and the pages from what the executed notebooks wrote."""
    from vadstudy.paper import pages
    from vadstudy.paper import report as writer
    from vadstudy.runs import RunStore

    store = RunStore(profile)
    text = writer.markdown(store)
    click.echo(writer.write(store, text))
    click.echo(pages.write(store, text))


@main.command()
def docs() -> None:
    """Write the documentation and the API reference as pages to build/docs."""
    from vadstudy.paper import docs as work

    click.echo(work.write())


@main.command()
def data() -> None:
    """Fetch the public data sets into data/, and say where to get the lexicon."""
    from vadstudy.lab.fetch import fetch

    for line in fetch(ROOT / "data"):
        click.echo(line)
