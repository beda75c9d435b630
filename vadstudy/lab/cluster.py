"""A Slurm cluster, to which many tasks are handed as one array of jobs, by submitit."""

from pathlib import Path
from typing import TYPE_CHECKING

from vadstudy.disk.files import writable
from vadstudy.errors import RunError

if TYPE_CHECKING:
    import submitit


def executor(folder: Path, cluster: str = "slurm", otherwise: str = "") -> "submitit.AutoExecutor":
    """What submits tasks: its ``map_array`` takes a callable and lists of arguments, and returns submitit's jobs.

    Partition, account and time limit are set by Slurm's own ``SBATCH_PARTITION``, ``SBATCH_ACCOUNT`` and
    ``SBATCH_TIMELIMIT``.

    Parameters
    ----------
    folder : Path
        Where submitit keeps the tasks and their logs; it is made if it is missing.
    cluster : str
        "local" runs the tasks on this machine, all at once, and "debug" in this process.
    otherwise : str
        What the error advises to do where there is no Slurm.

    Raises
    ------
    RunError
        If there is no Slurm.
    WriteError
        If the folder cannot be written.
    """
    import submitit

    writable(folder)
    try:
        found = submitit.AutoExecutor(folder=folder, cluster=cluster)
    except RuntimeError as error:
        raise RunError(
            f"there is no Slurm on this machine ({error}); submit from the cluster's login node, or {otherwise}"
        ) from error
    found.update_parameters(name="vadstudy", timeout_min=24 * 60, cpus_per_task=4)
    return found
