"""Emotions that no training saw: the scores, the offset, and what rows may look at."""

import numpy as np
import pytest

from vadstudy import bootstrap, mappers, unseen
from vadstudy.bootstrap import Row
from vadstudy.emotions import EMOTIONS
from vadstudy.runs import RunStore
from vadstudy.unseen import Told

NEUTRAL = EMOTIONS.index("neutral")


@pytest.fixture(scope="module")
def store():
    return RunStore("smoke")


def told(ahead, labels, left_out, right_seen=True, right_unseen=True):
    labels = np.array(labels)
    wrong = np.full(len(labels), 27)
    return Told(
        seen=labels if right_seen else wrong,
        unseen=labels if right_unseen else wrong,
        ahead=np.array(ahead, float),
        labels=labels,
        left_out=np.array(left_out),
    )


def test_chance_is_the_mean_over_emotions_of_one_of_their_part():
    sizes = [len(part) for part in unseen.PARTS for _ in part]
    assert pytest.approx(np.mean([1 / size for size in sizes])) == unseen.CHANCE
    assert sorted(sum(unseen.PARTS, ())) == sorted(set(EMOTIONS) - {"neutral"})


def test_scores_are_mean_shares_of_emotions_not_of_texts():
    labels = np.array([0, 0, 0, 1, 2])
    # Label 2 is never left out; label 0 is told from its part three times in three, of all 28 once.
    right = np.array([[1, 1, 1], [1, 0, 0.5], [1, 0, 0], [0, 0, 1], [np.nan, np.nan, 1]])
    values = bootstrap.compare({"row": Row([right])}, labels, unseen.measure, n_resamples=2).values["row"]
    assert values["among"] == pytest.approx(1 / 2) and values["among_texts"] == pytest.approx(3 / 4)
    assert values["unseen"] == pytest.approx(1 / 6) and values["seen"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert values["harmonic"] == pytest.approx(2 / (6 + 1.2))


def test_the_offset_is_the_best_on_dev():
    rng = np.random.default_rng(0)
    labels = rng.integers(28, size=300)
    left_out = labels < 4
    each = Told(
        seen=np.where(rng.random(300) < 0.7, labels, NEUTRAL),
        unseen=np.where(rng.random(300) < 0.5, labels, 0),
        ahead=rng.normal(size=300) - left_out,
        labels=labels,
        left_out=left_out,
    )

    def harmonic(added):
        by_unseen = each.ahead < added
        shares = [
            np.mean([(right & by)[labels == k].mean() for k in of])
            for right, by, of in (
                (each.unseen == labels, by_unseen, range(4)),
                (each.seen == labels, ~by_unseen, range(4, 28)),
            )
        ]
        return 2 * shares[0] * shares[1] / max(sum(shares), 1e-12)

    best = harmonic(unseen.offset([each]))
    assert best == pytest.approx(max(harmonic(added) for added in np.linspace(-5, 5, 2001)), abs=1e-6)
    assert best > harmonic(0) and best > 0.3


def test_an_offset_that_parts_the_two_perfectly_gives_all():
    one = told([0.2, 0.4, 0.9, 1.1], [0, 1, 4, 5], [True, True, False, False])
    other = told([0.3, 1.0], [6, 0], [True, False])
    assert 0.4 < unseen.offset([one, other]) < 0.9


def test_right_looks_at_the_part_that_left_a_label_out(store, monkeypatch):
    (part,) = unseen.parts(store)
    labels = store["labels-names"].labels("test")
    perfect = np.eye(28)[labels]
    found = unseen.right([part], lambda part, split: np.eye(28)[part.run("softmax").labels(split)])
    out = np.isin(labels, part.unseen)
    assert (found[out, 0] == 1).all() and np.isnan(found[~out, :2]).all()
    assert (found[out, 1] == 1).all() and (found[~out, 2] == 1).all() and np.isnan(found[out, 2]).all()
    # Scores that always prefer one unseen label name it among its part's.
    one = perfect * 0
    one[:, part.unseen[0]] = 1
    dev = np.zeros((len(part.run("softmax").labels("dev")), 28))
    dev[:, part.unseen[0]] = 1
    found = unseen.right([part], lambda part, split: one if split == "test" else dev)
    assert (found[out, 0] == (labels[out] == part.unseen[0])).all()


def test_a_softmax_without_an_emotion_gives_it_nothing(store):
    (part,) = unseen.parts(store)
    for name in ("softmax", "bce"):
        likely = part.likely(name, "test")
        assert (likely[:, part.unseen] == 0).all() and np.allclose(likely.sum(axis=1), 1)


def test_what_names_are_measured_from_is_dev_without_the_unseen(store):
    (part,) = unseen.parts(store)
    run = store["labels-names"]
    seen = np.isin(run.labels("dev"), part.seen)
    assert 0 < seen.sum() < len(seen)
    assert np.allclose(part.to_names("labels-names", "dev")[seen].mean(axis=0), 0, atol=1e-6)


def test_every_way_scores_every_label(store):
    (part,) = unseen.parts(store)
    for name, scoring in (unseen.WAYS | {"shuffled": unseen.shuffled_ways()[0]}).items():
        scores = scoring(part, "test")
        assert scores.shape == (len(part.run("softmax").labels("test")), 28) and np.isfinite(scores).all(), name


def test_a_point_is_named_by_the_nearest_label(store):
    (part,) = unseen.parts(store)
    run = part.run("nrc-mae")
    scores = unseen.WAYS["nrc-mae, nearest"](part, "test")
    distances = np.abs(run.outputs("test")[0] - mappers.nrc().points).sum(axis=1)
    assert scores[0] == pytest.approx(-distances, abs=1e-5)


def test_rows_and_emotions(store):
    rows = unseen.rows(store)
    assert len(rows[unseen.SHUFFLED].predictions) == unseen.SHUFFLES
    assert len({each[:, 0].tobytes() for each in rows[unseen.SHUFFLED].predictions}) > 1
    compared = unseen.compared(store, rows)
    table = unseen.by_emotion(store, rows)
    (part,) = unseen.parts(store)
    assert list(table.index) == [EMOTIONS[k] for k in part.unseen] and (table["candidates"] == len(part.unseen)).all()
    for name in rows:
        assert compared.values[name]["among"].mean() == pytest.approx(table[name].mean())
