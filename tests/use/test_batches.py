"""Batches of other systems: the same answers as of a file, whatever the batch is and wherever it ends."""

import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from vadstudy.errors import OptionError, TableError
from vadstudy.use import batches
from vadstudy.use.annotate import Annotation
from vadstudy.use.batches import Annotate
from vadstudy.use.pipeline import EmotionPipeline

TEXTS = ["plain words", "more of them", "", None, "I love this 😍", "thank you so much!", " ", "so sad to hear it"]
TABLE = pa.table({"id": range(8), "text": TEXTS})
NUMBERS = ("valence", "arousal", "dominance", "probability")


@pytest.fixture(scope="module")
def annotate():
    return Annotate(labels="several")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What annotating a file writes for the same texts."""
    folder = tmp_path_factory.mktemp("file")
    pq.write_table(TABLE, folder / "in.parquet")
    Annotation(folder / "in.parquet", folder / "out.parquet", several=True).run(EmotionPipeline(labels="several"))
    return pq.read_table(folder / "out.parquet")


def same(found, expected):
    """Equal but for the floating point noise of other batches, in the fourth decimal."""
    assert found.column_names == expected.column_names
    for name in expected.column_names:
        wanted = expected[name].to_pylist()
        assert found[name].to_pylist() == (pytest.approx(wanted, abs=2e-4) if name in NUMBERS else wanted)


def test_a_table_has_a_file_s_answers_and_types(annotate, expected):
    found = annotate(TABLE)
    same(found, expected)
    assert found.schema == expected.schema
    assert found["flags"].to_pylist()[4] and found["valence"].to_pylist()[2:4] == [None, None]


def test_record_batches_stream_and_their_boundaries_do_not_matter(annotate, expected):
    out = annotate(iter(TABLE.to_batches(max_chunksize=3)))
    assert next(out).num_rows == 3, "each batch comes as it is read"
    same(pa.Table.from_batches(annotate(iter(TABLE.to_batches(max_chunksize=3)))), expected)


def test_a_dict_of_lists_stays_one(annotate, expected):
    found = annotate(TABLE.to_pydict())
    assert type(found) is dict and all(type(values) is list for values in found.values())
    same(pa.table(found, schema=expected.schema), expected)


@pytest.mark.parametrize("how", [None, "arrow"])
def test_datasets_maps_with_it(annotate, expected, how):
    source = Dataset(TABLE).with_format(how)
    features = annotate.features(source.features) if how is None else None
    found = source.map(annotate, batched=True, batch_size=2, features=features).with_format("arrow")[:]
    same(found, expected)
    assert found.schema.field("flags").type == pa.string() and found.schema.field("valence").type == pa.float32()


def test_what_is_sent_to_workers_is_small_and_a_process_makes_one_pipeline(annotate):
    annotate(TABLE)
    sent = pickle.dumps(annotate)
    assert len(sent) < 500
    assert pickle.loads(sent).pipeline is annotate.pipeline is Annotate("other", labels="several").pipeline


def test_spark_gets_a_schema_in_its_own_words(annotate):
    found = annotate.schema([("id", "bigint"), ("a `b`", "array<string>")])
    assert found.startswith("`id` bigint, `a ``b``` array<string>, `valence` float, ")
    assert found.endswith(
        "`emotion` string, `probability` float, `uncertain` boolean, `emotions` string, `flags` string"
    )


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (pa.table({"body": ["a"]}), TableError, "no column 'text'; it has body; name it with column="),
        ({"body": ["a"]}, TableError, "no column 'text'; it has body"),
        (pa.table({"text": [1]}), TableError, "column 'text' is int64, expected text"),
        ({"text": ["a", 2.0]}, TableError, "column 'text', row 1 is float, expected text or None"),
        ({"text": ["a\ud83d"]}, TableError, "row 0 holds half a character"),
        ({"text": "a"}, TableError, "is one text, expected a list of texts; pass batched=True"),
        (pa.table({"text": ["a"], "flags": ["b"]}), TableError, "has the columns flags already"),
        (["a"], TypeError, "a batch is list, expected a dict of lists"),
    ],
)
def test_what_is_wrong_is_one_error(annotate, batch, error, message):
    with pytest.raises(error, match=message):
        annotate(batch)


def test_a_wrong_column_of_a_stream_is_an_error_too(annotate):
    with pytest.raises(TableError, match="no column 'body'"):
        list(Annotate("body", labels="several")(iter(TABLE.to_batches())))


def test_wrong_options_are_known_before_any_batch():
    with pytest.raises(OptionError, match="unknown option 'colour' of Annotate; expected one of model, vad, "):
        Annotate(colour="red")
    with pytest.raises(OptionError, match="leave probabilities out"):
        Annotate(probabilities=True, model="regressor", classifier="svm")


def test_nothing_to_read_loads_no_types_of_null(annotate):
    found = annotate(pa.table({"text": pa.array([None, None], pa.null())}))
    assert found["emotion"].to_pylist() == [None, None] and found["emotion"].type == pa.string()


def test_batches_import_none_of_the_systems():
    source = Path(batches.__file__).read_text(encoding="utf-8")
    assert "import pyspark" not in source and "import ray" not in source
