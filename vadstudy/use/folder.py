"""Annotate a folder: each of its files as :mod:`vadstudy.use.annotate` does one, here or on a Slurm cluster.

A :class:`vadstudy.use.records.Record` of each output is written after it, and a later call skips the files whose
record still says the truth: it may be stopped at any moment. Calls that run at the same time share the files.
"""

import json
import logging
import unicodedata
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import submitit
from filelock import FileLock, Timeout

from vadstudy.disk import files, sniff
from vadstudy.errors import StudyError, TableError
from vadstudy.lab import executor
from vadstudy.use.annotate import Annotation, counted
from vadstudy.use.records import RECORDS, Made, Record
from vadstudy.use.tabular import SUFFIXES

if TYPE_CHECKING:
    from vadstudy.use.pipeline import EmotionPipeline

log = logging.getLogger(__name__)

#: Jobs of an array at most, each with many files if there are more: clusters limit an array's size, often to 1,000.
JOBS = 250
EXPECTED = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"


@dataclass
class Folder:
    """A folder to annotate: checked when it is made, done by :meth:`run` here, or by :meth:`slurm`.

    Hidden files are ignored. A later call skips a file whose output is whole and was made from the same content, with
    the same options, by the same model; an output that is not is made anew, also if somebody edited it.

    Parameters
    ----------
    source : Path
        Folder with files to annotate.
    out : Path
        Folder of the outputs, which have the inputs' names; it is made if it is missing.
    options : mapping
        Arguments of :class:`vadstudy.use.annotate.Annotation`. The ``encoding`` is that of the files that are not
        UTF-8, and the mark for ``excel`` goes to CSV files only.
    overwrite : bool
        Replace files in ``out`` that no call of this kind made, too.

    Attributes
    ----------
    names : list of str
        The files to annotate, in their order.
    left_out : list of str
        What is in the folder besides, hidden files aside: files of another kind, and folders, which end with "/".

    Raises
    ------
    TableError
        If the folder holds no file to annotate, one folder is the other or lies in it, or two files would have the same
        output where upper and lower case are the same.
    WriteError
        If ``out`` cannot be written.
    """

    source: Path
    out: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False

    def __post_init__(self):
        _apart(self.source, self.out)
        self.names, self.left_out = _listed(self.source)
        if not self.names:
            others = f"; it has {', '.join(self.left_out)}" if self.left_out else ""
            raise TableError(f"{self.source} holds no file to annotate, expected {EXPECTED}{others}; name another")
        files.check(self.out)

    def run(
        self,
        pipeline: "EmotionPipeline",
        tell: Callable[[str], object] = log.info,
        names: Sequence[str] | None = None,
    ) -> str:
        """Annotate what is not done, one file after another; those that another process annotates come last.

        Parameters
        ----------
        pipeline : EmotionPipeline
            One that goes with the options.
        tell : callable
            Called with a line for each file when it is done, has failed, or is left to another process meanwhile.
        names : sequence of str, optional
            Some of :attr:`names`, by default all.

        Returns
        -------
        str
            How many files were annotated, and how many were there.

        Raises
        ------
        TableError
            At the end, if files failed, with a list of them.
        WriteError
            If ``out`` cannot be written.
        """
        files.writable(self.out / RECORDS)
        names = self.names if names is None else names
        waiting, failed, there = deque((name, False) for name in names), dict[str, str](), 0
        while waiting:
            name, patient = waiting.popleft()
            try:
                with FileLock(Record(self.out / name).lock, timeout=-1 if patient else 0):
                    said = self._annotate(name, pipeline)
            except Timeout:
                waiting.append((name, True))
                tell(f"{name}: another process annotates it; it is seen to at the end")
                continue
            except Exception as error:  # whatever it is, the others go on
                failed[name], said = self._words(name, error), "failed; the last lines say why"
            there += said is None
            tell(f"{len(names) - len(waiting)} of {len(names)}, {name}: {said or 'is there'}")
        made = len(names) - there - len(failed)
        _report(failed, len(names), f"{made} annotated just now, {there} there before")
        return f"{len(names)} files, {made} annotated just now, {there} there before"

    def slurm(
        self, making: Mapping[str, Any], tell: Callable[[str], object] = log.info, cluster: str = "slurm"
    ) -> list[submitit.Job]:
        """Submit what is not done as one array of jobs, and return them; those queued before are not known.

        A file that another job annotates is waited for: the cluster's file system must support locks.

        Parameters
        ----------
        making : mapping
            Arguments of the ``EmotionPipeline`` that each job makes.
        tell : callable
            Called with a line for each file that is there already.
        cluster : str
            As for :func:`vadstudy.lab.cluster.executor`.

        Raises
        ------
        RunError
            If there is no Slurm, or the model is not recorded.
        TableError
            If files cannot be annotated, with a list of them, after the others were submitted.
        """
        submitter = executor(self.out / RECORDS / "slurm", cluster, "annotate here, without --engine slurm")
        pipeline = _pipeline(making)
        left, failed = list[str](), dict[str, str]()
        for name in self.names:
            try:
                if Record(self.out / name).why(self._made(name, pipeline), self.overwrite) is None:
                    tell(f"{name}: is there")
                else:
                    left.append(name)
            except Exception as error:  # whatever it is, the others go on
                failed[name] = self._words(name, error)
        work = replace(self, source=self.source.absolute(), out=self.out.absolute())
        tasks = [left[i::JOBS] for i in range(min(JOBS, len(left)))]
        jobs = submitter.map_array(Task(), [work] * len(tasks), [making] * len(tasks), tasks) if tasks else []
        _report(failed, len(self.names), f"{len(left)} submitted in {len(jobs)} jobs")
        return jobs

    def _annotate(self, name, pipeline):
        """Annotate a file, if its output is not there and right; what was done, in words, else None."""
        made, record = self._made(name, pipeline), Record(self.out / name)
        if (why := record.why(made, self.overwrite)) is None:
            return None
        work = Annotation(self.source / name, record.out, overwrite=True, **made.options)
        record.begin()
        said = counted(work.run(pipeline), pipeline.max_length)
        record.end(made)
        return f"{said} (anew: {why})" if why else said

    def _made(self, name, pipeline):
        """What decides a file's output, the options being those that this file is annotated with."""
        path = self.source / name
        kind, options = path.suffix.lower(), dict(self.options)
        if options.get("encoding") and (kind == ".parquet" or sniff.looks_like(path) is None):
            options["encoding"] = None
        if kind != ".csv":
            options["excel"] = False
        return Made(files.sha256(path), _as_stored(options), _as_stored(pipeline.fingerprint()))

    def _words(self, name, error):
        """A failure in one line that names the file."""
        said = " ".join(str(error).splitlines())
        if isinstance(error, StudyError):
            pass
        elif isinstance(error, OSError):
            where, why = error.filename or self.source / name, error.strerror or said
            said = f"{where}: {why}; mend that, and the same command goes on"
        else:
            log.exception("%s failed", name)
            said = f"{error!r}; annotate it alone, to see where"
        return said if name in said else f"{self.source / name}: {said}"


class Task(submitit.helpers.Checkpointable):
    """Files of a folder on a compute node, which Slurm may stop and start again; a ``TableError`` if one fails."""

    def __call__(self, folder: Folder, making: Mapping[str, Any], names: Sequence[str]) -> str:
        """Annotate the files; what was done, in words."""
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        return folder.run(_pipeline(making), log.info, names)


def _report(failed, total, others):
    """Raise a ``TableError`` that lists the failed of so many files, if there are some."""
    if failed:
        lines = "\n".join(failed.values())
        raise TableError(f"{len(failed)} of {total} files failed ({others}):\n{lines}")


def _pipeline(making):
    """The pipeline, imported when it is made, so that a folder is checked without PyTorch."""
    from vadstudy.use.pipeline import EmotionPipeline

    return EmotionPipeline(**making)


def _listed(folder):
    """Names of the files to annotate, and of what else is in a folder but hidden files, both sorted."""
    found, others, known = list[str](), list[str](), dict[str, str]()
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise TableError(f"{folder} cannot be read: {error.strerror or error}; name another folder") from error
    for path in paths:
        # What a link leads to may be gone: that is a failure, and no file of another kind.
        if path.suffix.lower() not in SUFFIXES or (path.exists() and not path.is_file()):
            others.append(path.name + "/" * path.is_dir())
            continue
        first = known.setdefault(unicodedata.normalize("NFC", path.name).casefold(), path.name)
        if first != path.name:
            raise TableError(
                f"{folder} has {first} and {path.name}, whose outputs are one file where upper and lower case are the "
                "same; rename one"
            )
        found.append(path.name)
    return found, others


def _apart(source, out):
    """Make sure that neither folder is or holds the other: outputs would be inputs of the next call."""
    a, b = source.resolve(), out.resolve()
    if a == b:
        raise TableError(f"{out} is the folder of the inputs; name another for the outputs")
    if b in a.parents or a in b.parents:
        inner, outer = (source, out) if b in a.parents else (out, source)
        raise TableError(f"{inner} lies in {outer}, and outputs would be taken for inputs; name a folder beside it")


def _as_stored(found):
    """As it is when it was written to JSON and read."""
    return json.loads(json.dumps(found))
