"""Every figure of the study: a function takes data and returns the figure; one look, one colour an emotion.

A figure is closed as it is made: a notebook shows it once, as the value of its cell. :func:`use_style` gives matplotlib
the study's look, for the session; importing changes nothing.
"""

from vadstudy.plots.carried import agreement, shifting
from vadstudy.plots.confounds import assignments, clouds, crossing, plane, rare_labels, rates
from vadstudy.plots.diagram import architecture
from vadstudy.plots.dimensions import by_dimensions, learned_points
from vadstudy.plots.figures import (
    CONTRAST,
    confusion,
    intervals,
    label_counts,
    learning_curves,
    per_emotion,
    save,
    subplots,
    text_lengths,
    thresholds,
    use_style,
)
from vadstudy.plots.page import CONFIG, interactive, write_page, write_pages
from vadstudy.plots.regions import against_humans, decision_regions, valence_by_class
from vadstudy.plots.related import related
from vadstudy.plots.scale import encoders
from vadstudy.plots.space import (
    distance_matrix,
    distance_table,
    distances,
    pairs,
    predicted,
    separations,
    vad_space,
)
from vadstudy.plots.tuning import tuning
from vadstudy.plots.unseen import unseen
from vadstudy.plots.ways import two_ways

__all__ = [
    "CONFIG",
    "CONTRAST",
    "against_humans",
    "agreement",
    "architecture",
    "assignments",
    "by_dimensions",
    "clouds",
    "confusion",
    "crossing",
    "decision_regions",
    "distance_matrix",
    "distance_table",
    "distances",
    "encoders",
    "interactive",
    "intervals",
    "label_counts",
    "learned_points",
    "learning_curves",
    "pairs",
    "per_emotion",
    "plane",
    "predicted",
    "rare_labels",
    "rates",
    "related",
    "save",
    "separations",
    "shifting",
    "subplots",
    "text_lengths",
    "thresholds",
    "tuning",
    "two_ways",
    "unseen",
    "use_style",
    "vad_space",
    "valence_by_class",
    "write_page",
    "write_pages",
]
