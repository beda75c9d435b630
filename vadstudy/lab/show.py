"""What a run holds, as plain text for a terminal."""

from textwrap import fill

from vadstudy.lab import retraining
from vadstudy.recipes import SVM, BagOfWords, Recipe
from vadstudy.runs import Run


def text(run: Run) -> str:
    """A run's recipe, date, versions, rows and scores a split, and the last lines of its history."""
    meta = run.meta
    facts = {
        "file": run.path,
        "made": _made(meta),
        "versions": ", ".join(f"{package} {version}" for package, version in meta.get("versions", {}).items()),
        "recipe": ", ".join(f"{field} {_plain(value)}" for field, value in meta["recipe"].items() if field != "name"),
        "from": ", ".join(f"{what} {value[:12]}" for what, value in meta["fingerprints"].items()),
        "digest": run.digest,
    }
    if "weights" in meta:
        facts["weights"] = run.path.with_suffix(".safetensors").name
    lines = [f"{run.recipe.name}, seed {run.seed}"]
    for name, fact in facts.items():
        lines.append(fill(f"  {name:10}{fact}", 110, subsequent_indent=12 * " ", break_long_words=False))
    for split in run.splits:
        found = {}
        if _has_labels(run, split):
            found = retraining.scores(run, split)
        scores = "".join(f", {name.replace('_f1', '-F1')} {value:.4f}" for name, value in found.items())
        lines.append(f"  {split:10}{len(run.rows(split)):,} rows{scores}")
    if "history" in meta:
        lines += ["  history", *(f"    {line}" for line in run.history.tail(3).to_string(index=False).splitlines())]
    return "\n".join(lines)


def _made(meta):
    known = [meta["date"]]
    for field, words in (
        ("seconds", "{} s"),
        ("threads", "threads {}"),
        ("precision", "{}"),
        ("examples_per_second", "{} examples a second"),
    ):
        if field in meta:
            known.append(words.format(meta[field]))
    if meta.get("peak_bytes"):  # older runs have none
        known.append(f"{meta['peak_bytes'] / 1e9:.1f} GB at most")
    return ", ".join(known)


def _plain(value):
    return "[" + " ".join(map(str, value)) + "]" if isinstance(value, list) else value


def _has_labels(run, split):
    """Whether a run's outputs name labels of the texts: points of other corpora and measurements do not."""
    if isinstance(run.recipe, BagOfWords):
        return run.recipe.trained_on is None and (run.labels(split) >= 0).all()
    return isinstance(run.recipe, Recipe | SVM)
