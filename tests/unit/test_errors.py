"""Errors: a stable code each, a page each, a message that says what to do next."""

from __future__ import annotations

import inspect

import pytest

from peereval import errors

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.PeerevalError | errors.PeerevalWarning)
]


def test_codes_are_unique():
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_has_a_text_for_its_page(kind):
    assert len(inspect.getdoc(kind)) > 40
    assert kind.code.startswith(("PE", "PW"))


def test_message_and_hint_are_told_with_the_code():
    error = errors.ColumnError("There is no column 'x'.", hint="Rename it.")
    assert str(error) == "PE203: There is no column 'x'. Rename it."


def test_codes_do_not_change():
    stable = {kind.__name__: kind.code for kind in KINDS}
    assert stable == {
        "PeerevalError": "PE000",
        "StudySyntaxError": "PE101",
        "UnknownKeyError": "PE102",
        "InvalidValueError": "PE103",
        "UnknownNameError": "PE104",
        "MissingFileError": "PE201",
        "UnreadableFileError": "PE202",
        "ColumnError": "PE203",
        "OutOfRangeError": "PE204",
        "DuplicateError": "PE205",
        "ImpossibleDateError": "PE206",
        "EmptyRoundError": "PE207",
        "MissingValueError": "PE208",
        "UnsupportedInputError": "PE209",
        "LayoutError": "PE210",
        "IdentifierError": "PE211",
        "ExchangeFormatError": "PE212",
        "DesignError": "PE301",
        "CodingError": "PE302",
        "NotScoredError": "PE303",
        "ChoiceError": "PE304",
        "ConvergenceError": "PE305",
        "FormulaError": "PE306",
        "NotReleasedError": "PE401",
        "DestinationError": "PE402",
        "CellError": "PE403",
        "PublishedFigureError": "PE501",
        "PeerevalWarning": "PW000",
        "UnverifiedWarning": "PW101",
        "IgnoredAnswersWarning": "PW102",
        "ReverseKeyWarning": "PW103",
        "UnusedColumnsWarning": "PW104",
        "SchemaVersionWarning": "PW105",
        "AliasedColumnsWarning": "PW106",
    }
