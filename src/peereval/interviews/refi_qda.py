"""The XML of REFI-QDA, the exchange format of programs for qualitative analysis: read safely, names without namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import ExchangeFormatError, UnreadableFileError, UnsupportedInputError
from peereval.files import existing_file
from peereval.interviews.archives import MAX_PART, checked_parts, read_part

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

_PROJECT = "project.qde"
_NAMESPACE = "urn:qda-xml:"


def project_xml(path: str | Path) -> Element:
    """Read the project in a ``.qdpx`` file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Element
        The element ``Project``; tags stand without their namespace.

    Raises
    ------
    MissingFileError, UnreadableFileError, UnsupportedInputError
        The file is not there, is no packed file, is damaged, or is not safe to open, as `checked_parts` says; it holds
        no ``project.qde``, or this is not XML or declares a document type or entities.
    ExchangeFormatError
        The XML is no REFI-QDA project.
    """
    place = existing_file(path)
    found = [name for name in checked_parts(place) if name.lower() == _PROJECT]
    if len(found) != 1:
        msg = f"{place.name} holds {len(found)} parts called {_PROJECT}; a REFI-QDA project has one."
        raise UnsupportedInputError(msg, hint="Export the project as REFI-QDA (.qdpx).")
    return _parsed(read_part(place, found[0]), f"{_PROJECT} in {place.name}", "Project")


def codebook_xml(path: str | Path) -> Element:
    """Read the codebook in a ``.qdc`` file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Element
        The element ``CodeBook``; tags stand without their namespace.

    Raises
    ------
    MissingFileError, UnreadableFileError, UnsupportedInputError
        The file is not there, is no XML, too large, or declares a document type or entities.
    ExchangeFormatError
        The XML is no REFI-QDA codebook.
    """
    place = existing_file(path)
    if place.stat().st_size > MAX_PART:
        msg = f"{place.name} has {place.stat().st_size:,} bytes; a codebook has less than {MAX_PART >> 20} MB."
        raise UnsupportedInputError(msg, hint="Is it a codebook (.qdc)?")
    return _parsed(place.read_bytes(), place.name, "CodeBook")


def key_of(guid: str) -> str:
    """Write a GUID so that two spellings of it (braces, capital letters) are equal.

    Parameters
    ----------
    guid : str
        As it stands in the file.

    Returns
    -------
    str
        Without braces, in small letters.

    Examples
    --------
    >>> key_of("{A0B1}")
    'a0b1'
    """
    return guid.strip().strip("{}").casefold()


def attribute(element: Element, name: str) -> str:
    """Give an attribute that must be there.

    Parameters
    ----------
    element : Element
        The element.
    name : str
        The attribute.

    Returns
    -------
    str
        Its value.

    Raises
    ------
    ExchangeFormatError
        It is not there.
    """
    value = element.get(name)
    if value is None:
        guid = f" {element.get('guid')}" if element.get("guid") else ""
        msg = f"The element {element.tag}{guid} has no attribute {name!r}."
        raise ExchangeFormatError(msg, hint="Export the file again; REFI-QDA asks for it.")
    return value


def _parsed(data: bytes, file: str, root: str) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        tree: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        msg = f"{file} declares a document type or entities, which REFI-QDA does not have."
        raise UnsupportedInputError(msg, hint="No program for analysis writes them: do not trust this file.") from None
    except (ParseError, ValueError, LookupError) as error:
        line = f" (line {error.position[0]})" if isinstance(error, ParseError) else ""
        msg = f"{file} is no XML, or it is damaged{line}."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None
    space, _, name = tree.tag.rpartition("}")
    if name != root or not space.lower().startswith("{" + _NAMESPACE):
        msg = f"{file} begins with the element {name!r}; expected {root!r} of REFI-QDA."
        raise ExchangeFormatError(msg, hint="Export it as REFI-QDA: a project (.qdpx) or a codebook (.qdc).")
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree
