"""Many runs: the grid and how far it is, tuning and what it found, retraining, what a run holds, the data fetched."""
