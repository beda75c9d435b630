"""vadstudy: emotion recognition through a psychological space, an open and reproducible study."""


def __getattr__(name):
    """``vadstudy.explore``, imported when it is first asked for: it brings the model and the widgets with it."""
    if name == "explore":
        from vadstudy.use.explorer import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
