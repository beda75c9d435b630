"""The file of a run: every bit comes back, and its digest is that of the values."""

import numpy as np
import pytest

from vadstudy.disk import sealed
from vadstudy.errors import RunError
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


@pytest.fixture
def run():
    return RunStore("smoke").get("nrc-mae")


def test_texts_that_are_kept_apart_come_back_and_are_kept_once(run, tmp_path):
    frame = run.predictions
    whole, parted = sealed.pack(frame, run.meta), sealed.pack(frame, run.meta, tmp_path)
    other = sealed.pack(frame.assign(o0=0.5), run.meta, tmp_path)
    assert len(parted) < len(whole) and len(list(tmp_path.iterdir())) == 1
    read = sealed.unpack(parted, tmp_path)
    assert read.equals(frame) and read.dtypes.equals(frame.dtypes) and list(read) == list(frame)
    assert sealed.meta(parted)["digest"] == sealed.meta(whole)["digest"] != sealed.meta(other)["digest"]
    assert (sealed.unpack(other, tmp_path)["o0"] == 0.5).all()


def test_what_is_no_output_is_kept_in_the_file_where_there_is_nothing_else(run, tmp_path):
    frame = run.predictions[["split", "id", "label"]]
    data = sealed.pack(frame, run.meta, tmp_path)
    assert not list(tmp_path.iterdir()) and sealed.unpack(data).equals(frame)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "magic bytes"),
        (lambda path: path.write_bytes(b""), "is 0 bytes"),
    ],
    ids=["missing", "cut short", "empty"],
)
def test_texts_that_cannot_be_read_are_named(lend, damage, message):
    store = lend("nrc-mae")
    run = store.get("nrc-mae")
    (path,) = (found for found in (store.folder / "texts").iterdir() if found.stem in run.meta["texts"])
    damage(path)
    with pytest.raises(
        RunError, match=rf"(?s){path.name}, which has the texts of .*{message}.* restore it from git, or"
    ):
        run.outputs("test")


def test_texts_of_others_are_not_taken_for_them(run, lend):
    store = lend("nrc-mae", "carried-softmax")
    paths = [
        store.folder / "texts" / f"{store.get(name).meta['texts'][:16]}.parquet"
        for name in ("nrc-mae", "carried-softmax")
    ]
    paths[0].write_bytes(paths[1].read_bytes())
    with pytest.raises(RunError, match="it holds other texts, of digest"):
        store.get("nrc-mae").rows("dev")
