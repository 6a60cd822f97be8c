"""Office files with the same bytes for the same content: they are archives that would hold the time of writing."""

from __future__ import annotations

import io
import re
import zipfile

_DATES = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")
_CORE = "docProps/core.xml"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive can name."""


def without_times(content: bytes) -> bytes:
    """Take the times of writing out of an Office file.

    Parameters
    ----------
    content : bytes
        A ``.xlsx``, ``.pptx`` or ``.docx`` file.

    Returns
    -------
    bytes
        The same file; when it was written is not in it.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            kept = _DATES.sub(b"", part) if entry.filename == _CORE else part
            place = zipfile.ZipInfo(entry.filename, _EARLIEST)
            # the same on every system
            place.create_system, place.compress_type = 0, zipfile.ZIP_DEFLATED
            new.writestr(place, kept)
    return written.getvalue()
