"""What a file looks like by its bytes, whatever its name says."""

import bz2
import gzip
import lzma
import zipfile
from io import BytesIO

import pytest

from vadstudy.disk import sniff

TEXT = "It's “déjà vu”, again and again\n" * 9


def zipped(*names):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else TEXT)
    return file.getvalue()


CASES = [
    pytest.param(TEXT.encode(), None, id="UTF-8"),
    pytest.param(TEXT.encode("utf-8-sig"), None, id="UTF-8 with a byte order mark"),
    pytest.param(b"", None, id="nothing"),
    pytest.param(b"plain ASCII\r\n", None, id="ASCII"),
    pytest.param(b"a" * (sniff.CHUNK - 1) + "é".encode(), None, id="a character on the border of two chunks"),
    pytest.param(b"a" * (sniff.CHUNK + 5) + b"\xe9t\xe9", "Windows-1252 text", id="cp1252 far from the beginning"),
    pytest.param(TEXT.encode("cp1252"), "Windows-1252 text", id="cp1252"),
    pytest.param("un café".encode("cp1252"), "Windows-1252 text", id="cp1252, its only accent last"),
    pytest.param("été\n".encode("latin-1"), "Windows-1252 text", id="latin-1"),
    pytest.param(b"\x81\x8d abc", "text in neither UTF-8 nor Windows-1252", id="another one-byte encoding"),
    pytest.param(TEXT.encode("utf-16"), "UTF-16 text", id="UTF-16"),
    pytest.param(TEXT.encode("utf-16-le"), "UTF-16LE text", id="UTF-16 little endian without a mark"),
    pytest.param(TEXT.encode("utf-16-be"), "UTF-16BE text", id="UTF-16 big endian without a mark"),
    pytest.param(TEXT.encode("utf-32"), "UTF-32 text", id="UTF-32"),
    pytest.param(TEXT.encode()[:10], "UTF-8 text that was cut off", id="UTF-8, cut within a character"),
    pytest.param(gzip.compress(b"text"), "gzip", id="gzip"),
    pytest.param(bz2.compress(b"text"), "bzip2", id="bzip2"),
    pytest.param(lzma.compress(b"text"), "xz", id="xz"),
    pytest.param(zipped("a.txt"), "a zip archive", id="zip"),
    pytest.param(zipped("a.txt")[:40], "a zip archive that was cut off", id="half a zip"),
    pytest.param(zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook", id="xlsx"),
    pytest.param(zipped("mimetype", "content.xml"), "an OpenDocument spreadsheet", id="ods"),
    pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an old Excel workbook", id="xls"),
    pytest.param(b"PAR1" + bytes(9) + b"PAR1", "Parquet", id="parquet"),
    pytest.param(b"PAR1" + bytes(9), "Parquet that was cut off", id="half a parquet"),
    pytest.param(b"\n<!DOCTYPE html><html>", "a web page", id="a web page that was saved instead"),
    pytest.param(b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer", id="a Git LFS pointer"),
    pytest.param(b"\x7fELF\x02\x01\x01\x00", "binary data", id="a program"),
]


@pytest.mark.parametrize(("content", "kind"), CASES)
def test_looks_like(content, kind, tmp_path):
    path = tmp_path / "train.tsv"
    path.write_bytes(content)
    assert sniff.looks_like(path) == kind
    assert (sniff.advice(path) == "") == (kind is None)


def test_the_advice_names_the_file_and_the_command(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_bytes("déjà vu".encode("cp1252"))
    command = f"iconv -f cp1252 -t utf-8 {path} > FILE"
    assert sniff.advice(path) == f"; it looks like Windows-1252 text: convert it: `{command}`"


def test_every_remedy_is_of_a_kind_that_is_found():
    kinds = {case.values[1] for case in CASES} | {kind for _, kind in sniff.MAGIC}
    assert set(sniff.REMEDY) <= kinds
