"""The snippets of the page on large data run as they stand, where what they import is there."""

import importlib.util
import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "large-data.md").read_text(encoding="utf-8")
#: What is no dependency of the project.
OTHERS = ("pyspark", "ray")


def test_the_python_snippets_run_in_their_order():
    known, ran = {}, 0
    for snippet in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        needed = [name for name in OTHERS if re.search(rf"^(import|from) {name}\b", snippet, re.M)]
        if all(importlib.util.find_spec(name) for name in needed):
            exec(snippet, known)
            ran += 1
    assert ran >= 2
    assert known["annotated"] is not None and known["annotate"].column == "text"
