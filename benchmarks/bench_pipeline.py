"""VAD estimation: texts a second of the pipeline against sentence-transformers' encode, in one call.

All have the softmax's weights, the same GoEmotions comments, single precision and the same threads, and take turns: the
pipeline by PyTorch and, where the extra is installed, by OpenVINO; encode by PyTorch and by each of its other backends
that can be had (``--python`` names an interpreter that has them, where their versions do not go with the study's). The
pipeline does more: it gives a reading of every text, its point, all emotions ranked and flags, where encode gives the
pooled vector. Last, how long an answer of the explorer takes, by the softmax and by the regressor, on one thread.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

#: What encode is called by, and its backends.
ENCODE = {"encode": "torch", "encode-openvino": "openvino", "encode-onnx": "onnx"}
HINT = "sentence-transformers is missing; `pip install sentence-transformers` (the encoder's wheel asks for it, too)"


class Encode:
    """Sentence-transformers' encode in a process of its own (``encoding.py``); a call is a turn.

    ``missing`` is why it cannot be had, else empty; ``vectors`` are those of the first 64 texts.
    """

    def __init__(self, python, folder, backend, threads, max_length):
        vectors = folder / f"{backend}.npy"
        command = [python, Path(__file__).with_name("encoding.py"), folder, backend, threads, max_length]
        self.process = subprocess.Popen(
            [str(part) for part in (*command, folder / "texts.json", vectors)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(folder / f"{backend}.log", "w"),  # noqa: SIM115
            text=True,
        )
        self.missing = "" if any(line == "ready\n" for line in self.process.stdout) else "it stopped"
        if self.missing:
            self.process.wait()
            self.missing = [self.missing, *(folder / f"{backend}.log").read_text().strip().splitlines()][-1]
        else:
            self.vectors = np.load(vectors)

    def __call__(self):
        """Seconds and the processors' seconds of one turn."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Pipeline:
    """An ``EmotionPipeline`` on a list of texts; a call is a turn."""

    def __init__(self, texts, backend):
        from vadstudy.use.pipeline import EmotionPipeline

        self.read, self.texts = EmotionPipeline(backend=backend), texts
        self.read(texts[:64])

    def __call__(self):
        """Seconds and the processors' seconds of one turn."""
        started, worked = time.perf_counter(), time.process_time()
        self.read(self.texts)
        return time.perf_counter() - started, time.process_time() - worked


def encoders(pipeline, texts, python, threads, folder):
    """Encode by each backend that can be had, by name, with the pipeline's encoder, tokenizer and mean pooling."""
    pipeline.regressor.encoder.save_pretrained(folder)
    pipeline.tokenizer.save_pretrained(folder)
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    found = {}
    for name, backend in ENCODE.items():
        # The study's own PyTorch; the others where they are.
        encode = Encode(sys.executable if backend == "torch" else python, folder, backend, threads, pipeline.max_length)
        if not encode.missing:
            found[name] = encode
        elif backend == "torch":
            raise click.ClickException(f"encode: {encode.missing}")
        else:
            click.echo(f"encode by {backend} is left out: {encode.missing}")
    return found


def turns(ways, rounds):
    """Seconds and the processors' seconds of each way's turns, by name, (rounds, 2)."""
    taken = {name: [] for name in ways}
    for i in range(rounds):
        # Who goes first changes each round.
        for name in list(ways)[:: 1 if i % 2 == 0 else -1]:
            taken[name].append(ways[name]())
    return {name: np.array(rows) for name, rows in taken.items()}


def apart(pipeline, texts, vectors):
    """The largest difference between the pipeline's logits and those that its head makes of pooled vectors, of texts
    without emoji, which the pipeline puts into words."""
    import torch

    from vadstudy.use import signs

    with torch.inference_mode():
        logits = pipeline.regressor.head(torch.from_numpy(vectors)).numpy()
    plain = np.array([signs.in_words(text) == text for text in texts[: len(vectors)]])
    return float(np.abs(logits - pipeline.outputs(texts[: len(vectors)]))[plain].max())


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


def measured(taken, n):
    """What is recorded of each way: texts a second, and a pipeline's ratios to encode, medians over rounds.

    ``times_encode`` is to encode by PyTorch, ``times_fastest`` to the fastest of encode's backends that were there.
    """
    seconds = {name: rows[:, 0] for name, rows in taken.items()}
    encode = {name: rows for name, rows in seconds.items() if name in ENCODE}
    fastest = min(encode, key=lambda name: np.median(encode[name]))
    found = {name: {"texts_per_second": round(float(n / np.median(rows)), 1)} for name, rows in seconds.items()}
    for name in seconds.keys() - encode:
        for what, other in (("times_encode", "encode"), ("times_fastest", fastest)):
            found[name][what] = round(float(np.median(encode[other] / seconds[name])), 2)
    return found, fastest


@click.command()
@click.option("--texts", "n", default=20_000, show_default=True, help="Comments, a seeded sample of train.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--threads", default=os.cpu_count(), show_default=True, type=click.IntRange(1))
@click.option("--python", default=sys.executable, help="The interpreter with encode's backends openvino and onnx.")
@click.option("--record", "path", type=click.Path(dir_okay=False, writable=True), help="JSON file for the numbers.")
def main(n, rounds, threads, python, path):
    # Read when the tokenizers' library and the numeric ones start, here and in the processes of encode.
    os.environ["RAYON_NUM_THREADS"], os.environ["TQDM_DISABLE"] = str(threads), "1"
    os.environ["OMP_NUM_THREADS"], os.environ["HF_HUB_OFFLINE"] = str(threads), "1"
    if importlib.util.find_spec("sentence_transformers") is None:
        raise click.ClickException(HINT)
    import torch
    from recording import record
    from transformers.utils import logging

    from vadstudy import corpora

    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    train = corpora.load("goemotions")["train"]["text"]
    rows = np.random.default_rng(0).choice(len(train), min(n, len(train)), replace=False)
    texts = [train[int(i)] for i in rows]
    ways = {"pipeline": Pipeline(texts, "torch")}
    if importlib.util.find_spec("openvino"):
        ways["pipeline-openvino"] = Pipeline(texts, "openvino")
    pipeline = ways["pipeline"].read
    with tempfile.TemporaryDirectory() as folder:
        encode = encoders(pipeline, texts, python, threads, Path(folder))
        ways |= encode
        taken = turns(ways, rounds)
        found, fastest = measured(taken, len(texts))
        largest = max(apart(pipeline, texts, each.vectors) for each in encode.values())
        for each in encode.values():
            each.close()
    click.echo(f"{threads} threads, {len(texts):,} GoEmotions comments, {rounds} rounds, logits {largest:.0e} apart")
    for name, rows in taken.items():
        rates, work = len(texts) / rows[:, 0], 1000 * np.median(rows[:, 1]) / len(texts)
        line = f"{name + ':':20}{np.median(rates):8.1f} texts a second ({rates.min():.1f} to {rates.max():.1f})"
        ratios = found[name]
        if "times_encode" in ratios:
            line += f"; {ratios['times_encode']:.2f} times encode, {ratios['times_fastest']:.2f} times {fastest}"
        click.echo(f"{line}; {work:.2f} ms of processors a text")
    answers = answer_times(texts[:100])
    click.echo(f"the explorer answers in {np.median(answers):.0f} ms on one thread ({max(answers):.0f} ms at most)")
    if path:
        found["explorer"] = {"ms_an_answer": round(float(np.median(answers)), 1)}
        record(path, found, threads=threads, encoder="MiniLM-L6", texts=len(texts), rounds=rounds, fastest=fastest)


if __name__ == "__main__":
    main()
