"""What was understood of a study before it is evaluated: columns, answers, codes, windows, and all that is wrong."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from peereval.admissions.definition import readmission_definition
from peereval.errors import IdentifierError, PeerevalError, UnusedColumnsWarning
from peereval.files import existing_file
from peereval.reports.languages import words
from peereval.studies.answer_checks import answer_findings, instrument_findings
from peereval.studies.arms import check_arms
from peereval.studies.findings import Finding, mended, understood
from peereval.studies.linking import linking_findings
from peereval.studies.materials import BUDGET_OF_PROGRAMME
from peereval.studies.plan_checks import governance_findings, plan_findings, risk_findings
from peereval.studies.reading import parse_plan
from peereval.studies.sections import wanted_sections
from peereval.studies.study import Study
from peereval.surveys.exports import read_sheet
from peereval.surveys.identifiers import check_no_identifiers
from peereval.surveys.mapped import map_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from peereval.programmes.programme import Programme
    from peereval.surveys.mapped import Mapped
    from peereval.surveys.sheet import Sheet

_HEADINGS: dict[str, str] = {"understood": "Understood", "look": "To look at", "mend": "To mend"}


@dataclass(frozen=True, slots=True)
class StudyCheck:
    """What was found in a study before it was evaluated.

    Parameters
    ----------
    file : str
        The study file.
    findings : tuple of Finding
        What was understood, what to look at, and what must be mended.

    Examples
    --------
    >>> import tempfile
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = check_study(new_study(folder + "/ward", preset="ward", seed=1))
    >>> found.ok, [each.text for each in found.findings if each.code == "answers"]
    (True, ['start: 26', 'half-year: 32', 'one-year: 29'])
    """

    file: str
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What must be mended before the study can be evaluated."""
        return tuple(each for each in self.findings if each.kind == "mend")

    @property
    def ok(self) -> bool:
        """Whether nothing must be mended."""
        return not self.problems

    def text(self, language: str = "en") -> str:
        """Give the findings as lines to read, those that must be mended last.

        Parameters
        ----------
        language : {"en", "da", "sv"}
            The language; what has no translation is given in English.

        Returns
        -------
        str
            The lines.
        """
        say = words(language, "command-line").sentence
        lines = [self.file]
        for kind, heading in _HEADINGS.items():
            mine = [each for each in self.findings if each.kind == kind]
            if mine:
                lines += ["", say(heading), *(f"  {each.code:<12} {each.where}: {say(each.text)}" for each in mine)]
        count = len(self.problems)
        end = f"{count} {'problem' if count == 1 else 'problems'} to mend." if count else "Nothing to mend."
        return "\n".join([*lines, "", say(end)])

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(self.text())}</pre>"


def check_study(path: str | Path) -> StudyCheck:
    """Say what is understood of a study's files, and list all that is wrong with them.

    Parameters
    ----------
    path : str or Path
        The study.toml.

    Returns
    -------
    StudyCheck
        The findings. Where nothing else must be mended, the sections are run as well, since only they know all that
        they refuse; of their results nothing is kept. Nothing is raised that can be listed.

    Raises
    ------
    MissingFileError, StudySyntaxError
        There is no such file, or its syntax is broken, so that nothing can be understood.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = new_study(folder + "/ward", preset="ward", seed=1)
    ...     text = study.read_text(encoding="utf-8").replace('"who-5"', '"who-6"')
    ...     _ = study.write_text(text, encoding="utf-8")
    ...     [(each.code, each.text) for each in check_study(study).problems]
    [('PE104', "No instrument is called 'who-6'. Did you mean 'who-5'?")]
    """
    place = existing_file(path)
    plan, errors = parse_plan(place)
    if plan is None:
        return StudyCheck(place.name, tuple(mended(error, place.name) for error in errors))
    study = Study(path=place, plan=plan)
    findings = [
        *plan_findings(study), *governance_findings(study), *instrument_findings(study),
        *_of_the_survey(study), *_of_the_invited(study), *_of_the_contacts(study), *_of_other_files(study),
    ]  # fmt: skip
    if not any(each.kind == "mend" for each in findings):
        findings += _of_the_sections(study)
    return StudyCheck(place.name, tuple(findings))


def _of_the_survey(study: Study) -> Iterator[Finding]:
    survey = study.plan.survey
    try:
        path, mapping = study.file(survey.file), study.mapping
        sheet = read_sheet(
            path,
            source=survey.source,
            sheet=survey.sheet,
            answers=survey.answers,
            decimal=survey.decimal,
            text=survey.text,
            separator=survey.separator,
            mapping=mapping,
        )
    except PeerevalError as error:
        yield mended(error, survey.file)
        return
    yield from _of_the_file(sheet)
    identifiers = list(_identifiers(study, sheet))
    yield from identifiers
    if any(each.kind == "mend" for each in identifiers):
        # a file that holds numbers of persons is not shown any further
        return
    mapped = map_sheet(sheet, mapping, rounds=study.plan.rounds)
    yield from (understood("note", sheet.file, note) for note in mapped.notes)
    yield from _columns(sheet, mapped)
    yield from answer_findings(study, sheet, mapped)
    yield from risk_findings(study, mapped.responses)
    yield from _arms(study, mapped)
    yield from linking_findings(study, mapped)
    for problem in mapped.problems:
        yield mended(problem.kind(problem.text, hint=problem.hint), problem.where)


def _of_the_file(sheet: Sheet) -> Iterator[Finding]:
    rows, columns = sheet.frame.shape
    yield understood("source", sheet.file, f"{sheet.source}, {rows:,} rows, {columns:,} columns")
    yield from (understood("note", sheet.file, note) for note in sheet.notes)


def _identifiers(study: Study, sheet: Sheet) -> Iterator[Finding]:
    allowed = study.plan.survey.allow_identifiers_in
    try:
        check_no_identifiers(
            sheet.frame, allow=allowed, first_row=sheet.first_row, questions=sheet.questions, labels=sheet.labels
        )
    except PeerevalError as error:
        yield mended(error, sheet.file)
    for name in allowed:
        yield Finding("look", IdentifierError.code, sheet.file, f"numbers in the column {name!r} were let through.")


def _columns(sheet: Sheet, mapped: Mapped) -> Iterator[Finding]:
    """Which column became what: an instrument on one line, and columns that go nowhere."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in mapped.placed.places:
        what = place.instrument or (place.target.rpartition("_")[0] if place.part == "item" else place.target)
        groups.setdefault(what, []).append((place.target, ", ".join(place.source)))
    for what, pairs in groups.items():
        (first, column), (_, last) = pairs[0], pairs[-1]
        text = f"from {column}" if len(pairs) == 1 else f"{len(pairs)} items, from {column} … {last}"
        yield understood("columns", what, "as it is named" if len(pairs) == 1 and first == column else text)
    if mapped.placed.unused:
        names = mapped.placed.unused
        text = f"{len(names)} {'column is' if len(names) == 1 else 'columns are'} not used: {', '.join(names)}."
        yield Finding("look", UnusedColumnsWarning.code, sheet.file, text)


def _arms(study: Study, mapped: Mapped) -> Iterator[Finding]:
    try:
        check_arms(study, mapped.responses)
    except PeerevalError as error:
        yield mended(error, study.path.name)


def _of_the_invited(study: Study) -> Iterator[Finding]:
    name = study.plan.survey.invited
    try:
        invited = study.invited()
    except PeerevalError as error:
        yield mended(error, str(name))
        return
    if invited is None:
        yield understood("invited", "survey", "how many were invited is not known, so response rates are unknown")
        return
    yield understood("invited", str(name), f"{int(invited['invited'].sum()):,} invitations")


def _of_the_contacts(study: Study) -> Iterator[Finding]:
    plan = study.plan.contacts
    if plan is None:
        return
    try:
        readmission_definition(plan.definition)
        contacts = study.contacts()
    except PeerevalError as error:
        yield mended(error, plan.file)
        return
    count = 0 if contacts is None else contacts.count().to_pyarrow().as_py()
    yield understood("contacts", plan.file, f"{count:,} contacts")


def _of_other_files(study: Study) -> Iterator[Finding]:
    """Persons, the programme, interviews and costs, as far as the study has them."""
    contacts, programme = study.plan.contacts, study.plan.programme
    interviews, costs = study.plan.interviews, study.plan.costs
    if contacts is not None:
        yield from _of_a_file("persons", contacts.persons, study.persons)
    if programme is not None:
        yield from _of_a_file("programme", programme.file, study.programme)
    if interviews is not None:
        yield from _of_a_file("interviews", interviews.informants, study.informants)
        yield from _of_a_file("interviews", interviews.codings, study.codings)
    if costs is not None and costs.budget not in (None, BUDGET_OF_PROGRAMME):
        yield from _of_a_file("costs", costs.budget, partial(study.table, str(costs.budget)))
    if costs is not None and costs.person_level is not None:
        yield from _of_a_file("costs", costs.person_level.file, partial(study.table, costs.person_level.file))


def _of_a_file(code: str, name: str | None, read: Callable[[], Any]) -> Iterator[Finding]:
    if name is None:
        return
    try:
        found = read()
    except PeerevalError as error:
        yield mended(error, name)
        return
    yield understood(code, name, f"{len(found):,} rows" if hasattr(found, "columns") else _described(found))


def _described(programme: Programme) -> str:
    return (
        f"{programme.name}: {len(programme.positions)} counts of positions, {len(programme.funding)} lines of funding"
    )


def _of_the_sections(study: Study) -> Iterator[Finding]:
    """What only the sections refuse, such as a person in two arms or more answers than invitations."""
    try:
        with warnings.catch_warnings():
            # what is warned of is said when the study is evaluated
            warnings.simplefilter("ignore")
            data = study.tables()
            for _, section in wanted_sections(study).values():
                section(study, data)
    except PeerevalError as error:
        yield mended(error, study.path.name)
