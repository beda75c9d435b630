"""A fitted SVM in half a megabyte, kept beside its run: fitting it takes minutes, reading it back milliseconds.

The file ``seed<k>.svm.parquet`` has a row for each support vector: its point, its label, and its coefficients against
every other label, most of which are 0 or ±C and compress to little.
"""

import json
import logging
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist
from scipy.special import softmax

from vadstudy.classifiers import EmotionSVM
from vadstudy.computed import fit_svm
from vadstudy.disk import files
from vadstudy.errors import RunError, WriteError
from vadstudy.runs import RunStore

log = logging.getLogger(__name__)

#: Rows whose kernel values are held at a time.
BLOCK = 512


class CompactSVM:
    """What a fitted :class:`vadstudy.classifiers.EmotionSVM` needs to predict, with the same labels and scores.

    The scores sum to one and rank the labels, no more: they come from counts of votes, and the surest half of the test
    comments is no more often right than the other.

    Parameters
    ----------
    vectors : ndarray of shape (n_vectors, dims)
        Support vectors, those of one label after another.
    owners : ndarray of shape (n_vectors,)
        The position of each vector's label in ``classes``, ascending.
    coefficients : ndarray of shape (n_vectors, n_classes - 1)
        Signed weights of each vector against the other labels, in their order.
    intercepts : ndarray of shape (n_classes * (n_classes - 1) / 2,)
        Of each pair of labels: (0, 1), (0, 2), … (1, 2), ….
    gamma, temperature : float
    classes : sequence of int
    """

    def __init__(
        self,
        vectors: ArrayLike,
        owners: ArrayLike,
        coefficients: ArrayLike,
        intercepts: ArrayLike,
        gamma: float,
        temperature: float,
        classes: ArrayLike,
    ):
        self.vectors, self.coefficients = np.asarray(vectors, float), np.asarray(coefficients, float)
        self.intercepts, self.gamma, self.temperature = np.asarray(intercepts, float), gamma, temperature
        self.classes_ = np.asarray(classes)
        n = len(self.classes_)
        if len(self.intercepts) != n * (n - 1) // 2 or self.coefficients.shape != (len(self.vectors), n - 1):
            raise ValueError(
                f"{self.coefficients.shape} coefficients and {len(self.intercepts)} intercepts do not go "
                f"with {len(self.vectors)} vectors of {n} labels"
            )
        self.owners = np.asarray(owners)
        self._starts = np.searchsorted(self.owners, np.arange(n + 1))
        self._first, self._second = np.triu_indices(n, 1)

    @classmethod
    def of(cls, svm: EmotionSVM) -> Self:
        """The compact form of a fitted ``EmotionSVM`` of three or more labels."""
        svc = svm.svc_
        owners = np.repeat(np.arange(len(svc.classes_)), svc.n_support_)
        return cls(
            svc.support_vectors_, owners, svc.dual_coef_.T, svc.intercept_, svc.gamma, svm.temperature_, svm.classes_
        )

    def __repr__(self):
        return f"CompactSVM({len(self.vectors)} vectors, gamma={self.gamma}, temperature={self.temperature:.6f})"

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the label of the highest score for each row of X, shape (n, dims)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return scores of shape (n, n_classes), in the order of ``classes_``, which rank the labels and no more."""
        X = np.asarray(X, float)
        scores = [self._scores(X[start : start + BLOCK]) for start in range(0, len(X), BLOCK)]
        return softmax(np.concatenate(scores) / self.temperature, axis=1)

    def _scores(self, X):
        """Votes of the pairs of labels, and less than a half by how sure they are, as scikit-learn counts them."""
        kernel = np.exp(-self.gamma * cdist(X, self.vectors, "sqeuclidean"))
        n = len(self.classes_)
        sums = np.zeros((n, len(X), n))
        for own, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False)):
            # Coefficients against the others leave the label itself out.
            sums[own][:, np.arange(n) != own] = kernel[:, start:end] @ self.coefficients[start:end]
        i, j = self._first, self._second
        margins = sums[i, :, j].T + sums[j, :, i].T + self.intercepts
        first, second = np.eye(n)[i], np.eye(n)[j]
        votes = (margins >= 0) @ first + (margins < 0) @ second
        sureness = margins @ (first - second)
        return votes + sureness / (3 * (np.abs(sureness) + 1))

    def save(self, path: Any, **metadata: Any) -> None:
        """Write a Parquet file, in single precision."""
        table = pa.table(
            {
                "label": self.classes_[self.owners].astype(np.int16),
                **{f"x{i}": column for i, column in enumerate(self.vectors.T.astype(np.float32))},
                **{f"c{i}": column for i, column in enumerate(self.coefficients.T.astype(np.float32))},
            }
        )
        metadata |= {
            "intercepts": self.intercepts.tolist(),
            "gamma": self.gamma,
            "temperature": self.temperature,
            "classes": self.classes_.tolist(),
        }
        table = table.replace_schema_metadata({"svm": json.dumps(metadata)})
        pq.write_table(table, path, compression="zstd", write_page_checksum=True)

    @classmethod
    def load(cls, path: Path) -> tuple[Self, dict[str, Any]]:
        """Read what :meth:`save` wrote: the SVM, and the metadata."""
        frame = pq.read_table(path, page_checksum_verification=True)
        metadata = json.loads(frame.schema.metadata[b"svm"])
        fields = {name: metadata.pop(name) for name in ("intercepts", "gamma", "temperature", "classes")}

        def columns(letter):
            return np.column_stack([frame[name] for name in frame.column_names if name[0] == letter])

        owners = np.searchsorted(fields["classes"], frame["label"].to_numpy())
        return cls(columns("x"), owners, columns("c"), **fields), metadata


def kept_svm(store: RunStore, name: str = "scaled-mae-svm", seed: int = 42) -> CompactSVM:
    """The SVM behind a recorded run of kind ``svm``: read from beside it, else fitted, which takes minutes, and kept.

    No run is made for it.

    Raises
    ------
    RunError
        If the run is unknown or not recorded, or the file is damaged.
    """
    run, recipe = store.recorded(name, seed), store.recipes[name]
    path = run.path.with_suffix(".svm.parquet")
    of = {"source": run.meta["fingerprints"]["source"], "run": run.digest}
    # Read without the lock, which a record that belongs to somebody else has no place for.
    if (svm := _read(path, of)) is not None:
        return svm
    locks = store.scratch / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{name}-seed{seed}-svm.lock"):
        if (svm := _read(path, of)) is not None:
            return svm
        if path.is_file():
            log.info("%s is of other predictions of %s than are recorded", path, recipe.source)
        sources = [store.recorded(each, seed) for each in recipe.sources]
        log.info("fitting the SVM of %s, which takes minutes on all of GoEmotions", name)
        svm, buffer = CompactSVM.of(fit_svm(recipe, seed, sources)), BytesIO()
        svm.save(buffer, **of, recipe=name, seed=seed)
        try:
            files.clean(path)
            files.write(path, buffer.getvalue())
        except WriteError as error:
            log.warning("%s: the next call fits the SVM again", error)
            return svm
        return CompactSVM.load(path)[0]


def _read(path, of):
    """The SVM in a file; None if there is none of this run and these source predictions."""
    if not path.is_file():
        return None
    try:
        svm, metadata = CompactSVM.load(path)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} is damaged ({error}); restore it from git, or delete it, and it is fitted anew"
        ) from error
    return svm if {name: metadata.get(name) for name in of} == of else None
