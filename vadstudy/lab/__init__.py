"""Many runs: the grid, tuning, retraining, fetching, and what `vadstudy show` says of one."""
