"""vadstudy: emotion recognition through a psychological space, an open and reproducible study.

Files are the science, in this order; folders are the tools around it.

- ``emotions`` the 28 labels; ``corpora`` texts; ``ratings`` what people said of them; ``mappers`` where each label lies
- ``recipes`` what decides a run; ``untrained`` rows that need no training; ``experiments`` the runs of the study;
  ``base`` those with a larger encoder; ``profiles`` who has which
- ``texts`` a corpus as a recipe takes it; ``borrowed`` from related systems; ``model`` text to point, and its loss
- ``inference`` many texts; ``origin`` what a training depends on; ``training``
- ``encoded`` what the untrained encoder gives; ``computed`` predictions that need no training; ``runs`` the record
- ``classifiers`` point to label; ``readout`` probabilities to point; ``metrics``
- ``sums`` scores of resamples; ``significance`` what is said of a difference; ``bootstrap`` chance
- ``shown`` numbers in words; ``tables`` of what came out; ``transfer`` to other corpora;
  ``carried`` there, the space read off a classifier;
  ``people`` beside models; ``confounds`` one at a time; ``unseen`` emotions; other ``dimensions``;
  ``related`` systems in one frame; two encoders, by their ``scale``; what is ``asked``; ``claims`` judged

``disk/`` files read with care and written whole; ``plots/`` figures and the interactive page; ``lab/`` many runs;
``paper/`` notebooks executed, report and pages; ``use/`` for who wants to use the model; ``cli`` every command.
"""


def __getattr__(name):
    """``vadstudy.explore``, imported when it is first asked for: it brings the model and the widgets with it."""
    if name == "explore":
        from vadstudy.use.explorer import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
