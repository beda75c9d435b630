"""Mappers: where each label lies in the space.

``nrc`` and ``scaled`` give the labels their psychological place; ``spread`` and ``shuffled`` are
controls, which tell what comes from meaning apart from what comes from distance between the points.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment, minimize
from scipy.spatial.distance import cdist, pdist
from sklearn.preprocessing import QuantileTransformer
from threadpoolctl import threadpool_limits

from vadstudy.emotions import DIMENSIONS, EMOTIONS, emotion_vad
from vadstudy.paths import PACKAGED

#: The names that :func:`mapper` builds from.
KNOWN = ("nrc", "scaled", "spread", "sphere", "matched", "shuffled", "learned", "names", "votes")
SPREAD = PACKAGED / "spread_28.csv"
PRINCIPAL = PACKAGED / "principal_28.csv"


@dataclass(frozen=True, eq=False)
class Mapper:
    """A point for each of n labels: ``points`` has shape (n, dims), in [0, 1], no two alike, read-only.

    A ``ValueError`` says what shape does not fit, what label or point occurs twice, what is outside [0, 1].
    """

    name: str
    labels: tuple[str, ...]
    points: np.ndarray

    def __post_init__(self):
        """Check and freeze the fields."""
        labels, points = tuple(self.labels), np.array(self.points, dtype=float)
        what = f"mapper {self.name!r}"
        if points.ndim != 2 or len(points) != len(labels) or points.size == 0:
            raise ValueError(f"{what}: points have shape {points.shape}, expected ({len(labels)}, dims)")
        if repeated := sorted({label for label in labels if labels.count(label) > 1}):
            raise ValueError(f"{what}: labels occur more than once: {repeated}")
        for label, point in zip(labels, points, strict=True):
            if not ((point >= 0) & (point <= 1)).all():
                raise ValueError(f"{what}: {label!r} is at {point.tolist()}, expected coordinates in [0, 1]")
        places, place, count = np.unique(points, axis=0, return_inverse=True, return_counts=True)
        if len(places) < len(points):
            shared = [label for label, c in zip(labels, count[place.ravel()], strict=True) if c > 1]
            raise ValueError(f"{what}: some labels share a point with another: {shared}")
        points.setflags(write=False)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "points", points)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.labels)

    def __getitem__(self, label: str) -> np.ndarray:
        """Return the point of a label, shape (dims,)."""
        if label not in self.labels:
            raise KeyError(f"mapper {self.name!r} has no label {label!r}")
        return self.points[self.labels.index(label)]

    def points_for(self, indices: ArrayLike) -> np.ndarray:
        """Return the points of m label indices, shape (m, dims)."""
        indices = np.asarray(indices, dtype=int)
        if not ((indices >= 0) & (indices < len(self))).all():
            found = f"{indices.min()} to {indices.max()}"
            raise ValueError(f"label indices go from {found}, expected 0 to {len(self) - 1}")
        return self.points[indices]

    @property
    def dims(self) -> int:
        """Number of dimensions of the space."""
        return self.points.shape[1]

    def least_distance(self) -> float:
        """Return the Euclidean distance of the two closest points."""
        return float(pdist(self.points).min())


def nrc(lexicon: pd.DataFrame | Mapping[str, Sequence[float]] | None = None) -> Mapper:
    """Place each label where the NRC VAD Lexicon (Mohammad, 2018) rates its word.

    ``lexicon`` is a frame with words as index and columns valence, arousal, dominance in [0, 1], or a mapping
    of words to those three numbers; by default the 28 packaged rows. A ``ValueError`` names missing words.
    """
    if lexicon is None:
        rows = emotion_vad()
    elif isinstance(lexicon, pd.DataFrame):
        rows = lexicon
    else:
        rows = pd.DataFrame({word: lexicon[word] for word in EMOTIONS if word in lexicon}, index=DIMENSIONS).T
    if missing := [word for word in EMOTIONS if word not in rows.index]:
        raise ValueError(
            f"the lexicon lacks {len(missing)} of the 28 emotion words: {', '.join(missing)}; "
            "add them, or leave `lexicon` out to use the packaged rows"
        )
    if missing := [column for column in DIMENSIONS if column not in rows.columns]:
        found = list(rows.columns)
        raise ValueError(f"the lexicon lacks the columns {', '.join(missing)}; it has {found}; rename them")
    return Mapper("nrc", EMOTIONS, rows.loc[list(EMOTIONS), list(DIMENSIONS)])


def scaled(n_quantiles: int = 21, base: Mapper | None = None) -> Mapper:
    """Transform each dimension of ``base`` (by default :func:`nrc`) by its quantiles to a uniform one."""
    base = nrc() if base is None else base
    return Mapper("scaled", base.labels, _quantiles(base.points, n_quantiles).transform(base.points))


def to_vad(points: ArrayLike, name: str) -> np.ndarray:
    """Turn points (n, dims) of the space of mapper ``name``, "nrc" or "scaled", into the lexicon's units.

    For "scaled" this inverts the quantile transform. Another mapper's space has no valence, arousal and dominance: a
    ``ValueError``.
    """
    if name == "nrc":
        return np.asarray(points)
    if name == "scaled":
        return _quantiles(nrc().points, 21).inverse_transform(points)
    raise ValueError(f"points of mapper {name!r} are not valence, arousal and dominance; use a run of nrc or scaled")


def from_vad(vad: ArrayLike, name: str) -> np.ndarray:
    """Turn points (n, 3) in the lexicon's units into the space of mapper ``name``, "nrc" or "scaled".

    For "scaled", what lies beyond the 28 labels in a dimension comes to 0 or 1. Another mapper is a ``ValueError``.
    """
    if name == "nrc":
        return np.asarray(vad)
    if name == "scaled":
        return _quantiles(nrc().points, 21).transform(vad)
    raise ValueError(f"the space of mapper {name!r} has no place for valence, arousal and dominance; use nrc or scaled")


def _quantiles(points, n_quantiles):
    return QuantileTransformer(n_quantiles=n_quantiles, output_distribution="uniform").fit(points)


def spread(n: int = 28, dims: int = 3, domain: str = "cube") -> Mapper:
    """Place n labels as far from each other as they go; which label gets which point has no meaning.

    "cube" gives the centres of n equal balls packed densely in the unit cube: for 28 in 3 dimensions the
    paper's arbitrary points (table 3), with a least distance within 1 % of the best known, 0.3204. "sphere"
    spreads them on the sphere of radius 0.5 around the cube's centre. The labels are the GoEmotions labels if
    n is 28, else "0" to "n-1". Those 28 points in 3 dimensions are part of the package, so that every machine has the
    same; others are searched for, which takes a second or two, once a process, and repeats exactly on one machine: with
    other processors' instruction sets no point moved by more than 0.001.
    """
    if domain not in ("cube", "sphere"):
        raise ValueError(f"unknown domain {domain!r}; expected 'cube' or 'sphere'")
    if n < 2 or dims < 1 or (domain, dims) == ("sphere", 1):
        expected = "n >= 2 and dims >= 1, or 2 for a sphere"
        raise ValueError(f"cannot spread {n} points in {dims} dimensions; expected {expected}")
    name = {"cube": "spread", "sphere": "sphere"}[domain]
    if (n, dims) == (len(EMOTIONS), 3):
        points = pd.read_csv(SPREAD).query("domain == @domain")[["x", "y", "z"]]
    else:
        points = _spread(n, dims, domain)
    return Mapper(name if dims == 3 else f"{name}-{dims}", _labels(n), points)


def principal(of: str, dims: int) -> Mapper:
    """The first principal components of how alike labels are, brought into the unit cube without a change of shape.

    ``of`` is "names", by the untrained encoder's vectors of what the labels are called, or "votes", by which labels
    raters gave to the same comments of dev. The package has the components, as :func:`components` made them of the
    recorded runs ``labels-names`` and ``labels-votes``, so that every machine has the same.
    """
    found = pd.read_csv(PRINCIPAL).query("map == @of")
    if found.empty or not 1 <= dims < len(found):
        raise ValueError(f"no {dims} components of {of!r}; expected names or votes, and 1 to {len(EMOTIONS) - 1}")
    points = found[[f"c{i + 1}" for i in range(dims)]].to_numpy()
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    return Mapper(f"{of}-{dims}", EMOTIONS, 0.5 + points / np.ptp(points, axis=0).max())


def together(shares: ArrayLike) -> np.ndarray:
    """How alike labels are by the comments that get them: cosines (labels, labels) of columns of shares (n, labels)."""
    shares = np.asarray(shares, float)
    products = shares.T @ shares
    length = np.sqrt(np.diag(products))
    return products / length / length[:, None]


def components(likeness: ArrayLike) -> np.ndarray:
    """Principal coordinates (n, n - 1) of a symmetric matrix of how alike n things are, the widest first.

    Torgerson's (1952) classical scaling: the centred matrix's eigenvectors by the roots of their eigenvalues, 0 where
    these are not above 0. Of each, the coordinate that is farthest from 0 is positive.
    """
    likeness = np.asarray(likeness, float)
    centre = np.eye(len(likeness)) - 1 / len(likeness)
    values, vectors = np.linalg.eigh(centre @ likeness @ centre)
    order = np.argsort(-values)[:-1]
    found = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    return found * np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])


def matched(points: Mapper | None = None, meaning: Mapper | None = None) -> Mapper:
    """Give each label the point of ``points`` that lies where ``meaning`` has the label, as far as they go around.

    The pairing with the least sum of squared distances (the Hungarian method). By default :func:`spread`'s points get
    the meaning of :func:`scaled`, which is NRC's, as wide as the cube: evenly spread and meaningful at once.
    """
    points, meaning = points or spread(), meaning or scaled()
    if points.points.shape != meaning.points.shape:
        raise ValueError(f"cannot match points of shape {points.points.shape} to {meaning.points.shape}")
    _, order = linear_sum_assignment(cdist(meaning.points, points.points, "sqeuclidean"))
    return Mapper("matched", meaning.labels, points.points[order])


def shuffled(mapper: Mapper, seed: int) -> Mapper:
    """Pair the points and labels of a mapper at random: the geometry stays, the meaning goes."""
    order = np.random.default_rng(seed).permutation(len(mapper))
    return Mapper(f"shuffled-{mapper.name}", mapper.labels, mapper.points[order])


def mapper(name: str, seed: int = 42) -> Mapper:
    """Build a mapper by its name in a recipe, one of :data:`KNOWN`; ``seed`` is for "shuffled".

    "spread" and "sphere" may carry a number of dimensions, as in "spread-8"; "shuffled" shuffles
    "nrc", or the mapper it names, as in "shuffled-scaled" or "shuffled-spread"; "scaled" may carry a number of
    quantiles, as in "scaled-10". "learned-8" has points drawn at random by ``seed``, where their training begins;
    "names-8" and "votes-8" are :func:`principal`'s.
    """
    kind, dash, rest = name.partition("-")
    plain: dict[str, Callable[[], Mapper]] = {"nrc": nrc, "scaled": scaled, "matched": matched, "spread": spread}
    if name in plain:
        return plain[name]()
    if kind == "scaled" and rest.isdecimal():
        return scaled(int(rest))
    if kind == "shuffled" and (not dash or rest in plain):
        return shuffled(plain[rest or "nrc"](), seed)
    if kind == "learned" and rest.isdecimal():
        points = np.random.default_rng(seed).random((len(EMOTIONS), int(rest)))
        return Mapper(name, EMOTIONS, points)
    if kind in ("names", "votes") and rest.isdecimal():
        return principal(kind, int(rest))
    if kind in ("spread", "sphere") and (not dash or rest.isdecimal()):
        return spread(len(EMOTIONS), int(rest or 3), "cube" if kind == "spread" else "sphere")
    raise ValueError(f"unknown mapper {name!r}; expected one of {', '.join(KNOWN)}, or one such as spread-8")


def _labels(n):
    return EMOTIONS if n == len(EMOTIONS) else tuple(map(str, range(n)))


# One thread: on a busy machine, two that wait for each other take ten times as long over so small a problem.
@functools.lru_cache
@threadpool_limits.wrap(limits=1, user_api="blas")
def _spread(n, dims, domain):
    """Climb an ever sharper soft minimum of the pairwise distances, from 20 starts."""
    rng = np.random.default_rng(0)
    options = {"maxiter": 200, "ftol": 1e-9}
    found = []
    for _ in range(20):
        # Uniform in the cube, or in every direction from the centre.
        points = rng.random((n, dims)) if domain == "cube" else rng.standard_normal((n, dims))
        bounds = [(0, 1)] * points.size if domain == "cube" else None
        for sharpness in (8, 64, 512, 4096):
            start, args = points.ravel(), (n, sharpness, domain)
            end = minimize(_closeness, start, args, "L-BFGS-B", jac=True, bounds=bounds, options=options)
            points = end.x.reshape(n, dims)
        if domain == "sphere":
            points = np.clip(0.5 + 0.5 * points / np.linalg.norm(points, axis=1, keepdims=True), 0, 1)
        found.append((pdist(points).min(), points))
    # The first of the nearly equal, not the very best: rounding must not decide which arrangement it is.
    distance, points = next(pair for pair in found if pair[0] > 0.999 * max(d for d, _ in found))
    if domain == "cube":
        # Points become centres of balls: shrunk until the balls around the outermost touch the cube's sides.
        radius = distance / (2 * (1 + distance))
        points = radius + (1 - 2 * radius) * points
    return points


def _closeness(z, n, sharpness, domain):
    """Soft maximum of -log(distance) over all pairs, and its gradient."""
    z = z.reshape(n, -1)
    norm = np.linalg.norm(z, axis=1, keepdims=True) if domain == "sphere" else 1.0
    points = z / norm
    difference = points[:, None] - points
    squared = (difference**2).sum(axis=-1) + 1e-300
    np.fill_diagonal(squared, np.inf)
    energy = -sharpness / 2 * np.log(squared)
    weight = np.exp(energy - energy.max())
    gradient = -2 * np.einsum("ij,ijk->ik", weight / weight.sum() / squared, difference)
    if domain == "sphere":
        gradient = (gradient - (gradient * points).sum(axis=1, keepdims=True) * points) / norm
    return (np.log(weight.sum()) + energy.max()) / sharpness, gradient.ravel()
