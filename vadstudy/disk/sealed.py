"""A table and what is said of it in one file: Parquet, JSON in its metadata, and a seal over every byte.

Any Parquet reader shows the table. The seal is the SHA-256 of the file with the seal itself blank. The *digest* is of
the table's values alone: what is computed from them names it, and files of other encodings have the same.
"""

import hashlib
import json
import re
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SEAL = re.compile(rb"sealed:([0-9a-f]{64})")
BLANK = b"sealed:" + b"0" * 64
#: What every run's metadata has, beside what its kind of recipe adds.
FIELDS = {"recipe": dict, "seed": int, "fingerprints": dict, "date": str, "digest": str}


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
