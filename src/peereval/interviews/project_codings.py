"""The codings of a REFI-QDA project as a table: who said it, which theme, who coded it, never what was said."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import pandas as pd

from peereval.errors import ExchangeFormatError, UnknownNameError, UnreadableFileError, nearest
from peereval.interviews.codebook import codebook_of
from peereval.interviews.refi_qda import attribute, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_COLUMNS = ("informant", "role", "method", "theme", "statement_id", "coder")
_NO_PLACE = {"guid", "name", "creatingUser", "creationDateTime", "modifyingUser", "modifiedDateTime"}


_Place: TypeAlias = tuple[tuple[str, ...], ...]


class _Passage(NamedTuple):
    """A passage or a whole source that was coded: its source, its place, and the codings on it."""

    source: Element
    element: Element
    place: _Place


class _Case(NamedTuple):
    """An informant, and what the project says about them."""

    name: str
    variables: dict[str, str]


def project_codings(
    root: Element, file: str, *, informant: Literal["case", "source"], role: str | None, method: str | None
) -> pd.DataFrame:
    """Give the codings of a project.

    Parameters
    ----------
    root : Element
        The element ``Project``, tags without namespace.
    file : str
        The file's name, for messages.
    informant : {"case", "source"}
        Whether a case or a source (document) is an informant.
    role, method : str or None
        Names of the variables that hold the role and the method.

    Returns
    -------
    DataFrame
        One row a passage and theme and coder.

    Raises
    ------
    UnreadableFileError
        Elements are nested too deeply to be read.
    ExchangeFormatError
        A coding refers to a code that is not there, or two informants have the same name.
    UnknownNameError
        There is no such variable, or there are no cases.
    """
    themes = codebook_of(root, file).themes()
    variables = {
        key_of(attribute(each, "guid")): attribute(each, "name") for each in root.findall("Variables/Variable")
    }
    _check_variables({"role": role, "method": method}, set(variables.values()))
    users = {key_of(attribute(each, "guid")): each.get("name") for each in root.findall("Users/User")}
    passages = _all_passages(root, file)
    owners = _Owners(root, variables, passages) if informant == "case" else None
    if owners is None:
        _check_names(root.findall("Sources/*"))
    statements: dict[_Place, str] = {}
    rows = []
    for passage in passages:
        statement = statements.setdefault(passage.place, attribute(passage.element, "guid"))
        cases = [_source_case(passage.source, variables)] if owners is None else owners.of(passage)
        own = _values(passage.source, variables)
        said = {"informant": cases[0].name if len(cases) == 1 else None, "statement_id": statement}
        said |= {name: _shared(cases, own, wanted) for name, wanted in (("role", role), ("method", method))}
        for coding in passage.element.findall("Coding"):
            code = _code_of(coding)
            if owners is None or code not in owners.codes:
                coder = _coder(coding, passage.element, users)
                rows.append({**said, "theme": _theme(coding, code, themes), "coder": coder})
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype("string")


class _Owners:
    """Which cases a passage belongs to: by reference to it, by a code or passage of the case around it, by its source."""

    def __init__(self, root: Element, variables: dict[str, str], passages: list[_Passage]) -> None:
        self.by_target: dict[str, list[_Case]] = defaultdict(list)
        self.codes: dict[str, _Case] = {}
        self.spans: dict[_Place, list[tuple[int, int, _Case]]] = defaultdict(list)
        cases = root.findall("Cases/Case")
        if not cases and root.find("Sources/*") is not None:
            msg = "The project has no cases, so who said what is not known."
            raise UnknownNameError(msg, hint="Say informant='source' if each document is one informant.")
        _check_names(cases)
        for element in cases:
            guid = attribute(element, "guid")
            case = _Case(element.get("name") or guid, _values(element, variables))
            for reference in (*element.findall("SourceRef"), *element.findall("SelectionRef")):
                self.by_target[key_of(attribute(reference, "targetGUID"))].append(case)
            # a case may be coded like a theme, by its own id or by a code that stands for it
            self.codes[key_of(guid)] = case
            self.codes |= {key_of(attribute(each, "targetGUID")): case for each in element.findall("CodeRef")}
        self._read_spans(passages)

    def _read_spans(self, passages: list[_Passage]) -> None:
        for passage in passages:
            span = _span(passage.element)
            for coding in passage.element.findall("Coding"):
                case = self.codes.get(_code_of(coding))
                if case is not None and span is not None:
                    self.spans[passage.place[:-1]].append((*span, case))
                elif case is not None:
                    self.by_target[key_of(attribute(passage.element, "guid"))].append(case)

    def of(self, passage: _Passage) -> list[_Case]:
        """Give the cases of a passage, those nearest to it."""
        span = _span(passage.element)
        around = [
            case
            for start, end, case in self.spans.get(passage.place[:-1], ())
            if span is not None and start <= span[0] and span[1] <= end
        ]
        targets = (passage.element.get("guid", ""), passage.source.get("guid", ""))
        own, of_source = (self.by_target.get(key_of(guid), []) for guid in targets)
        found = own or around or of_source
        return list({case.name: case for case in found}.values())


def _all_passages(root: Element, file: str) -> list[_Passage]:
    try:
        return [each for source in root.findall("Sources/*") for each in _passages(source, source, ())]
    except RecursionError:
        msg = f"The sources of {file} are nested too deeply to be read."
        raise UnreadableFileError(msg, hint="No program for analysis nests so: do not trust this file.") from None


def _passages(source: Element, element: Element, above: _Place) -> Iterator[_Passage]:
    """Every element with codings; programs write a passage once for each code, so its place is what identifies it."""
    place = (*above, _place(element))
    if element.find("Coding") is not None:
        yield _Passage(source, element, place)
    for child in element:
        yield from _passages(source, child, place)


def _place(element: Element) -> tuple[str, ...]:
    where = [f"{name}={value}" for name, value in sorted(element.attrib.items()) if name not in _NO_PLACE]
    if element.tag.endswith("Selection") and where:
        return (element.tag, *where)
    return (element.tag, key_of(element.get("guid", "")))


def _span(element: Element) -> tuple[int, int] | None:
    if element.tag != "PlainTextSelection":
        return None
    start, end = attribute(element, "startPosition"), attribute(element, "endPosition")
    if not (start.strip().isdecimal() and end.strip().isdecimal()):
        msg = f"The passage {element.get('guid')} has a position that is no number."
        raise ExchangeFormatError(msg, hint="Export the project again.")
    return int(start), int(end)


def _code_of(coding: Element) -> str:
    reference = coding.find("CodeRef")
    if reference is None:
        msg = f"The coding {coding.get('guid')} names no code."
        raise ExchangeFormatError(msg, hint="Export the project again.")
    return key_of(attribute(reference, "targetGUID"))


def _theme(coding: Element, code: str, themes: dict[str, str]) -> str:
    if code not in themes:
        msg = f"The coding {coding.get('guid')} refers to the code {code}, which the codebook does not have."
        raise ExchangeFormatError(msg, hint="Export the project again, with all codes.")
    return themes[code]


def _coder(coding: Element, passage: Element, users: dict[str, str | None]) -> str | None:
    guid = coding.get("creatingUser") or passage.get("creatingUser")
    return None if guid is None else users.get(key_of(guid)) or guid


def _check_names(informants: list[Element]) -> None:
    """Check that no two informants have the same name; the message gives their ids, since names are keys of persons."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for each in informants:
        by_name[each.get("name") or attribute(each, "guid")].append(attribute(each, "guid"))
    for guids in by_name.values():
        if len(guids) > 1:
            msg = f"The {informants[0].tag.lower()}s {guids[0]} and {guids[1]} have the same name, so they cannot be told apart."
            raise ExchangeFormatError(msg, hint="Give each informant a key of their own, and export the project again.")


def _source_case(source: Element, variables: dict[str, str]) -> _Case:
    return _Case(source.get("name") or attribute(source, "guid"), _values(source, variables))


def _values(element: Element, variables: dict[str, str]) -> dict[str, str]:
    """The variables of a case or source; empty ones are not there."""
    found = {}
    for each in element.findall("VariableValue"):
        reference = each.find("VariableRef")
        name = None if reference is None else variables.get(key_of(attribute(reference, "targetGUID")))
        text = next((part.text for part in each if part.tag != "VariableRef" and part.text), "").strip()
        if name is not None and text:
            found[name] = text
    return found


def _shared(cases: list[_Case], own: dict[str, str], variable: str | None) -> str | None:
    """What all cases of a passage have in common, or what its source says."""
    if variable is None:
        return None
    found = {case.variables.get(variable) for case in cases} or {None}
    if found == {None}:
        return own.get(variable)
    return found.pop() if len(found) == 1 else None


def _check_variables(wanted: dict[str, str | None], known: set[str]) -> None:
    for what, name in wanted.items():
        if name is not None and name not in known:
            msg = f"The project has no variable {name!r} for the {what}."
            hint = nearest(name, known) if known else "It has no variables."
            raise UnknownNameError(msg, hint=f"{hint} Say {what}=None to read without.")
