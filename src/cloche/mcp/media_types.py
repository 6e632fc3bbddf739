"""Media types of files: by their names, and by what is in them.

The table is our own: that of the system differs from machine to machine.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath

PLAIN = "text/plain"
UNKNOWN = "application/octet-stream"

_TEXT = {
    "bib": "text/x-bibtex",
    "bash": "application/x-sh",
    "c": "text/x-c",
    "cfg": PLAIN,
    "conf": PLAIN,
    "cpp": "text/x-c",
    "css": "text/css",
    "csv": "text/csv",
    "dot": "text/vnd.graphviz",
    "geojson": "application/geo+json",
    "h": "text/x-c",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "ini": PLAIN,
    "ipynb": "application/x-ipynb+json",
    "js": "text/javascript",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "jsx": "text/javascript",
    "kml": "application/vnd.google-earth.kml+xml",
    "log": PLAIN,
    "md": "text/markdown",
    "mjs": "text/javascript",
    "ndjson": "application/x-ndjson",
    "py": "text/x-python",
    "r": "text/x-r",
    "rst": "text/x-rst",
    "rtf": "application/rtf",
    "sh": "application/x-sh",
    "sql": "application/sql",
    "srt": "application/x-subrip",
    "svg": "image/svg+xml",
    "tex": "application/x-tex",
    "toml": "application/toml",
    "ts": "text/x-typescript",
    "tsv": "text/tab-separated-values",
    "tsx": "text/x-typescript",
    "txt": PLAIN,
    "vtt": "text/vtt",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}

_BINARY = {
    "7z": "application/x-7z-compressed",
    "arrow": "application/vnd.apache.arrow.file",
    "avif": "image/avif",
    "avro": "application/avro",
    "bmp": "image/bmp",
    "bz2": "application/x-bzip2",
    "db": "application/vnd.sqlite3",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "feather": "application/vnd.apache.arrow.file",
    "flac": "audio/flac",
    "gif": "image/gif",
    "gz": "application/gzip",
    "h5": "application/x-hdf5",
    "hdf5": "application/x-hdf5",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "npy": "application/x-npy",
    "npz": "application/x-npz",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "orc": "application/vnd.apache.orc",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "pickle": UNKNOWN,
    "pkl": UNKNOWN,
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "sqlite": "application/vnd.sqlite3",
    "sqlite3": "application/vnd.sqlite3",
    "tar": "application/x-tar",
    "tgz": "application/gzip",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xz": "application/x-xz",
    "zip": "application/zip",
    "zst": "application/zstd",
}


def type_of_name(path: str) -> str | None:
    """Return the media type that a file's name tells, or None."""
    suffix = _suffix(path)
    return _TEXT.get(suffix) or _BINARY.get(suffix)


def present(path: str, data: bytes, *, most_bytes: int) -> tuple[str | bytes, str]:
    """Return a file's content as text where it is text, else as it is, and its media type.

    Text is valid UTF-8 that takes no more than `most_bytes` in JSON; of a file whose name tells
    nothing, also without zero bytes.
    """
    binary = _BINARY.get(_suffix(path))
    if binary is not None:
        return data, binary
    told = type_of_name(path)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data, told or UNKNOWN
    if told is None and "\0" in text:
        return data, UNKNOWN
    if len(json.dumps(text, ensure_ascii=False).encode()) > most_bytes:
        return data, told or PLAIN
    return text, told or PLAIN


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix[1:].lower()
