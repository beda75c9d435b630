"""A run and its file: the predictions as Parquet, all else as JSON in the file's metadata, and a seal over every byte.

Any Parquet reader shows the predictions; ``vadstudy show RUN`` the rest. The seal is the SHA-256 of the file with the
seal itself blank. The *digest* is of the predictions' values alone: what is computed from them names it, and files of
other encodings have the same.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vadstudy import recipes
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import RunError
from vadstudy.mappers import Mapper
from vadstudy.recipes import Derived, Recipe

SEAL = re.compile(rb"sealed:([0-9a-f]{64})")
BLANK = b"sealed:" + b"0" * 64
#: What every run's metadata has, beside what its kind of recipe adds.
FIELDS = {"recipe": dict, "seed": int, "fingerprints": dict, "date": str, "digest": str}


@dataclass(frozen=True)
class Run:
    """A recorded run: what was trained or computed, and every prediction that it made."""

    recipe: Recipe | Derived
    seed: int
    path: Path
    meta: dict
    data: bytes = field(repr=False, compare=False)

    @cached_property
    def predictions(self):
        """One row a text: ``split``, ``id``, ``label``, outputs ``o0`` …; see :mod:`vadstudy.derived` for others."""
        return unpack(self.data)

    @property
    def digest(self):
        """SHA-256 of the predictions' values, by which what belongs to them or is computed from them names them."""
        return self.meta["digest"]

    @cached_property
    def history(self):
        """One row an evaluation: step, epoch, train loss, dev loss, dev accuracy, dev macro-F1 (trained runs only)."""
        if "history" not in self.meta:
            raise RunError(f"{self.path} has no history: {self.recipe.name!r} is computed, not trained")
        return pd.DataFrame(self.meta["history"])

    @property
    def mapper(self):
        """The mapper whose points the run was trained towards, as recorded; a ``RunError`` for a baseline."""
        if "points" not in self.meta:
            raise RunError(f"{self.path} has no mapper: {self.recipe.name!r} is not a regressor")
        return Mapper(self.recipe.mapper, EMOTIONS, np.array(self.meta["points"]))

    @property
    def splits(self):
        """The splits that were predicted."""
        return list(self.predictions["split"].unique())

    def rows(self, split):
        """Predictions of one split; a ``RunError`` if the run has none."""
        rows = self.predictions[self.predictions["split"] == split]
        if rows.empty:
            raise RunError(f"{self.path} has no predictions of split {split!r}; it has {', '.join(self.splits)}")
        return rows

    def outputs(self, split):
        """Points (n, dims), logits or probabilities (n, labels) of a split, as float32."""
        return self.rows(split).filter(regex=r"^o\d+$").to_numpy("float32")

    def labels(self, split):
        """True label indices (n,) of a split."""
        return self.rows(split)["label"].to_numpy()

    def ids(self, split):
        """Comment ids (n,) of a split."""
        return self.rows(split)["id"].to_numpy()

    def regressor(self):
        """Tokenizer and regressor with the run's weights, for runs whose recipe keeps them.

        Raises
        ------
        RunError
            If there are no weights, or they are damaged or those of other predictions.
        """
        from safetensors.torch import load

        from vadstudy import training

        path = self.path.with_suffix(".safetensors")
        again = f"restore both from git, or retrain them with `make retrain RUN={self.recipe.name} SEED={self.seed}`"
        if "weights" not in self.meta or not path.is_file():
            raise RunError(
                f"{path} is missing: only recipes with keep_weights keep them, of seed {recipes.SEED}; retrain with "
                f"`make retrain RUN={self.recipe.name}` after setting it"
            )
        data = path.read_bytes()
        if (found := hashlib.sha256(data).hexdigest()) != self.meta["weights"]:
            named = re.search(rb"predictions\W+([0-9a-f]{64})", data)
            other = named and named[1].decode() != self.digest
            what = f"belongs to other predictions than {self.path}" if other else "is damaged"
            raise RunError(f"{path} {what} (SHA-256 {found}, recorded {self.meta['weights']}); {again}")
        tokenizer, regressor, _ = training.build(self.recipe)
        return tokenizer, regressor.load(path, load(data)).eval()


def pack(predictions: pd.DataFrame, meta: dict) -> bytes:
    """A run's file.

    Parameters
    ----------
    predictions : DataFrame
        One row a text; numbers keep their type and every bit, the index is left out.
    meta : dict
        Of JSON values: recipe, seed, fingerprints, date and more; ``digest`` is added.
    """
    frame = _widened(predictions)
    stored = frame.assign(**{name: pd.to_numeric(frame[name], downcast="integer") for name in _labels(frame)})
    # Not by `Table.from_pandas`, which makes nulls of NaN.
    table = pa.table({name: pa.array(column.to_numpy()) for name, column in stored.items()})
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    buffer = BytesIO()
    options = dict(
        compression="zstd",
        compression_level=15,
        use_dictionary=["split"],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        write_page_checksum=True,
        store_schema=False,
    )
    with pq.ParquetWriter(buffer, table.schema, **options) as writer:
        writer.write_table(table)
        text = json.dumps(meta | {"digest": digest(frame)}, ensure_ascii=False)
        writer.add_key_value_metadata({"run": text, "seal": BLANK.decode()})
    data = buffer.getvalue()
    return data.replace(BLANK, b"sealed:" + hashlib.sha256(data).hexdigest().encode())


def meta(data: bytes) -> dict:
    """What a run's file says of the run, once its seal is verified; a ``ValueError`` says what is wrong with it."""
    seals, found = SEAL.findall(data), hashlib.sha256(SEAL.sub(BLANK, data)).hexdigest()
    if len(seals) != 1:
        raise ValueError(f"{len(data)} bytes without a seal: cut short, or not the file of a run")
    if seals[0].decode() != found:
        raise ValueError(f"SHA-256 {found}, sealed as {seals[0].decode()}")
    said = json.loads(pq.read_metadata(BytesIO(data)).metadata[b"run"])
    if not isinstance(said, dict):
        raise ValueError(f"its metadata is {type(said).__name__}, expected an object")
    for name, kind in FIELDS.items():
        if not isinstance(said.get(name), kind):
            raise ValueError(f"its metadata's field {name!r} is {said.get(name)!r}, expected {kind.__name__}")
    return said


def unpack(data: bytes) -> pd.DataFrame:
    """The predictions in a run's file."""
    return _widened(pq.read_table(BytesIO(data), page_checksum_verification=True).to_pandas())


def digest(predictions: pd.DataFrame) -> str:
    """SHA-256 of the names, types and values of the columns, in their order, as hex."""
    found = hashlib.sha256()
    for name, column in _widened(predictions).items():
        number = column.dtype.kind in "iuf"
        values = column.to_numpy()
        found.update(json.dumps([name, values.dtype.name if number else "text", len(values)]).encode())
        if number:
            found.update(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes())
        else:
            found.update(json.dumps(column.tolist()).encode())
    return found.hexdigest()


def _widened(predictions):
    """With labels of 64 bits, in which arithmetic on them cannot overflow."""
    return predictions.astype(dict.fromkeys(_labels(predictions), np.int64))


def _labels(predictions):
    return [name for name in ("label",) if predictions[name].dtype.kind in "iu"]
