"""Codebooks: read from REFI-QDA projects and codebooks, and written back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peereval.displays import card, paragraph, shown_list, shown_table
from peereval.errors import ExchangeFormatError, UnreadableFileError, UnsupportedInputError
from peereval.files import write_text
from peereval.interviews.refi_qda import attribute, codebook_xml, key_of, project_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_NAMESPACE = "urn:QDA-XML:codebook:1.0"
_CODABLE = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a codebook.

    Parameters
    ----------
    guid, name : str
        Its id as the program wrote it, and its name.
    codable : bool
        Whether passages may be coded with it; a heading of other codes often may not.
    colour : str or None
        Such as ``"#0072B2"``.
    description : str or None
        What it stands for; None where there is no description.
    codes : tuple of Code
        The codes under it.
    """

    guid: str
    name: str
    codable: bool = True
    colour: str | None = None
    description: str | None = None
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A named set of codes.

    Parameters
    ----------
    guid, name : str
        Its id and name.
    description : str or None
        What it stands for.
    codes : tuple of str
        The ids of its codes.
    """

    guid: str
    name: str
    description: str | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codes of a qualitative analysis, in their order.

    Parameters
    ----------
    codes : tuple of Code
        The codes at the top, each with those under it.
    sets : tuple of CodeSet
        Sets of codes.
    origin : str or None
        The program that wrote it.

    Examples
    --------
    >>> hope = Code("11111111-1111-4111-8111-111111111111", "hope")
    >>> Codebook((Code("22222222-2222-4222-8222-222222222222", "gains", codable=False, codes=(hope,)),)).themes()
    {'22222222-2222-4222-8222-222222222222': 'gains', '11111111-1111-4111-8111-111111111111': 'hope'}
    """

    codes: tuple[Code, ...]
    sets: tuple[CodeSet, ...] = ()
    origin: str | None = None

    def themes(self) -> dict[str, str]:
        """Name every code; codes that share a name are told apart by the codes above them.

        Returns
        -------
        dict of str to str
            The code's id (in small letters, without braces) to its name, or to ``"above / name"``.

        Raises
        ------
        ExchangeFormatError
            Two codes have the same id, or the same name under the same code.
        """
        found = list(_paths(self.codes, ()))
        check_ids(self)
        _check_once([" / ".join(path) for _, path in found], "codes have the name and place")
        often = Counter(path[-1] for _, path in found)
        names = (path[-1] if often[path[-1]] == 1 else " / ".join(path) for _, path in found)
        return {key_of(code.guid): name for (code, _), name in zip(found, names, strict=True)}

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = list(_paths(self.codes, ()))
        codes = pd.DataFrame(
            {
                "code": [" / ".join(path) for _, path in rows],
                "for passages": ["yes" if code.codable else "no, a heading" for code, _ in rows],
                "description": [code.description or "" for code, _ in rows],
            }
        )
        sets = shown_list([f"{each.name}: {len(each.codes)} codes" for each in self.sets], "Sets")
        return card("Codebook", [paragraph(f"{len(rows)} codes"), shown_table(codes), sets])


def read_codebook(path: str | Path) -> Codebook:
    """Read the codebook of a REFI-QDA project (``.qdpx``) or codebook (``.qdc``).

    Parameters
    ----------
    path : str or Path
        The file. NVivo, ATLAS.ti, MAXQDA, QualCoder and others write it. Of a project's sets those of sources and
        notes are no part of the codebook.

    Returns
    -------
    Codebook
        Ids, names, colours, descriptions, the nesting and the sets as they stand in the file. A code that does not
        say whether passages may be coded with it may be coded with.

    Raises
    ------
    MissingFileError, UnreadableFileError, UnsupportedInputError
        The file is not there, is damaged, is neither of the two kinds, or is not safe to open.
    ExchangeFormatError
        It is no REFI-QDA; two codes have the same id; a set names a code that is not there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> hope = Code("11111111-1111-4111-8111-111111111111", "hope", colour="#0072B2")
    >>> file = write_codebook(Codebook((hope,), origin="synthetic"), Path(tempfile.mkdtemp()) / "codes.qdc")
    >>> read_codebook(file).codes
    (Code(guid='11111111-1111-4111-8111-111111111111', name='hope', codable=True, colour='#0072B2', description=None, codes=()),)
    """
    ending = Path(path).suffix.lower()
    if ending not in {".qdpx", ".qdc"}:
        msg = f"{Path(path).name} is neither a project (.qdpx) nor a codebook (.qdc)."
        raise UnsupportedInputError(msg, hint="Export the codebook as REFI-QDA.")
    root = project_xml(path) if ending == ".qdpx" else codebook_xml(path)
    return codebook_of(root, Path(path).name)


def codebook_of(root: Element, file: str) -> Codebook:
    """Read the codebook of a project or of a codebook's XML.

    Parameters
    ----------
    root : Element
        The element ``Project`` or ``CodeBook``, tags without namespace.
    file : str
        The file's name, for messages.

    Returns
    -------
    Codebook
        The codebook.

    Raises
    ------
    UnreadableFileError
        Codes are nested too deeply to be read.
    ExchangeFormatError
        Two codes have the same id, or a set names a code that is not there.
    """
    within = "CodeBook/Codes/Code" if root.tag == "Project" else "Codes/Code"
    try:
        codes = tuple(_code(each) for each in root.findall(within))
        found = Codebook(codes, tuple(_sets(root)), root.get("origin"))
        known = check_ids(found)
    except RecursionError:
        msg = f"The codes of {file} are nested too deeply to be read."
        raise UnreadableFileError(msg, hint="No program for analysis nests so: do not trust this file.") from None
    for each in found.sets:
        for guid in each.codes:
            if key_of(guid) not in known:
                msg = f"The set {each.guid} names the code {guid}, which the codebook does not have."
                raise ExchangeFormatError(msg, hint="Export the file again.")
    return found


def write_codebook(codebook: Codebook, path: str | Path) -> Path:
    """Write a codebook as REFI-QDA (``.qdc``), for any program that reads the format.

    Parameters
    ----------
    codebook : Codebook
        What `read_codebook` gave: a codebook is written back as it was read.
    path : str or Path
        The file; it ends in ``.qdc``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UnsupportedInputError
        The file has another ending.
    DestinationError
        The folder does not exist or cannot be written.
    ExchangeFormatError
        Two codes have the same id.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> hope = Code("11111111-1111-4111-8111-111111111111", "hope")
    >>> file = write_codebook(Codebook((hope,)), Path(tempfile.mkdtemp()) / "codes.qdc")
    >>> print(file.read_text(encoding="utf-8"))
    <?xml version="1.0" encoding="utf-8"?>
    <CodeBook xmlns="urn:QDA-XML:codebook:1.0">
      <Codes>
        <Code guid="11111111-1111-4111-8111-111111111111" name="hope" isCodable="true" />
      </Codes>
    </CodeBook>
    """
    from xml.etree import ElementTree as ET

    place = Path(path)
    if place.suffix.lower() != ".qdc":
        msg = f"{place.name} does not end in .qdc."
        raise UnsupportedInputError(msg, hint="Codebooks are written as .qdc.")
    check_ids(codebook)
    root = ET.Element("CodeBook", _given(xmlns=_NAMESPACE, origin=codebook.origin))
    _add_codes(ET.SubElement(root, "Codes"), codebook.codes)
    if codebook.sets:
        _add_sets(ET.SubElement(root, "Sets"), codebook.sets)
    ET.indent(root)
    # a reader would turn a bare carriage return into a line feed
    text = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
    write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', place)
    return place


def check_ids(codebook: Codebook) -> set[str]:
    """Check that no two codes have the same id.

    Parameters
    ----------
    codebook : Codebook
        The codebook.

    Returns
    -------
    set of str
        The ids of its codes, in small letters, without braces.

    Raises
    ------
    ExchangeFormatError
        Two codes have the same id.
    """
    ids = [key_of(code.guid) for code, _ in _paths(codebook.codes, ())]
    _check_once(ids, "codes have the id")
    return set(ids)


def _code(element: Element) -> Code:
    codable = element.get("isCodable", "true").strip()
    if codable not in _CODABLE:
        msg = f"The code {element.get('guid')} has isCodable={codable!r}; expected true or false."
        raise ExchangeFormatError(msg, hint="Export the file again.")
    return Code(
        guid=attribute(element, "guid"),
        name=attribute(element, "name"),
        codable=_CODABLE[codable],
        colour=element.get("color"),
        description=_description(element),
        codes=tuple(_code(each) for each in element.findall("Code")),
    )


def _description(element: Element) -> str | None:
    found = element.find("Description")
    return None if found is None else found.text or ""


def _sets(root: Element) -> Iterator[CodeSet]:
    for each in root.findall("Sets/Set"):
        members = each.findall("MemberCode")
        if not members and (each.find("MemberSource") is not None or each.find("MemberNote") is not None):
            continue
        # codebooks write a member's id as guid, projects as targetGUID
        codes = tuple(member.get("guid") or attribute(member, "targetGUID") for member in members)
        yield CodeSet(attribute(each, "guid"), attribute(each, "name"), _description(each), codes)


def _paths(codes: tuple[Code, ...], above: tuple[str, ...]) -> Iterator[tuple[Code, tuple[str, ...]]]:
    for code in codes:
        yield code, (*above, code.name)
        yield from _paths(code.codes, (*above, code.name))


def _check_once(values: list[str], what: str) -> None:
    twice = [value for value, often in Counter(values).items() if often > 1]
    if twice:
        msg = f"Two {what} {twice[0]!r}."
        raise ExchangeFormatError(msg, hint="Rename or merge them in the program that wrote the codebook.")


def _given(**attributes: str | None) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}


def _add_codes(parent: Element, codes: tuple[Code, ...]) -> None:
    from xml.etree import ElementTree as ET

    for code in codes:
        given = _given(guid=code.guid, name=code.name, isCodable=str(code.codable).lower(), color=code.colour)
        element = ET.SubElement(parent, "Code", given)
        if code.description is not None:
            ET.SubElement(element, "Description").text = code.description
        _add_codes(element, code.codes)


def _add_sets(parent: Element, sets: tuple[CodeSet, ...]) -> None:
    from xml.etree import ElementTree as ET

    for each in sets:
        element = ET.SubElement(parent, "Set", {"guid": each.guid, "name": each.name})
        if each.description is not None:
            ET.SubElement(element, "Description").text = each.description
        for guid in each.codes:
            ET.SubElement(element, "MemberCode", {"guid": guid})
