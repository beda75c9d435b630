"""The model at work: the pipeline, files annotated, an export, the explorer."""
