"""Annotation of batches, as large systems hand them out: Hugging Face datasets, Spark and Ray.

None of them is imported: what they pass is told by its type, a mapping of lists or Arrow's tables and record batches.
"""

import inspect
import pickle
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vadstudy.errors import OptionError, TableError
from vadstudy.use.arrow import is_text
from vadstudy.use.columns import answers, appended, new_columns
from vadstudy.use.tabular import half_character

if TYPE_CHECKING:
    import datasets

    from vadstudy.use.pipeline import EmotionPipeline

#: Spark's names of the types of new columns.
SPARK = {pa.float32(): "float", pa.string(): "string", pa.bool_(): "boolean"}


class Annotate:
    """A batch to the same batch with the columns that ``vadstudy annotate`` adds.

    It fits ``datasets.Dataset.map(batched=True)``, Spark's ``mapInArrow`` and Ray's ``map_batches``. It holds its
    options only, so that it is cheap to send to workers; the pipeline is made at the first batch, once a process.

    Parameters
    ----------
    column : str
        The column of texts. Rows without text get nulls.
    probabilities : bool
        Add the probability of every label, too.
    **options
        Of :class:`vadstudy.use.pipeline.EmotionPipeline`.

    Raises
    ------
    OptionError
        If an option is unknown, or the pipeline's classifier has no probabilities and they are asked for.

    Examples
    --------
    >>> comments.map(Annotate("body"), batched=True)  # doctest: +SKIP
    """

    def __init__(self, column: str = "text", probabilities: bool = False, **options: Any):
        from vadstudy.use.pipeline import EmotionPipeline

        known = list(inspect.signature(EmotionPipeline).parameters)
        if unknown := [name for name in options if name not in known]:
            raise OptionError(f"unknown option {unknown[0]!r} of Annotate; expected one of {', '.join(known)}")
        if probabilities and options.get("classifier") == "svm":
            raise OptionError("an SVM ranks the emotions and has no probabilities: leave probabilities out, or use 1nn")
        self.column, self.probabilities, self.options = column, probabilities, options

    def __call__(self, batch: Any) -> Any:
        """The batch with the new columns; an iterator of record batches gives an iterator of them.

        Parameters
        ----------
        batch : mapping of str to list, pa.Table, pa.RecordBatch, or iterator of the last

        Raises
        ------
        TableError
            If the column is not there or holds no texts, or a new column's name is taken.
        TypeError
            If the batch is something else.
        """
        if isinstance(batch, pa.Table | pa.RecordBatch):
            return self._arrow(batch)
        if isinstance(batch, Mapping):
            return self._lists(batch)
        if isinstance(batch, Iterator):
            return map(self._arrow, batch)
        raise TypeError(
            f"a batch is {type(batch).__name__}, expected a dict of lists, or Arrow's Table or RecordBatch; in Ray, "
            'pass batch_format="pyarrow"'
        )

    @property
    def pipeline(self) -> "EmotionPipeline":
        """The pipeline of these options in this process."""
        return _pipeline(pickle.dumps(sorted(self.options.items())))

    @property
    def added(self) -> pa.Schema:
        """The new columns and their types; it loads the pipeline, which knows them."""
        read = self.pipeline
        own = read.own.names if read.own else ()
        return new_columns(self.probabilities, read.ranks_only, read.several is not None, own)

    def schema(self, columns: Sequence[tuple[str, str]]) -> str:
        """Spark's schema of the result, as ``mapInArrow`` takes it, from the ``dtypes`` of a Spark data frame.

        Examples
        --------
        >>> frame.mapInArrow(annotate, annotate.schema(frame.dtypes))  # doctest: +SKIP
        """
        every = [*columns, *((field.name, SPARK[field.type]) for field in self.added)]
        return ", ".join("`{}` {}".format(name.replace("`", "``"), kind) for name, kind in every)

    def features(self, features: "datasets.Features") -> "datasets.Features":
        """Features of the result, from those of a Hugging Face dataset.

        With lists, ``map`` takes a column's type from its first batch, in which ``flags`` may be null throughout.
        """
        import datasets

        return datasets.Features({**features, **datasets.Features.from_arrow_schema(self.added)})

    def _arrow(self, batch):
        self._free(batch.schema.names)
        kind = batch.schema.field(self.column).type
        if not (is_text(kind) or pa.types.is_null(kind)):
            raise TableError(f"column {self.column!r} is {kind}, expected text; name another with column=")
        added = self.added
        return appended(batch, answers(self.pipeline, batch[self.column].to_pylist(), added.names)[0], added)

    def _lists(self, batch):
        self._free(list(batch))
        texts = batch[self.column]
        if isinstance(texts, str):
            raise TableError(f"column {self.column!r} is one text, expected a list of texts; pass batched=True to map")
        texts = list(texts)
        for i, text in enumerate(texts):
            if not isinstance(text, str | None):
                raise TableError(f"column {self.column!r}, row {i} is {type(text).__name__}, expected text or None")
            if text and (half := half_character(text)):
                raise TableError(f"column {self.column!r}, row {i} holds half a character, {half!r}; remove it")
        names = self.added.names
        found, _ = answers(self.pipeline, texts, names)
        return batch | {name: [row[name] for row in found] for name in names}

    def _free(self, names):
        if self.column not in names:
            raise TableError(f"a batch has no column {self.column!r}; it has {', '.join(names)}; name it with column=")
        if taken := [name for name in self.added.names if name in names]:
            raise TableError(f"a batch has the columns {', '.join(taken)} already, which are to be added; rename them")


@cache
def _pipeline(options: bytes) -> "EmotionPipeline":
    from vadstudy.use.pipeline import EmotionPipeline

    return EmotionPipeline(**dict(pickle.loads(options)))
