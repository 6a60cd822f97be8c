"""F tests of the terms of a formula, of type II and III.

Type III follows from means in which factor levels weigh the same: it tests a term's coefficients after factors are coded
by deviations from their mean and covariates are taken from theirs, whatever coding the model was fitted with. Type II
tests L = (X₂'MX₂)⁻ X₂'M X with M the projection away from the columns of all terms that do not contain the term, X₂ its
own columns and X all of them (SAS/STAT, The Four Types of Estimable Functions); a term contains another if it has all
its factors and more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError
from peereval.mixed_models.contrasts import DENOMINATOR
from peereval.mixed_models.wording import ASSUMPTIONS, references
from peereval.results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.design import Design
    from peereval.mixed_models.model import MMRM

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_ENOUGH_ROWS = 20_000
_TYPES = {2: "II", 3: "III"}


def anova_result(model: MMRM, kind: int) -> Result:
    """Test each term of the formula, as `MMRM.anova` documents.

    Parameters
    ----------
    model : MMRM
        The fitted model.
    kind : {2, 3}
        Type II or III.

    Returns
    -------
    Result
        One row a term.
    """
    if kind not in _TYPES:
        msg = f"There are no tests of type {kind!r}."
        raise InvalidValueError(msg, hint="There are type 2 and type 3.")
    hypotheses = _type_two(model.design) if kind == 2 else _type_three(model.design)  # noqa: PLR2004 - the type
    tests = {term: model.inference.together(echelon(rows)) for term, rows in hypotheses.items()}
    frame = pd.DataFrame(
        {
            "term": list(tests),
            "measure": "f_test",
            "statistic": [test.statistic for test in tests.values()],
            "df": [test.df for test in tests.values()],
            "df_denominator": [test.df_denominator for test in tests.values()],
            "p_value": [test.p_value for test in tests.values()],
            "n": model.n_persons,
        }
    )
    return Result(
        kind="tests",
        title=f"Tests of type {_TYPES[kind]}",
        estimates=frame,
        method=f"{model.method[:-1]}; F tests of type {_TYPES[kind]}.",
        claim="association",
        estimand="Whether a term of the formula is 0 altogether.",
        assumptions=ASSUMPTIONS,
        references=references(model.request),
        settings={**model.settings(), "type": kind},
        columns=DENOMINATOR,
        exclusions=model.exclusions,
        origin=model.origin,
    )


def echelon(rows: Numbers) -> Numbers:
    """Reduce the rows of a hypothesis to echelon form, so that its basis does not depend on how it was found.

    Fai and Cornelius' degrees of freedom depend on the basis; in this form each row is what one coefficient stands for.

    Parameters
    ----------
    rows : ndarray, shape (q, p)
        Contrasts.

    Returns
    -------
    ndarray, shape (rank, p)
        The same space.

    Examples
    --------
    >>> import numpy as np
    >>> echelon(np.array([[1.0, 1, 0], [1, -1, 0], [2, 0, 0]])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    left, done = rows / max(float(np.abs(rows).max(initial=0.0)), 1e-300), 0
    for column in range(left.shape[1]):
        if done == len(left):
            break
        best = done + int(np.abs(left[done:, column]).argmax())
        if abs(left[best, column]) < 1e-9:  # noqa: PLR2004 - rounding
            left[done:, column] = 0.0
            continue
        left[[done, best]] = left[[best, done]]
        left[done] /= left[done, column]
        others = np.arange(len(left)) != done
        left[others] -= np.outer(left[others, column], left[done])
        done += 1
    # adding 0 turns -0 into 0
    return left[:done] + 0.0


def _terms(design: Design) -> list[Any]:
    """The terms of the formula but the intercept."""
    return [term for term in design.specification.term_indices if str(term) != "1"]


def _type_two(design: Design) -> dict[str, Numbers]:
    products = design.columns.T @ design.columns
    places = np.cumsum(design.kept) - 1
    own = {
        str(term): places[[each for each in indices if design.kept[each]]]
        for term, indices in design.specification.term_indices.items()
    }
    factors = {str(term): {str(factor) for factor in term.factors} for term in design.specification.term_indices}
    found = {}
    for term in map(str, _terms(design)):
        others = [name for name in own if name != term and (name == "1" or not factors[term] < factors[name])]
        before = np.concatenate([own[name] for name in others]) if others else np.array([], dtype=np.int64)
        left = products - _explained(products, before.astype(np.int64))
        mine = own[term]
        found[term] = np.linalg.pinv(left[np.ix_(mine, mine)], hermitian=True) @ left[mine]
        found[term][:, before.astype(np.int64)] = 0.0
    return found


def _explained(products: Numbers, before: NDArray[np.integer[Any]]) -> Numbers:
    if not len(before):
        return np.zeros_like(products)
    explained: Numbers = products[:, before] @ np.linalg.solve(products[np.ix_(before, before)], products[before])
    return explained


def _type_three(design: Design) -> dict[str, Numbers]:
    if design.aliased:
        msg = f"Tests of type III need every combination of factor levels, and columns are aliased: {', '.join(design.aliased)}."
        raise DesignError(msg, hint="Say type=2, or test what can be estimated with contrast().")
    recoded = _recoded(design)
    return {str(term): recoded[design.specification.term_indices[term]] for term in _terms(design)}


def _recoded(design: Design) -> Numbers:
    """What turns the coefficients into those of columns coded by deviations; shape (names, names)."""
    from formulaic import Formula

    formula = " + ".join(
        ":".join(_deviation(design, factor) for factor in term.factors) for term in design.specification.term_indices
    )
    intercept = "" if any(str(term) == "1" for term in design.specification.term_indices) else "0 + "
    n = len(design.frame)
    rows = np.arange(n) if n <= _ENOUGH_ROWS else np.linspace(0, n - 1, _ENOUGH_ROWS).astype(np.int64)
    if np.linalg.matrix_rank(design.columns[rows]) < design.columns.shape[1]:
        rows = np.arange(n)
    made = Formula(intercept + formula).get_model_matrix(design.frame.iloc[rows], context={}, output="numpy")
    columns = np.asarray(made, dtype=np.float64)
    mine = design.columns[rows]
    turn = np.linalg.lstsq(mine, columns, rcond=None)[0]
    same = columns.shape == mine.shape and np.allclose(mine @ turn, columns, atol=1e-6 * np.abs(columns).max())
    if not same or np.linalg.matrix_rank(turn) < len(turn):
        msg = "Tests of type III need the margins of every interaction in the formula."
        raise DesignError(msg, hint="Write 'arm * round', which adds them, instead of 'arm:round'.")
    return np.linalg.inv(turn)


def _deviation(design: Design, factor: Any) -> str:
    """Write a factor of the formula coded by deviations, or a covariate taken from its mean."""
    written = str(factor)
    if written == "1":
        return written
    variables = {str(name) for name in design.specification.factor_variables[factor]} & set(design.frame.columns)
    if factor in design.specification.factor_contrasts:
        if len(variables) != 1:
            msg = f"Tests of type III do not know how to recode {written!r}."
            raise DesignError(msg, hint="Make the factor a column of its own.")
        return f"C(`{variables.pop()}`, contr.sum)"
    if written in design.averages:
        return f"I(`{written}` - {design.averages[written]!r})"
    return written
