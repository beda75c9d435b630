"""Profiles: the recipes that each one has by name, and the seeds that the study's tables want of each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from vadstudy import base, experiments, untrained
from vadstudy.experiments import (
    ALL_LAYERS,
    ASSIGNED,
    BUDGETED,
    CARRIED,
    DIMENSIONAL,
    FOLDS,
    HUMAN_MSE,
    MAIN,
    PARK,
    PERMUTED,
    POOLED,
    RATES,
    RELATED,
    REPEATED,
    SEVERAL_LABELS,
    UNSEEN,
)
from vadstudy.recipes import PROFILES, RECORDED, SVM, Computed, Encoded, Named, Reader, Recipe
from vadstudy.untrained import ELSEWHERE_MINI

#: The seeds of a row, as many as its place in the plan asks for: the first three, the first five, all nineteen.
SEEDS = tuple(range(42, 61))


def named(profile: str = "study") -> dict[str, Recipe | Computed]:
    """Recipes of a profile by name; an unknown profile is a ``ValueError`` that lists the known ones."""
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; expected one of {', '.join(PROFILES)}")
    made: dict[str, Callable[[], list[Recipe | Computed]]]
    made = {"study": _study, "base": base.recipes, "paper": _paper}
    return {recipe.name: recipe for recipe in made.get(profile, partial(_small, profile))()}


def _study():
    return [
        *(*MAIN, *ASSIGNED, *PERMUTED, *RATES, *POOLED, *FOLDS, *CARRIED, HUMAN_MSE),
        *(*UNSEEN, *DIMENSIONAL, *RELATED),
        *untrained.recipes(),
        *(*experiments.SHARES, *experiments.SCALES, *experiments.LABEL_RATES, *experiments.SEARCH),
        *(*experiments.TEMPERATURES, *experiments.TUNED, *experiments.BUDGET, *BUDGETED, *ALL_LAYERS),
        *(SVM(f"{r.name}-svm", "goemotions", r.name) for r in (*BUDGETED, *ALL_LAYERS) if r.mapper),
    ]


def _paper():
    """What is trained, in the paper's settings."""
    settings = dict[str, Any](
        encoder="bert-base-cased",
        trainable_layers=None,
        learning_rate=5e-5,
        head_learning_rate=None,
        epochs=10,
        batch_size=16,
        precision="fp32",
    )
    trained = (*MAIN, *ASSIGNED, *PERMUTED, *RATES, *POOLED, *FOLDS, *CARRIED, HUMAN_MSE)
    return [
        replace(
            recipe,
            **settings
            | ({"learning_rate": 5e-7} if recipe.name == "nrc-mse-5e-7" else {})
            | ({"learning_rate": recipe.learning_rate} if recipe in RATES else {})
            | ({"epochs": 4} if recipe.mapper is None else {})
            | ({"trainable_layers": 0} if recipe.trainable_layers == 0 else {}),
        )
        for recipe in (*trained, *UNSEEN, *DIMENSIONAL, *RELATED)
    ] + untrained.recipes(precision="fp32")


def _small(profile):
    """What lessons and tests train, on the mini corpus."""
    settings = dict[str, Any](corpus="mini", precision="fp32", batch_size=16)
    settings |= dict(epochs=8) if profile == "mini" else dict(encoder="tiny", epochs=2, trainable_layers=1)
    carried = [replace(recipe, carried_to=ELSEWHERE_MINI) for recipe in CARRIED]
    trained = (*MAIN, *ASSIGNED, *PERMUTED, *experiments.LESSON_RATES, *experiments.LESSON_POOLED, *FOLDS, *carried)
    trained += (HUMAN_MSE, *experiments.LESSON_UNSEEN, *experiments.LESSON_DIMENSIONAL)
    trained += (replace(PARK, carried_to=(("mini-vad", None),)), *RELATED[1:])
    others = {HUMAN_MSE: "mini-vad"} | dict.fromkeys(SEVERAL_LABELS, "mini-multilabel")
    chosen = [
        replace(
            recipe,
            **settings
            | ({"corpus": others[recipe]} if recipe in others else {})
            | ({"trainable_layers": 0} if recipe.trainable_layers == 0 else {}),
        )
        for recipe in trained
    ]
    corpora = ("mini", "mini-sentiment", "mini-ekman", "mini-vad")
    computed = untrained.recipes(*corpora, precision="fp32", lexicon="emotions")
    if profile == "smoke":
        computed = [replace(r, encoder="tiny") if isinstance(r, Encoded | Named) else r for r in computed]
    return chosen + computed


def plan(profile: str = "study") -> list[tuple[str, int]]:
    """Every (name, seed) that the study's tables want, in the order in which to make them: seed by seed.

    Five seeds for the rows that carry its conclusions, three for their controls and for what is carried to other
    corpora, one for the rest; a row's SVM has the row's seeds. In base three rows have three seeds. The other profiles
    have one seed, and two of each assignment, the fewest that vary.
    """
    chosen = named(profile)
    five = ("softmax", "nrc-mae", "scaled-mae", "spread-mae")
    three = ("human-mse", "bce", "nrc-mse", "nrc-mse-5e-7", "nrc-mae-ce", "nrc-mae-ce-sharp", "shuffled-mae")
    count = dict.fromkeys(five, 5) | dict.fromkeys(
        (*three, *(recipe.name for recipe in (*ASSIGNED, *CARRIED, *BUDGETED, *RELATED))), 3
    )
    count |= {"carried-bce": 1}
    repeated = [
        name
        for d in REPEATED
        for name in (f"learned-{d}", f"spread-{d}-mae", f"names-{d}-distance", f"votes-{d}-distance")
    ]
    count |= dict.fromkeys((*repeated, "nrc-distance", "scaled-distance", "shuffled-distance"), 3)
    count |= {recipe.name: 19 if recipe.name.endswith("random") else 5 for recipe in PERMUTED}
    if profile == "base":
        count = dict.fromkeys(("softmax", "scaled-mae", "nrc-mae"), 3)
    for name, recipe in chosen.items():
        # What is computed from a trained run has its seeds; the tuned SVM, one of the candidates, the first.
        if isinstance(recipe, Reader | Encoded) or (isinstance(recipe, SVM) and name == f"{recipe.source}-svm"):
            count[name] = count.get(recipe.source or "", 1)
    if profile not in RECORDED:
        count = {recipe.name: 2 for recipe in PERMUTED}
    return [(name, seed) for i, seed in enumerate(SEEDS) for name in chosen if i < count.get(name, 1)]
