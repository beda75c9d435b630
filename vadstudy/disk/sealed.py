"""A table and what is said of it in one file: Parquet, JSON in its metadata, and a seal over every byte.

Any Parquet reader shows the table. The seal is the SHA-256 of the file with the seal itself blank. The *digest* is of
the table's values alone: what is computed from them names it, and files of other encodings have the same.

Many runs predict the same texts. What their tables have of these, ids and labels, can be kept once, in a folder of
tables named by their own digest, and the run's file then holds the outputs alone.
"""

import hashlib
import json
import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vadstudy.disk import files

SEAL = re.compile(rb"sealed:([0-9a-f]{64})")
BLANK = b"sealed:" + b"0" * 64
#: Names of the columns that a model gave.
OUTPUT = r"o\d+"
#: What every run's metadata has, beside what its kind of recipe adds.
FIELDS = {"recipe": dict, "seed": int, "fingerprints": dict, "date": str, "digest": str}


def pack(predictions: pd.DataFrame, meta: dict, texts: Path | None = None) -> bytes:
    """A run's file.

    Parameters
    ----------
    predictions : DataFrame
        One row a text; numbers keep their type and every bit, the index is left out.
    meta : dict
        Of JSON values: recipe, seed, fingerprints, date and more; ``digest`` is added.
    texts : Path, optional
        Folder in which the columns that are no outputs are kept, apart from the file; they are written here if no run
        of these texts did so before. ``meta`` then names them.
    """
    frame = _widened(predictions)
    meta = {name: value for name, value in meta.items() if name not in ("texts", "columns")} | {"digest": digest(frame)}
    outputs = [name for name in frame if re.fullmatch(OUTPUT, name)]
    if texts is not None and outputs:
        apart = frame.drop(columns=outputs)
        meta |= {"texts": digest(apart), "columns": list(frame)}
        if not (path := texts / f"{meta['texts'][:16]}.parquet").is_file():
            texts.mkdir(parents=True, exist_ok=True)
            files.write(path, _written(apart, {}))
        frame = frame[outputs]
    data = _written(frame, {"run": json.dumps(meta, ensure_ascii=False), "seal": BLANK.decode()})
    return data.replace(BLANK, b"sealed:" + hashlib.sha256(data).hexdigest().encode())


def _written(frame, metadata):
    """A table as the bytes of a Parquet file."""
    stored = frame.assign(**{name: pd.to_numeric(frame[name], downcast="integer") for name in _labels(frame)})
    # Not by `Table.from_pandas`, which makes nulls of NaN.
    table = pa.table({name: pa.array(column.to_numpy()) for name, column in stored.items()})
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    buffer = BytesIO()
    options = dict(
        compression="zstd",
        compression_level=15,
        use_dictionary=[name for name in ("split", "genre") if name in stored],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        write_page_checksum=True,
        store_schema=False,
    )
    with pq.ParquetWriter(buffer, table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata)
    return buffer.getvalue()


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


def unpack(data: bytes, texts: Path | None = None) -> pd.DataFrame:
    """The predictions in a run's file, with what ``texts``, the folder, has of their texts.

    Raises
    ------
    ValueError, OSError
        If the file's texts are kept apart and are not in the folder, or are not those that the file names.
    """
    frame = pq.read_table(BytesIO(data), page_checksum_verification=True).to_pandas()
    said = meta(data)
    if "texts" in said:
        if texts is None:
            raise ValueError("the texts of these predictions are kept apart, in the folder of the runs' texts")
        frame = pd.concat([_kept(texts / f"{said['texts'][:16]}.parquet", said["texts"]), frame], axis=1)
        frame = frame[said["columns"]]
    return _widened(frame)


# Verified once: a hundred runs have the same texts.
@lru_cache(maxsize=32)
def _kept(path, expected):
    """A table of texts, as its digest says it is."""
    try:
        frame = _widened(pq.read_table(BytesIO(path.read_bytes()), page_checksum_verification=True).to_pandas())
    except pa.ArrowInvalid as error:
        raise ValueError(str(error)) from error
    if (found := digest(frame)) != expected:
        raise ValueError(f"it holds other texts, of digest {found}, expected {expected}")
    return frame


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
    return [name for name in ("label",) if name in predictions and predictions[name].dtype.kind in "iu"]
