"""The columns that annotation adds to texts, in a file or in a batch of a larger system: their types and values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.use.signs import NOT_ENGLISH

if TYPE_CHECKING:
    from vadstudy.use.pipeline import EmotionPipeline

Batch = TypeVar("Batch", pa.Table, pa.RecordBatch)
#: What is counted besides rows: those without text, those in whose text the model knows no sign, texts that are cut,
#: texts that are not English.
COUNTS = ("empty", "unknown", "cut", "foreign")


def new_columns(
    probabilities: bool = False, ranks: bool = False, several: bool = False, own: Sequence[str] = ()
) -> pa.Schema:
    """Schema of what is added: VAD and the best label; unless the classifier only ranks the labels, its probability and
    whether that is uncertain; ``emotions``, all that are likely enough, if asked; flags; the best of the own labels and
    its score, if there are some; ``p_<label>`` and ``score_<own label>`` of all, if asked."""
    columns: list[tuple[str, pa.DataType]] = [(name, pa.float32()) for name in DIMENSIONS]
    columns += [("emotion", pa.string())]
    if not ranks:
        columns += [("probability", pa.float32()), ("uncertain", pa.bool_())]
    if several:
        columns += [("emotions", pa.string())]
    columns += [("flags", pa.string())]
    if own:
        columns += [("label", pa.string()), ("label_score", pa.float32())]
    every = [*(f"p_{emotion}" for emotion in EMOTIONS), *(f"score_{label}" for label in own)]
    return pa.schema([*columns, *((name, pa.float32()) for name in every if probabilities)])


def annotated(
    pipeline: "EmotionPipeline", chunk: pa.Table | list[dict[str, Any]], column: str, kept: pa.Schema, added: pa.Schema
) -> tuple[pa.Table | list[dict[str, Any]], dict[str, int]]:
    """A chunk's kept columns with the new ones, of its own kind, a list of rows or a table, and its counts.

    Numbers have four decimals in every format.
    """
    texts = chunk[column].to_pylist() if isinstance(chunk, pa.Table) else [row[column] for row in chunk]
    found, counts = answers(pipeline, texts, added.names)
    if isinstance(chunk, pa.Table):
        return appended(chunk.select(kept.names), found, added).replace_schema_metadata(None), counts
    names = set(kept.names)
    copied = ({name: value for name, value in row.items() if name in names} for row in chunk)
    return [row | answer for row, answer in zip(copied, found, strict=True)], counts


def appended(batch: Batch, found: list[dict[str, Any]], added: pa.Schema) -> Batch:
    """An Arrow table or record batch with the values of the new columns at its end."""
    new = pa.RecordBatch.from_pylist(found, schema=added)
    for field, values in zip(added, new.columns, strict=True):
        batch = batch.append_column(field, values)
    return batch


def answers(
    pipeline: "EmotionPipeline", texts: Sequence[str | None], names: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Values of the new columns for each text, None where there is nothing to read, and the counts."""
    out: list[dict[str, Any]] = [dict.fromkeys(names) for _ in texts]
    read = {i: text for i, text in enumerate(texts) if text and text.strip()}
    rows, some = list(read), list(read.values())
    counts = dict.fromkeys(COUNTS, 0) | {"empty": len(texts) - len(rows)}
    if rows:
        vad, scores, cut, flags = pipeline.arrays(some, progress=False)
        known, own = ~np.isnan(vad[:, 0]), pipeline.own_scores(some, scores)
        scores = np.where(known[:, None], scores, 0)
        numbers = dict(zip(DIMENSIONS, vad.T, strict=True)) | {"probability": scores.max(axis=1)}
        numbers |= {f"p_{emotion}": share for emotion, share in zip(EMOTIONS, scores.T, strict=True)}
        columns = {name: np.round(numbers[name].astype(float), 4).tolist() for name in names if name in numbers}
        columns["emotion"] = [EMOTIONS[i] for i in scores.argmax(axis=1)]
        if "uncertain" in names:
            columns["uncertain"] = (scores.max(axis=1) <= pipeline.sure).tolist()
        if "emotions" in names:
            columns["emotions"] = _joined(scores, pipeline.chosen(scores))
        answers = zip(*columns.values(), strict=True)
        for i, answer, is_known, said, mine in zip(rows, answers, known.tolist(), flags, own, strict=True):
            out[i]["flags"] = "; ".join(said) or None
            if is_known:
                out[i] |= dict(zip(columns, answer, strict=True)) | _own(mine, names)
        foreign = sum(any(flag.startswith(NOT_ENGLISH) for flag in said) for said in flags)
        counts |= {"unknown": int((~known).sum()), "cut": int(np.sum(cut)), "foreign": foreign}
    return out, counts


def _own(ranked, names):
    """Values of the own labels' columns, from their scores, the best first."""
    if not ranked:
        return {}
    best, score = next(iter(ranked.items()))
    found = {"label": best, "label_score": score} | {f"score_{label}": each for label, each in ranked.items()}
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in found.items() if name in names
    }


def _joined(scores, chosen):
    """Names of each row's chosen labels, the best first, with semicolons between them."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return [";".join(EMOTIONS[i] for i in best if names[i]) for best, names in zip(order, chosen, strict=True)]
