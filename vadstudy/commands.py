"""Commands for people who use the model: ``vadstudy predict``, ``annotate`` and ``export``."""

import json
import sys
from pathlib import Path

import click

from vadstudy import recipes
from vadstudy.emotions import VAD
from vadstudy.errors import StudyError, TableError

profile_option = click.option("--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True,
                              help="Whose recorded model.")  # fmt: skip
classifier_option = click.option("--classifier", default="1nn", type=click.Choice(["1nn", "svm"]), show_default=True,
                                 help="How a point becomes an emotion. 1nn: the nearest, with probabilities that are a "
                                      "softmax of distances, its temperature chosen on dev. svm: it ranks the emotions "
                                      "and has no probabilities.")  # fmt: skip
path = click.Path(dir_okay=False, path_type=Path)


class Stopped(click.ClickException):
    """Stopped by Ctrl-C: one line, and the exit status that shells give it."""

    exit_code = 130


class Texts(click.Command):
    """A command whose arguments are texts: one that begins with a hyphen looks like an option."""

    def parse_args(self, context, args):
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            hint = f"a text that begins with - goes after --, as in: {context.command_path} -- '-_- oh well'"
            raise click.UsageError(f"{error.format_message()} If it is a text: {hint}", context) from error


def _pipeline(profile, classifier):
    from vadstudy.pipeline import EmotionPipeline

    return EmotionPipeline(profile=profile, classifier=classifier)


@click.command(cls=Texts)
@click.argument("texts", nargs=-1)
@click.option("--top", default=3, show_default=True, type=click.IntRange(1, 28), help="How many emotions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all 28 emotions.")
@classifier_option
@profile_option
def predict(texts, top, as_json, classifier, profile):
    """Show where TEXTS lie in the space, and their emotions; without TEXTS, of each line of standard input.

    \b
    Example:
      vadstudy predict "I can't wait to see you again!"
      vadstudy predict --json < comments.txt > readings.jsonl
      vadstudy predict -- "-_- a text that begins with a hyphen"

    Valence, arousal and dominance go from 0 to 1, in the units of the NRC lexicon. The numbers beside the emotions are
    probabilities by 1nn, which --json gives as "emotions"; svm ranks only, and --json gives its names as "ranking", the
    best first. A text in which the model knows no sign gets nothing, null in JSON.
    """
    if not texts and sys.stdin.isatty():
        raise click.UsageError("no text; give one in quotes, or lines on standard input")
    texts = iter(texts) if texts else _lines(sys.stdin.buffer)
    try:
        read = _pipeline(profile, classifier)
        _show(read(texts), top, as_json, read.ranks_only)
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


def _show(readings, top, as_json, ranks_only):
    for reading in readings:
        known = bool(reading.emotions)
        vad = {name: round(getattr(reading, name), 4) if known else None for name in VAD}
        if as_json:
            shares = {name: share and round(share, 4) for name, share in reading.emotions.items()}
            found = {"ranking": reading.ranking or None} if ranks_only else {"emotions": shares or None}
            click.echo(json.dumps({"text": reading.text, **vad, **found}, ensure_ascii=False))
        else:
            click.echo(reading.text)
            if known:
                click.echo("  " + "  ".join(f"{name} {value:.2f}" for name, value in vad.items()))
            click.echo("  " + (reading.best(top, "  ") if known else repr(reading)))


@click.command()
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=path)
@click.option("--column", default="text", show_default=True, help="The column of texts.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column only; may be given again.")
@click.option("--probabilities", is_flag=True, help="Add a column p_<emotion> for each of the 28, too.")
@click.option("--encoding", help="Of an IN that is not UTF-8, such as cp1252 or utf-16; OUT is always UTF-8.")
@click.option("--overwrite", is_flag=True, help="Replace OUT, and parts of other calls.")
@classifier_option
@profile_option
def annotate(source, out, column, keep, probabilities, encoding, overwrite, classifier, profile):
    """Copy the rows of IN to OUT and add valence, arousal, dominance, emotion and probability (svm has none).

    \b
    Example:
      vadstudy annotate comments.csv annotated.parquet --column body

    CSV (.csv, with a header), TSV (.tsv, with a header, without quotes), JSON lines (.jsonl) and Parquet (.parquet),
    as the suffix says. Memory does not grow with the file. After a kill, the same command goes on where it was.

    Rows without text are copied and get nothing; so do texts in which the model knows no sign, such as emoji only. Of a
    text of over 200 tokens the beginning is read. The last line says how many there were of each.

    Cells are copied as they are, in CSV also those that a spreadsheet program takes for formulas (they begin with =, +,
    - or @): do not open a file from strangers in one. In TSV that is written, tabs and line breaks become spaces; in
    JSON lines, NaN and infinity become null.
    """
    from vadstudy.annotate import Annotation

    try:
        work = Annotation(source, out, column, keep, probabilities, overwrite, encoding, ranks=classifier == "svm")
        read = _pipeline(profile, classifier)
        done = work.run(read)
    except KeyboardInterrupt:
        raise Stopped("stopped; the same command goes on where it was") from None
    rate = done["read"] / max(done["seconds"], 1e-9)
    said = f"{done['rows']:,} rows, {done['empty']:,} of them without text"
    if done["unknown"]:
        said += f", {done['unknown']:,} with a text in which the model knows no sign"
    if done["cut"]:
        said += f"; {done['cut']:,} texts cut after {read.max_length} tokens"
    click.echo(f"{out}: {said}; {done['read']:,} annotated just now, {rate:,.0f} a second", err=True)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the folder's files of these names.")
@profile_option
def export(folder, overwrite, profile):
    """Write the model to FOLDER as a plain Hugging Face folder, with a model card.

    \b
    Example:
      vadstudy export build/vad-minilm

    The card shows the code that reads texts with it, which needs transformers, torch and safetensors only. Its
    probabilities are those of 1nn: a softmax of distances, with a temperature chosen on dev. The folder is no
    classifier for transformers' own pipelines.
    """
    from vadstudy import export as work

    click.echo(work.export(folder, profile, overwrite))
