"""Many runs: the grid and how far it is, tuning and what it found, retraining, what a run holds, the data fetched.

What hands tasks to a Slurm cluster is offered to the other tools.
"""

from vadstudy.lab.cluster import executor

__all__ = ["executor"]
