"""Commands for people who use the model: ``vadstudy predict``, ``annotate`` and ``export``."""

import json
import sys
from itertools import islice
from pathlib import Path

import click

from vadstudy import recipes

profile_option = click.option("--profile", default="study", type=click.Choice(recipes.PROFILES), show_default=True,
                              help="Whose recorded model.")  # fmt: skip
classifier_option = click.option("--classifier", default="1nn", type=click.Choice(["1nn", "svm"]), show_default=True,
                                 help="How a point becomes an emotion.")  # fmt: skip
path = click.Path(dir_okay=False, path_type=Path)


def _pipeline(profile, classifier):
    from vadstudy.pipeline import EmotionPipeline

    return EmotionPipeline(profile=profile, classifier=classifier)


@click.command()
@click.argument("texts", nargs=-1)
@click.option("--top", default=3, show_default=True, type=click.IntRange(1, 28), help="How many emotions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all 28 probabilities.")
@classifier_option
@profile_option
def predict(texts, top, as_json, classifier, profile):
    """Show where TEXTS lie in the space, and their emotions; without TEXTS, of each line of standard input.

    \b
    Example:
      vadstudy predict "I can't wait to see you again!"
      vadstudy predict --json < comments.txt > readings.jsonl

    Valence, arousal and dominance go from 0 to 1, in the units of the NRC lexicon.
    """
    if not texts and sys.stdin.isatty():
        raise click.UsageError("no text; give one in quotes, or lines on standard input")
    texts = iter(texts) if texts else (line.rstrip("\n") for line in sys.stdin if line.strip())
    try:
        _show(_pipeline(profile, classifier)(texts), top, as_json)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _show(readings, top, as_json):
    for reading in readings:
        vad = {name: round(getattr(reading, name), 4) for name in ("valence", "arousal", "dominance")}
        if as_json:
            shares = {name: round(share, 4) for name, share in reading.emotions.items()}
            click.echo(json.dumps({"text": reading.text, **vad, "emotions": shares}, ensure_ascii=False))
        else:
            click.echo(reading.text)
            click.echo("  " + "  ".join(f"{name} {value:.2f}" for name, value in vad.items()))
            click.echo("  " + "  ".join(f"{name} {p:.2f}" for name, p in islice(reading.emotions.items(), top)))


@click.command()
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=path)
@click.option("--column", default="text", show_default=True, help="The column of texts.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column only; may be given again.")
@click.option("--probabilities", is_flag=True, help="Add a column p_<emotion> for each of the 28, too.")
@click.option("--overwrite", is_flag=True, help="Replace OUT, and parts of other calls.")
@classifier_option
@profile_option
def annotate(source, out, column, keep, probabilities, overwrite, classifier, profile):
    """Copy the rows of IN to OUT and add valence, arousal, dominance, emotion and probability.

    \b
    Example:
      vadstudy annotate comments.csv annotated.parquet --column body

    CSV (.csv, with a header), TSV (.tsv, with a header, without quotes), JSON lines (.jsonl) and Parquet (.parquet),
    as the suffix says. Memory does not grow with the file. After a kill, the same command goes on where it was. Rows
    without text are copied and get nothing. In TSV that is written, tabs and line breaks become spaces.
    """
    from vadstudy.annotate import Annotation

    try:
        work = Annotation(source, out, column, keep, probabilities, overwrite)
        done = work.run(_pipeline(profile, classifier))
    except KeyboardInterrupt:
        raise click.ClickException("stopped; the same command goes on where it was") from None
    rate = done["read"] / max(done["seconds"], 1e-9)
    click.echo(f"{out}: {done['rows']:,} rows, {done['empty']:,} of them without text; {done['read']:,} annotated just "
               f"now, {rate:,.0f} a second", err=True)  # fmt: skip


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the folder's files of these names.")
@profile_option
def export(folder, overwrite, profile):
    """Write the model to FOLDER as a plain Hugging Face folder, with a model card.

    \b
    Example:
      vadstudy export build/vad-minilm

    The card shows the code that reads texts with it, which needs transformers, torch and safetensors only.
    """
    from vadstudy import export as work

    click.echo(work.export(folder, profile, overwrite))
