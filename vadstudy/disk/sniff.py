"""What a file looks like by its first bytes, whatever its name says: for messages about files that cannot be read."""

import codecs
import zipfile
from pathlib import Path

#: First bytes of formats that are not UTF-8 text, longest first where one begins another.
MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF-", "PDF"),
    (codecs.BOM_UTF32_LE, "UTF-32 text"),
    (codecs.BOM_UTF32_BE, "UTF-32 text"),
    (codecs.BOM_UTF16_LE, "UTF-16 text"),
    (codecs.BOM_UTF16_BE, "UTF-16 text"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)
#: What to do about each, ``{path}`` being the file.
REMEDY = {
    "gzip": "unpack it: `gunzip -c {path} > FILE`",
    "bzip2": "unpack it: `bunzip2 -c {path} > FILE`",
    "xz": "unpack it: `xz -dc {path} > FILE`",
    "Zstandard": "unpack it: `zstd -dc {path} > FILE`",
    "a zip archive": "unpack it: `unzip {path}`",
    "an Excel workbook": "save it from the spreadsheet program as text in UTF-8",
    "an old Excel workbook": "save it from the spreadsheet program as text in UTF-8",
    "an OpenDocument spreadsheet": "save it from the spreadsheet program as text in UTF-8",
    "Parquet": "give it the name that Parquet files have, or convert it to text",
    "Parquet that was cut off": "fetch it again",
    "UTF-32 text": "convert it: `iconv -f utf-32 -t utf-8 {path} > FILE`",
    "UTF-16 text": "convert it: `iconv -f utf-16 -t utf-8 {path} > FILE`",
    "UTF-16LE text": "convert it: `iconv -f utf-16le -t utf-8 {path} > FILE`",
    "UTF-16BE text": "convert it: `iconv -f utf-16be -t utf-8 {path} > FILE`",
    "Windows-1252 text": "convert it: `iconv -f cp1252 -t utf-8 {path} > FILE`",
    "UTF-8 text that was cut off": "fetch it again",
    "a Git LFS pointer": "fetch the file that it stands for: `git lfs pull`",
    "a web page": "fetch the file that the page shows or leads to",
}
OTHER = "get it anew as text in UTF-8"
CHUNK = 1 << 20


def looks_like(path: Path | str) -> str | None:
    """What a file looks like that is not UTF-8 text: "gzip", "an Excel workbook", "UTF-16 text", ...

    Parameters
    ----------
    path : path
        Read to its end only where all of it is UTF-8.

    Returns
    -------
    kind : str or None
        A name to be read after "looks like"; None where the file is UTF-8 text (with or without a byte order mark, or
        empty). An ``OSError`` if it cannot be opened.
    """
    path = Path(path)
    with open(path, "rb") as file:
        head = file.read(CHUNK)
        start = head[:64].lstrip().lower()
        for magic, kind in MAGIC:
            if head.startswith(magic) or (kind == "a web page" and start.startswith(magic)):
                return _narrowed(path, kind)
        if (kind := _zeros(head[:1024])) is not None:
            return kind
        decoder = codecs.getincrementaldecoder("utf-8")()
        chunk, ascii_only = head, True
        while chunk:
            try:
                ascii_only &= decoder.decode(chunk).isascii()
            except UnicodeDecodeError:
                return _one_byte(chunk)
            chunk = file.read(CHUNK)
    if rest := decoder.getstate()[0]:
        # "caf\xe9" is Windows-1252; a file with whole UTF-8 characters before its last, broken one was cut.
        return _one_byte(rest) if ascii_only and len(rest) == 1 else "UTF-8 text that was cut off"
    return None


def advice(path: Path | str) -> str:
    """``"; it looks like gzip: unpack it ..."``, to be put behind a message; empty where a file looks like UTF-8."""
    kind = looks_like(path)
    return f"; it looks like {kind}: {REMEDY.get(kind, OTHER).format(path=path)}" if kind else ""


def _narrowed(path, kind):
    """Which of a family of formats it is: spreadsheets are zip archives, and Parquet ends as it begins."""
    if kind == "a zip archive":
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if any(name.startswith("xl/") for name in names):
                    return "an Excel workbook"
                if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype"):
                    return "an OpenDocument spreadsheet"
        except (zipfile.BadZipFile, OSError):
            return "a zip archive that was cut off"
    if kind == "Parquet":
        with open(path, "rb") as file:
            file.seek(max(file.seek(0, 2) - 4, 0))
            if file.read() != b"PAR1":
                return "Parquet that was cut off"
    return kind


def _zeros(head):
    """UTF-16 without a byte order mark has a zero beside most Latin letters; other zeros are no text."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.3 * len(head) and even < 0.05 * len(head):
        return "UTF-16LE text"
    if even > 0.3 * len(head) and odd < 0.05 * len(head):
        return "UTF-16BE text"
    return "binary data" if even or odd else None


def _one_byte(chunk):
    """Windows-1252 leaves five bytes undefined, and text has no control characters but breaks and tabs."""
    try:
        chunk.decode("cp1252")
    except UnicodeDecodeError:
        return "text in neither UTF-8 nor Windows-1252"
    return "binary data" if any(byte < 9 or 13 < byte < 27 for byte in chunk[:4096]) else "Windows-1252 text"
