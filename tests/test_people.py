"""People beside models: reliability, raters, and where points lie between two labels."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import people
from vadstudy.runs import RunStore


def test_reliability_is_the_share_of_variance_that_is_no_sampling():
    rng, raters = np.random.default_rng(0), 5
    true = rng.normal(0, 1, 4000)
    ratings = true[:, None] + rng.normal(0, 2, (4000, raters))
    rated = pd.DataFrame({"reader_valence_sd": ratings.std(axis=1), "reader_n": raters})
    errors = people.error_variance(rated, "reader", "valence")
    assert errors.mean() == pytest.approx(4 / raters, rel=0.05)
    found = people.reliability(ratings.mean(axis=1), errors)
    assert found == pytest.approx(1 / (1 + 4 / raters), abs=0.03)
    # Its root is how a perfect model correlates with the means.
    assert np.corrcoef(true, ratings.mean(axis=1))[0, 1] == pytest.approx(np.sqrt(found), abs=0.02)


def test_entropy_of_rows():
    rows = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [1 / 3] * 3])
    np.testing.assert_allclose(people.entropy(rows), [0, np.log(2), np.log(3)])


def test_places_and_distances_along_a_segment():
    ends = np.repeat([[[0.0, 0, 0], [2.0, 0, 0]]], 4, axis=0)
    points = np.array([[1.0, 1, 0], [0, 0, 0], [3, 0, 0], [-1, 0, 2]])
    place, distance = people.between(points, ends)
    np.testing.assert_allclose(place, [0.5, 0, 1.5, -0.5])
    np.testing.assert_allclose(distance, [1, 0, 1, np.sqrt(5)])
    same = np.ones((1, 2, 3))
    assert people.between(np.zeros((1, 3)), same)[1] == pytest.approx(np.sqrt(3))


@pytest.fixture(scope="module")
def smoke():
    return RunStore("smoke")


@pytest.mark.smoke
def test_stand_ins_for_people_agree(smoke):
    found = people.agreement(smoke)
    assert list(found.index) == ["valence", "arousal", "dominance"] and (found["ceiling"] == 1).all()
    # Every other comment has a rater of three who named another label as well.
    rater = people.one_rater(smoke)
    assert rater["named"] == 1 and rater["labels"] == pytest.approx(1.5)
    assert rater["accuracy"] == pytest.approx((1 + 0.75) / 2, abs=1e-3)


@pytest.mark.smoke
def test_the_second_guess_is_none_of_the_label_itself(smoke):
    found = people.beside_votes(smoke)
    assert list(found.index) == [42]
    assert 0 <= found.loc[42, "second"] <= 1 and 0 < found.loc[42, "second_chance"] < 0.1


@pytest.mark.smoke
def test_two_labels_are_those_of_the_comments(smoke):
    kept, labels = people.two_labels(smoke)
    run = smoke["labels-votes"].rows("mini-several/test")
    assert len(kept) == len(run) and labels.shape == (len(kept), 2)
    assert run["labels"].iloc[3] == ",".join(map(str, labels[3]))
    found = people.beside_two_labels(smoke)
    assert found["between"].between(0, 1).all() and found.loc[["scaled-mae"], "both"].isna().all()


@pytest.mark.smoke
def test_genres_are_scored_apart(smoke):
    truth = {
        split: smoke["vad-people"].rows(split)[["valence", "arousal", "dominance"]].to_numpy()
        for split in smoke["vad-people"].splits
    }
    found = people.by_genre(smoke, {"people themselves": lambda split: [truth[split], truth[split]]})
    assert found["texts"].sum() == sum(map(len, truth.values()))
    np.testing.assert_allclose(found["people themselves"], 1)
