"""Another processor: what the tables say must not hang on how it rounds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: As on a machine without AVX2 and AVX-512: NumPy's and OpenBLAS's plainest code.
PLAIN = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "OPENBLAS_CORETYPE": "Prescott"}
SCRIPT = """
import sys
from types import SimpleNamespace
from pathlib import Path
from vadstudy import confounds, tables
from vadstudy.runs import RunStore

store = RunStore()
folder = SimpleNamespace(output=lambda *parts: Path(sys.argv[1]), wrote=lambda *paths: None)
tables.save({table}, "table", folder, "A table.")
"""
CASES = [
    pytest.param("tables.table1(store)", id="regression: Table 1's losses and R²", marks=pytest.mark.faults),
    pytest.param("tables.table3(store)", id="classification: Table 3's scores", marks=pytest.mark.faults),
    pytest.param("confounds.rates(store)", id="ties: texts that all lie in one spot", marks=pytest.mark.faults),
]


@pytest.mark.parametrize("table", CASES)
def test_the_same_table_on_every_processor(table, tmp_path):
    written = []
    for name, environment in (("here", {}), ("plain", PLAIN)):
        (tmp_path / name).mkdir()
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(table=table), tmp_path / name],
            cwd=ROOT,
            env=os.environ | environment,
            check=True,
            capture_output=True,
        )
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1] and set(written[0]) == {"table.csv", "table.md", "table.tex"}
