"""Figure of tuning: what each trial's settings gave on dev."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from vadstudy.plots.figures import CONTRAST, WIDTH, subplots

#: What the families share, by panel, and the SVM's own; with the names of the axes.
PARAMETERS = {
    "learning_rate": "learning rate (log)",
    "epochs": "epochs",
    "pooling": "pooling",
    "dropout": "dropout",
    "hidden_layers": "hidden layers of 128",
    "C": "C (log)",
}
#: Parameters of few values, whose marks lie beside each other.
COUNTED = ("epochs", "pooling", "dropout", "hidden_layers")
#: Each family's mark.
MARKS = {"softmax": "o", "bce": "s", "scaled-mae": "D", "nrc-mae-ce": "^", "svm": "X"}


def tuning(trials: pd.DataFrame) -> Figure:
    """Plot dev macro-F1 of each trial by each setting: a panel a parameter, a mark a trial, by family.

    ``trials`` are those of :func:`vadstudy.lab.tuned.trials`.
    """
    shown = [name for name in PARAMETERS if name in trials and trials[name].notna().any()]
    figure, panels = subplots(2, 3, figsize=(WIDTH, 4), sharey=True, layout="constrained")
    families = [family for family in MARKS if family in set(trials["family"])]
    shades = dict(zip(MARKS, [*CONTRAST, "0.25"], strict=True))
    for axes, name in zip(panels.flat, [*shown, *[None] * 6], strict=False):
        if name is None:
            axes.axis("off")
            continue
        for i, family in enumerate(families):
            rows = trials[(trials["family"] == family) & trials[name].notna()]
            if rows.empty:
                continue
            place = rows[name]
            if name in COUNTED:
                known = sorted(trials[name].dropna().unique())
                place = place.map(known.index) + 0.12 * (i - 1.5)
            sns.scatterplot(
                x=place,
                y=rows["dev_macro_f1"],
                color=shades[family],
                marker=MARKS[family],
                s=18,
                alpha=0.85,
                linewidth=0.4,
                ax=axes,
                label=family,
                legend=False,
            )
        axes.set(xlabel=PARAMETERS[name], ylabel="macro-F1 on dev (0 to 1)")
        if "(log)" in PARAMETERS[name]:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter("")
            if name == "learning_rate":
                axes.set_xticks([1e-4, 2e-4, 4e-4, 6e-4], ["1e-4", "2e-4", "4e-4", "6e-4"])
        elif name in COUNTED:
            axes.set_xticks(range(len(known)), [f"{each:g}" if isinstance(each, float) else each for each in known])
            axes.grid(axis="x", visible=False)
    named = {label: mark for axes in panels.flat for mark, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    if named:
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=len(named), frameon=False)
    else:
        panels[0, 0].text(0.5, 0.5, "no trials are recorded; `make tune` makes some", ha="center", va="center")
    return figure
