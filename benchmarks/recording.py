"""What a benchmark measured, as a small JSON file beside it: README's speeds are tested against these."""

import json
import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from vadstudy.inference import native


def record(path, ways, **settings):
    """Write measurements ``ways`` (name: numbers by name) to ``path``, with settings, versions and kind of machine."""
    path = Path(path)
    measured = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "precision": native("bf16"),
        "versions": {name: version(name) for name in ("torch", "transformers")},
        **settings,
        "ways": ways,
    }
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    os.replace(part, path)
