"""Media types, as the ending of a name or a URL tells them.

The table is Python's own, not the machine's: a record means the same on every machine.
"""

import mimetypes
from urllib.parse import urlsplit

# What Python's table lacks, or has under another name than the vendors.
MORE = {".webp": "image/webp", ".wav": "audio/wav", ".m4a": "audio/mp4", ".flac": "audio/flac"}

_types = mimetypes.MimeTypes()
for _ending, _type in MORE.items():
    _types.add_type(_type, _ending)


def type_of(name: str | None) -> str | None:
    """The media type of a file or a URL of this name; None if its ending says nothing."""
    try:
        path = urlsplit(name).path if name else ""
    except ValueError:  # of a URL that nobody can take apart: the provider judges it
        return None
    return _types.guess_type(path or "")[0]


def ending_of(mime: str | None) -> str:
    """The ending of a file of this media type, with its dot; empty if there is none."""
    return _types.guess_extension(mime or "") or ""
