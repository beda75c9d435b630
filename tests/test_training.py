"""Training on the mini corpus with the tiny encoder: what it learns, how it resumes, where it stops."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import wraps

import numpy as np
import pytest
from transformers import EvalPrediction, MPNetConfig, MPNetModel, MPNetTokenizer, TrainerCallback

from vadstudy import corpora, experiments, mappers, profiles, recipes, training
from vadstudy.inference import predict
from vadstudy.model import load_encoder
from vadstudy.recipes import Recipe

SMOKE = profiles.named("smoke")["scaled-mae"]


@pytest.fixture
def small():
    """Two labels of the mini corpus: 24, 8 and 8 comments."""
    corpus = corpora.load("mini")
    for split in corpus:
        corpus[split] = corpus[split].filter(lambda label: label in (17, 25), input_columns="label")
    return corpus


def test_it_learns_two_emotions_apart(small, tmp_path):
    recipe = replace(SMOKE, encoder="minilm", epochs=8, batch_size=4, learning_rate=1e-3, head_learning_rate=1e-2)
    trained = training.train(recipe, 42, tmp_path / "run", small)
    assert trained.history["dev_accuracy"].max() >= 0.75
    assert trained.history["train_loss"].iloc[-1] < trained.history["train_loss"].iloc[0]


@pytest.mark.parametrize("loss", recipes.LOSSES)
def test_predictions_cover_every_split_and_row(small, tmp_path, loss):
    mapper = None if loss in ("ce", "bce") else "nrc"
    recipe = replace(SMOKE, loss=loss, mapper=mapper, epochs=1, target_noise=0.1)
    trained = training.train(recipe, 42, tmp_path / "run", small)
    found = trained.predictions
    assert found["split"].value_counts().to_dict() == {"train": 24, "dev": 8, "test": 8}
    assert found["id"].tolist() == [comment for split in small for comment in small[split]["id"]]
    outputs = found.filter(regex=r"^o\d+$")
    width = 84 if loss == "sorted" else 3 if mapper else 28
    assert outputs.shape[1] == width and np.isfinite(outputs.to_numpy()).all()
    assert list(trained.history) == ["step", "epoch", "train_loss", "dev_loss", "dev_accuracy", "dev_macro_f1"]


def test_a_seed_repeats_and_another_differs(small, tmp_path):
    runs = [training.train(SMOKE, seed, tmp_path / str(i) / "run", small) for i, seed in enumerate((1, 1, 2))]
    points = [run.predictions["o0"].to_numpy() for run in runs]
    assert (points[0] == points[1]).all() and (points[0] != points[2]).any()


def test_all_layers_train_as_well(small, tmp_path):
    trained = training.train(replace(SMOKE, trainable_layers=None, epochs=1), 42, tmp_path / "run", small)
    assert len(trained.predictions) == 40 and not (tmp_path / "frozen").exists()


@pytest.fixture
def mpnet(tmp_path):
    """Folder of a tiny random MPNet with a tokenizer of its own, which pads with 1 where BERT's pads with 0."""
    words = {word for rows in corpora.load("mini").values() for text in rows["text"] for word in text.lower().split()}
    vocabulary = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", *sorted(words)]
    tokenizer = MPNetTokenizer({word: i for i, word in enumerate(vocabulary)})
    sizes = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64)
    MPNetModel(MPNetConfig(vocab_size=len(vocabulary), **sizes)).save_pretrained(tmp_path / "mpnet")
    tokenizer.save_pretrained(tmp_path / "mpnet")
    return str(tmp_path / "mpnet")


def test_mpnet_trains_on_stored_states_and_is_carried(small, mpnet, tmp_path):
    recipe = replace(SMOKE, encoder=mpnet, carried_to=(("mini-vad", None),), epochs=1)
    trained = training.train(recipe, 42, tmp_path / "a/run", small)
    assert len(trained.predictions) == 40 + 560 and len(list((tmp_path / "a/frozen").glob("*.npy"))) == 2
    # The same without stored states, whose sixteen bits round.
    tokenizer, _, _ = load_encoder(mpnet)
    assert tokenizer.pad_token_id == 1
    texts = tokenizer(list(small["test"]["text"]), truncation=True, max_length=recipe.max_length)["input_ids"]
    at_once = predict(trained.regressor, texts, pad_id=1)
    stored = trained.predictions.query("split == 'test'").filter(regex=r"^o\d$").to_numpy()
    np.testing.assert_allclose(at_once, stored, atol=2e-3)
    assert np.ptp(at_once, axis=0).min() > 1e-3, "texts differ by more than the rounding"


def test_only_the_splits_asked_for(small, tmp_path):
    trained = training.train(replace(SMOKE, epochs=1, splits=("dev",)), 42, tmp_path / "run", small)
    assert set(trained.predictions["split"]) == {"dev"}


@pytest.mark.parametrize("name", ["softmax", "nrc-mae"])
def test_labels_that_are_left_out_are_not_learned_from_and_not_looked_at(small, tmp_path, monkeypatch, name):
    recipe = replace(profiles.named("smoke")[name], epochs=1, without=("joy",), splits=("dev", "test"))
    looked, plain = [], training.dev_scores
    monkeypatch.setattr(
        training,
        "dev_scores",
        lambda *which: lambda evaluation: looked.append(evaluation.label_ids) or plain(*which)(evaluation),
    )
    left_out = training.train(recipe, 42, tmp_path / "one" / "run", small)
    assert set(np.concatenate(looked)) == {25} and left_out.predictions["label"].nunique() == 2
    for split in small:
        small[split] = small[split].map(lambda row: row | {"label": 3 if row["label"] == 17 else row["label"]})
    without = replace(recipe, without=("annoyance",))
    renamed = training.train(without, 42, tmp_path / "two" / "run", small)
    assert renamed.predictions["o0"].equals(left_out.predictions["o0"])


def test_a_point_is_read_while_training_among_the_labels_that_are_trained_on():
    recipe = replace(profiles.named("smoke")["nrc-mae"], without=("joy",))
    of = training.dev_scores(recipe, 42)
    at_joy = EvalPrediction(mappers.nrc().points_for([17, 25]), np.array([17, 25]))
    assert of(at_joy)["accuracy"] == 0.5


def test_texts_of_other_corpora_are_predicted_as_well_the_same_sample_for_every_seed(small, tmp_path):
    recipe = replace(SMOKE, epochs=1, splits=("dev",), carried_to=(("mini-vad", None), ("mini-sentiment", 9)))
    runs = [training.train(recipe, seed, tmp_path / f"{seed}", small) for seed in (1, 2)]
    found = runs[0].predictions
    vad = corpora.load("mini-vad")
    assert found[found["split"] == "mini-vad/test"]["id"].tolist() == vad["test"]["id"]
    counts = found["split"].value_counts()
    assert counts["mini-sentiment/train"] == counts["mini-sentiment/test"] == 9 and counts["dev"] == 8
    assert set(found[found["split"] == "mini-vad/dev"]["label"]) == {-1}
    assert found["id"].equals(runs[1].predictions["id"]) and not found["o0"].equals(runs[1].predictions["o0"])
    assert set(runs[0].fingerprints) == {"encoder", "corpus", "mini-vad", "mini-sentiment"}


def test_what_is_predicted_elsewhere_does_not_change_the_run_at_home(small, tmp_path):
    plain = training.train(SMOKE, 42, tmp_path / "a" / "run", small).predictions
    carried = training.train(replace(SMOKE, carried_to=(("mini-vad", 5),)), 42, tmp_path / "b" / "run", small)
    assert carried.predictions.head(len(plain)).equals(plain)


def test_what_a_loss_learns_of_the_labels_has_its_own_rate_or_the_head_s():
    learned = replace(profiles.named("smoke")["learned-3"], head_learning_rate=0.01)
    for rate, expected in ((0.5, 0.5), (None, 0.01)):
        recipe = replace(learned, label_learning_rate=rate)
        model, optimizer = training.objective(recipe, 42, training.build(recipe, 42)[1])
        rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
        assert {name: rates[id(p)] for name, p in model.loss.named_parameters()} == dict.fromkeys(
            ("places", "log_scale", "biases"), expected
        )
        assert set(rates.values()) == {recipe.learning_rate, 0.01, expected}


def test_of_texts_elsewhere_some_splits_can_be_enough(small, tmp_path):
    recipe = replace(SMOKE, epochs=1, splits=("dev",), carried_to=(("mini-vad", None),))
    every, some = (
        training.train(chosen, 42, tmp_path / name / "run", small).predictions
        for name, chosen in (("all", recipe), ("some", replace(recipe, carried_splits=("test",))))
    )
    assert set(some["split"]) == {"dev", "mini-vad/test"} < set(every["split"])
    assert every[every["split"].isin(some["split"])].reset_index(drop=True).equals(some)


def test_a_loss_that_is_not_finite_stops_with_recipe_and_step(small, tmp_path):
    recipe = Recipe(
        "wild",
        loss="mae+ce",
        mapper="nrc",
        encoder="tiny",
        trainable_layers=1,
        temperature=1e-45,
        precision="fp32",
        corpus="mini",
        loss_lambda=1e38,
    )
    with pytest.raises(training.TrainingError, match="recipe 'wild': the loss is (nan|inf) at step 0"):
        training.train(recipe, 42, tmp_path / "run", small)


def test_a_checkpoint_that_was_being_written_when_it_was_killed_is_left_out(small, tmp_path):
    half = tmp_path / "run" / "checkpoint-99"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    trained = training.train(SMOKE, 42, tmp_path / "run", small)
    assert len(trained.history) == SMOKE.epochs and not half.exists()


LONGER = replace(SMOKE, epochs=8)
KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from vadstudy import experiments, profiles, training
training.train(replace(profiles.named("smoke")["scaled-mae"], epochs=8), 42, Path(sys.argv[1]))
"""


@pytest.mark.faults
def test_after_sigkill_it_goes_on_to_the_same_predictions(tmp_path):
    undisturbed = training.train(LONGER, 42, tmp_path / "a" / "run")
    killed = tmp_path / "b" / "run"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(killed)])
    deadline = time.monotonic() + 240
    while not list(killed.glob("checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    steps = max(int(folder.name.split("-")[1]) for folder in killed.glob("checkpoint-*"))
    assert 0 < steps < 8 * 21
    resumed = training.train(LONGER, 42, killed)
    assert resumed.predictions.equals(undisturbed.predictions)
    assert resumed.history.equals(undisturbed.history)


@pytest.mark.parametrize("name", [recipe.name for recipe in experiments.RELATED])
def test_a_related_system_predicts_what_is_held_out(tmp_path, name):
    recipe = replace(profiles.named("smoke")[name], epochs=1, train_rows=64)
    found = training.train(recipe, 42, tmp_path / "run").predictions
    assert {"dev", "test"} <= set(found["split"]) and "train" not in set(found["split"])
    outputs = found.filter(regex=r"^o\d+$")
    assert outputs.shape[1] == (84 if name == "park-sorted" else 28) and np.isfinite(outputs.to_numpy()).all()


def test_several_labels_are_learned_as_sets(small, tmp_path):
    corpus = corpora.load("mini-multilabel")
    tokenizer, regressor, _ = training.build(SMOKE, 42)
    recipe = replace(SMOKE, name="sets", loss="bce", mapper=None, corpus="mini-multilabel")
    texts = training.tokenized(recipe, tokenizer, corpus)
    several = [labels for split in corpus for labels in corpus[split]["labels"]]
    assert texts.labels.shape == (len(several), 28) and max(map(len, several)) == 2
    assert [np.flatnonzero(row).tolist() for row in texts.labels] == several
    with pytest.raises(ValueError, match="recipe 'sets', field loss: 'ce' does not go with corpus 'mini-multilabel'"):
        training.tokenized(replace(recipe, loss="ce"), tokenizer, corpus)


def test_definitions_are_trained_in_some_steps_and_the_frozen_layers_stay(small, tmp_path, monkeypatch):
    recipe = replace(profiles.named("smoke")["singh-definitions"], epochs=2, main_share=0.5, splits=("dev",))
    kinds, forward = [], training.Objective.forward

    @wraps(forward)  # whose arguments the Trainer looks at
    def counted(self, **inputs):
        if self.training:
            kinds.append("belongs" in inputs)
        return forward(self, **inputs)

    monkeypatch.setattr(training.Objective, "forward", counted)
    one = training.train(recipe, 42, tmp_path / "a" / "run", small)
    tokenizer = training.build(recipe, 42)[0]
    auxiliary = training.definitions(recipe, 42, tokenizer)
    assert kinds == [auxiliary.drawn(step) for step in range(len(kinds))] and 0 < sum(kinds) < len(kinds)
    steps = len(kinds)

    class Stop(TrainerCallback):
        def on_epoch_begin(self, args, state, control, **_):
            if state.global_step:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, 42, tmp_path / "b" / "run", small, [Stop()])
    kinds.clear()
    resumed = training.train(recipe, 42, tmp_path / "b" / "run", small)
    assert len(kinds) == steps / 2 and resumed.predictions.equals(one.predictions)


def test_the_layers_that_are_not_trained_have_no_dropout():
    _, regressor, _ = training.build(replace(SMOKE, trainable_layers=1), 42)
    regressor.train()
    layers = regressor.encoder.encoder.layer
    assert not layers[0].training and layers[1].training and regressor.head.training
