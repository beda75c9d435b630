"""The figure of related systems: each beside the plain softmax, in both scores."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vadstudy.plots.figures import CONTRAST, WIDTH, subplots
from vadstudy.significance import SCORES


def related(table: pd.DataFrame, softmax: str, ours: str) -> Figure:
    """Plot accuracy and macro-F1 of each row, with 95 % intervals; a band over all is the interval of row ``softmax``.

    ``table`` has a ``system`` a row, and each score with its ends ``_low`` and ``_high``; a system's rows stand
    together, in one colour.
    """
    figure, panels = subplots(1, 2, figsize=(WIDTH, 0.9 + 0.18 * len(table)), sharey=True, layout="constrained")
    at = -np.arange(len(table))
    shades = dict(zip(dict.fromkeys(table["system"]), ("0.2", *CONTRAST), strict=False))
    for axes, score in zip(panels, SCORES, strict=True):
        axes.axvspan(*table.loc[softmax, [f"{score}_low", f"{score}_high"]], color="0.9", zorder=0)
        axes.axvline(table.loc[softmax, score], color="0.5", linestyle=":")
        for system, shade in shades.items():
            which = (table["system"] == system).to_numpy()
            lines = table[which]
            error = np.clip([lines[score] - lines[f"{score}_low"], lines[f"{score}_high"] - lines[score]], 0, None)
            axes.errorbar(lines[score], at[which], xerr=error, fmt="o", color=shade, capsize=2, label=system)
        axes.set(xlabel=SCORES[score])
        axes.locator_params(axis="x", nbins=5)
    panels[0].set_yticks(at, table.index)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2, frameon=False, title=ours)
    return figure
