"""Files that appear whole or not at all, and are still there after a power cut."""

import hashlib
import os


def sync(path):
    """Have a file, or the entries of a folder, written to the disk itself, not only to the system's memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(part, path):
    """Put a finished file in the place of another, by one rename, after its content is on the disk."""
    sync(part)
    os.replace(part, path)
    sync(path.parent)


def sha256(path):
    """SHA-256 of a file, as hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
