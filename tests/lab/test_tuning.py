"""Tuning: equal numbers of trials, going on, dev alone; damaged and stale journals; what is read from it."""

from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
from click.testing import CliRunner
from filelock import FileLock
from optuna.trial import TrialState

from vadstudy import corpora, experiments, mappers, profiles, runs, training
from vadstudy.cli import main
from vadstudy.errors import CorpusError, RunError
from vadstudy.lab import tuned, tuning
from vadstudy.runs import RunStore


@pytest.fixture
def asked(monkeypatch):
    """Recipes that trials asked to be trained; the score is the learning rate's distance from 3e-4, and no training."""
    found = []

    def train(recipe, seed, workdir, corpus=None):
        found.append(recipe)
        score = 1 - abs(np.log(recipe.learning_rate / 3e-4))
        history = pd.DataFrame(
            {"epoch": [1, 2], "dev_loss": [0.5, 0.4], "dev_accuracy": [0.2, 0.6], "dev_macro_f1": [score - 0.1, score]}
        )
        return training.Trained(None, history, None, {}, 1.0)

    monkeypatch.setattr(training, "train", train)
    return found


def counts(store):
    return tuned.trials(store)["family"].value_counts().to_dict()


def test_trials_train_for_real_and_are_read_back(store):
    tuning.tune(store, 1, ("nrc-mae-ce", "svm"))
    frame = tuned.trials(store)
    assert frame["family"].tolist() == ["nrc-mae-ce", "svm"]
    assert frame[["dev_macro_f1", "dev_accuracy", "seconds"]].notna().all(axis=None)
    assert np.isfinite(frame["dev_loss"][0]) and 1 <= frame["best_epoch"][0] <= frame["epochs"][0]
    assert not list((store.scratch / "checkpoints").glob("tuning-*"))
    assert list((store.scratch / "checkpoints" / "frozen").glob("*.npy"))
    assert store.made.keys() == {("scaled-mae", 42)}, "the SVM needs one run, and trials record none"


def test_families_are_topped_up_to_the_same_number(store, asked):
    tuning.tune(store, 2, ("softmax",))
    first = tuned.trials(store)
    tuning.tune(store, 3, tuned.TRAINED_FAMILIES)
    assert counts(store) == dict.fromkeys(tuned.TRAINED_FAMILIES, 3)
    again = tuned.trials(store)
    assert again.loc[:1, list(first)].equals(first), "what was there is kept"
    assert [recipe.name for recipe in asked[2:6]] == [
        "tuning-bce-0",
        "tuning-scaled-mae-0",
        "tuning-nrc-mae-ce-0",
        "tuning-bce-1",
    ]
    tuning.tune(store, 3, tuned.TRAINED_FAMILIES)
    assert len(asked) == 12
    shared = ["learning_rate", "epochs", "pooling", "dropout", "hidden_layers"]
    starts = again[again["number"] == 0][shared]
    assert (starts == starts.iloc[0]).all(axis=None), "families begin with the same draws"
    assert again.groupby("family")["learning_rate"].nunique().eq(3).all(), "and do not repeat them when they go on"


def test_a_trial_never_sees_test(store, asked, monkeypatch):
    tuning.tune(store, 3, tuned.TRAINED_FAMILIES)
    assert {recipe.splits for recipe in asked} == {("dev",)}
    assert {recipe.train_rows for recipe in asked} == {tuning.TRAIN_ROWS}
    assert not any(recipe.keep_weights for recipe in asked)
    monkeypatch.undo()
    splits, outputs = [], runs.Run.outputs
    store.get("scaled-mae")
    monkeypatch.setattr(runs.Run, "outputs", lambda run, split: splits.append(split) or outputs(run, split))
    tuning.tune(store, 1, ("svm",))
    assert splits == ["train", "dev"]


def test_a_killed_trial_is_marked_and_made_up_for(store, asked):
    tuning.tune(store, 1, ("bce",))
    tuned.studies(store)["bce"].ask()  # its process was killed here
    left = store.scratch / "checkpoints" / "tuning-bce-1"
    left.mkdir(parents=True)
    tuning.tune(store, 2, ("bce",))
    states = [trial.state for trial in tuned.studies(store)["bce"].trials]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    assert counts(store) == {"bce": 2} and not left.exists()


def test_another_process_s_trial_is_left_alone_and_counts(store, asked):
    tuning.tune(store, 1, ("bce",))
    tuned.studies(store)["bce"].ask()
    with FileLock(store.scratch / "locks" / "tuning-bce-1.lock"):
        tuning.tune(store, 2, ("bce",))
    states = [trial.state for trial in tuned.studies(store)["bce"].trials]
    assert states == [TrialState.COMPLETE, TrialState.RUNNING]


def test_a_trial_that_diverges_counts_and_is_no_winner(store, asked, monkeypatch):
    tuning.tune(store, 1, ("bce",))

    def fail(*_):
        raise training.TrainingError("recipe 'tuning-bce-1': the loss is nan at step 3")

    with monkeypatch.context() as patch:
        patch.setattr(training, "train", fail)
        tuning.tune(store, 2, ("bce",))
    tuning.tune(store, 2, ("bce",))
    trial = tuned.studies(store)["bce"].trials[1]
    assert (trial.state, len(asked)) == (TrialState.PRUNED, 1)
    assert "the loss is nan at step 3" in trial.user_attrs["error"]
    assert tuned.winners(store)["trials"].to_dict() == {"bce": 1}


def cut(text):
    return text[:-40]


def garbled(text):
    return text.replace('"op_code":4', '"op_co', 1)


def in_conflict(text):
    return f"<<<<<<< ours\n{text}"


@pytest.mark.parametrize("damage", [cut, garbled, in_conflict])
def test_a_damaged_journal_is_an_error_and_stays_as_it_is(store, asked, damage):
    tuning.tune(store, 1, ("bce",))
    path = tuned.journal(store)
    path.write_text(damage(path.read_text()))
    left = path.read_bytes()
    for use in (lambda: tuning.tune(store, 2, ("bce",)), lambda: tuned.trials(store)):
        with pytest.raises(RunError, match=r"tuning\.log is damaged at line \d+ or above .* `make tune`"):
            use()
    assert path.read_bytes() == left and len(asked) == 1


def test_a_study_of_another_recipe_is_an_error_unless_it_differs_in_what_is_searched(store, asked):
    tuning.tune(store, 1, ("bce",))
    store.recipes["bce"] = replace(store.recipes["bce"], learning_rate=9e-4, epochs=7, dropout=0.3)
    tuning.tune(store, 2, ("bce",))
    store.recipes["bce"] = replace(store.recipes["bce"], batch_size=7)
    with pytest.raises(RunError, match=r"(?s)study bce, was begun with another recipe.*batch_size: 16 -> 7\nGive"):
        tuning.tune(store, 3, ("bce",))


def test_a_missing_corpus_and_an_unknown_family_begin_no_journal(store, monkeypatch):
    def missing(name):
        raise CorpusError(f"{name} is not here")

    monkeypatch.setattr(corpora, "load", missing)
    with pytest.raises(CorpusError, match="mini is not here"):
        tuning.tune(store, 1)
    with pytest.raises(RunError, match="unknown family 'nope'; expected one of softmax, bce, scaled-mae"):
        tuning.tune(store, 1, ("nope",))
    assert not tuned.journal(store).exists() and tuned.trials(store).empty


@pytest.mark.parametrize("profile", ["study", "paper"])
def test_every_draw_makes_a_recipe(profile):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for family in tuned.TRAINED_FAMILIES:
        base = profiles.named(profile)[family]
        for _ in range(20):
            recipe = tuning.candidate(base, tuning.suggest(study.ask(), family, base), name="drawn")
            assert (recipe.name, recipe.loss) == ("drawn", base.loss) and recipe.hidden_layers in ((), (128,))
            ratio = recipe.learning_rate / (3e-4 if profile == "study" else 5e-5)
            assert 0.33 < ratio < 2.01
            if base.mapper:
                assert mappers.mapper(recipe.mapper).dims == 3
            assert (recipe.mapper != base.mapper) == (family == "scaled-mae")


def test_winners_and_importances(store, asked):
    tuning.tune(store, tuned.ENOUGH, ("softmax", "scaled-mae"))
    tuning.tune(store, 1, ("bce",))
    frame, best = tuned.trials(store), tuned.winners(store)
    assert best["trials"].to_dict() == {"softmax": tuned.ENOUGH, "bce": 1, "scaled-mae": tuned.ENOUGH}
    assert best.loc["softmax", "dev_macro_f1"] == frame[frame["family"] == "softmax"]["dev_macro_f1"].max()
    assert (best["dev_accuracy"] == 0.6).all() and (best["best_epoch"] == 2).all(), "scores are those of the best epoch"
    shares = tuned.importances(store)
    assert list(shares) == ["softmax", "scaled-mae"], "of one trial there is nothing to say"
    assert shares["softmax"].idxmax() == shares["scaled-mae"].idxmax() == "learning_rate"
    assert shares.sum().to_numpy() == pytest.approx(1)


def test_winners_are_confirmed_beside_the_study_s_settings(store):
    assert tuned.confirmed(store).empty, "this profile has no winners"
    bce = store.recipes["bce"]
    store.recipes["tuned-bce"] = replace(bce, name="tuned-bce", epochs=1)
    line = tuned.confirmed(store).set_index("family").loc["bce"]
    for whose, name in (("tuned", "tuned-bce"), ("study", "bce")):
        run = store[name]
        predicted = run.outputs("dev").argmax(axis=1)
        assert line[f"{whose}_accuracy"] == (predicted == run.labels("dev")).mean()


def test_the_command_tunes_and_shows_the_best(store, asked, monkeypatch):
    monkeypatch.setattr("vadstudy.runs.RunStore", lambda profile: store)
    arguments = ["tune", "--profile", "smoke", "--trials", "2", "--family", "bce", "--family", "scaled-mae"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert counts(store) == {"bce": 2, "scaled-mae": 2}
    assert "bce, best of 2: dev macro-F1 " in result.output and ", n_quantiles " in result.output
    assert "unknown family 'nope'" in CliRunner().invoke(main, ["tune", "--family", "nope"]).output


def test_the_recipes_of_the_winners_are_the_journal_s():
    study = RunStore("study")
    won = {family: found.best_trial.params for family, found in tuned.studies(study).items()}
    assert set(won) == set(experiments.WINNERS)
    *trained, svm = experiments.TUNED
    for recipe in trained:
        family = recipe.name.removeprefix("tuned-")
        found = tuning.candidate(study.recipes[family], won[family], name=recipe.name)
        for field in tuning.FREE:
            ours, theirs = getattr(recipe, field), getattr(found, field)
            if field not in ("splits", "keep_weights"):
                assert ours == (pytest.approx(theirs, rel=5e-3) if isinstance(theirs, float) else theirs), field
    assert (svm.C, svm.gamma) == pytest.approx(tuple(won["svm"].values()), rel=5e-3)
