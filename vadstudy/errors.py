"""What can be wrong, by who can mend it: each message names the file, line or field, what was expected, what to do."""


class StudyError(Exception):
    """Whatever this package refuses on purpose; the command line shows its message and no traceback."""


class CorpusError(StudyError, ValueError):
    """A corpus or lexicon that is missing, malformed or cannot be reached."""


class TrainingError(StudyError, RuntimeError):
    """A training that cannot go on."""


class ModelError(StudyError, ValueError):
    """An encoder or weights that cannot be had, are damaged, or do not fit."""


class RunError(StudyError, RuntimeError):
    """A run that cannot be used: unknown, stale, damaged, or not there where none may be made."""


class ReportError(RunError):
    """A report that cannot be written, because what it is made of is missing or old."""


class TableError(StudyError, ValueError):
    """A file of texts that cannot be read, annotated or written."""


class OptionError(StudyError, ValueError):
    """Options of the pipeline that are unknown, or do not go together."""


class LabelError(StudyError, ValueError):
    """A list of one's own labels that cannot be used."""


class ExportError(StudyError, RuntimeError):
    """An export that cannot be written."""


class WriteError(StudyError, OSError):
    """A file that cannot be written: the disk is full, its folder read-only or another user's."""


class ServerError(StudyError, OSError):
    """A page that cannot be served: its port is taken."""


class NotebookError(StudyError, RuntimeError):
    """A notebook that cannot be executed."""


def first_line(error: Exception) -> str:
    """The first line of an error's message: those of the hub and of PyTorch have many."""
    return (str(error).strip() or repr(error)).splitlines()[0]
