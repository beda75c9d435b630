"""The file of a run: every bit comes back, and its digest is that of the values."""

import numpy as np

from vadstudy.disk import sealed
from vadstudy.runs import RunStore


def test_a_file_keeps_every_bit_and_labels_of_64_bits():
    run = RunStore("smoke").get("nrc-mae")
    rng = np.random.default_rng(0)
    frame = run.predictions.assign(
        o0=rng.random(560, np.float32), o1=rng.normal(size=560).astype(np.float16), o2=rng.random(560)
    )
    frame.loc[3, ["o0", "o1", "o2"]] = np.nan
    read = sealed.unpack(data := sealed.pack(frame, run.meta))
    assert read.equals(frame) and read.dtypes.equals(frame.dtypes) and read["label"].dtype == np.int64
    assert [read[name].to_numpy().tobytes() for name in ("o0", "o1", "o2")] == [
        frame[name].to_numpy().tobytes() for name in ("o0", "o1", "o2")
    ]
    assert sealed.meta(data)["digest"] == sealed.digest(frame) == sealed.digest(read.astype({"label": np.int8}))
    for change in ({"o1": frame["o1"].astype(np.float32)}, {"o0": frame["o0"] + 1e-6}, {"id": frame["id"] + "x"}):
        assert sealed.digest(frame.assign(**change)) != sealed.digest(frame)
