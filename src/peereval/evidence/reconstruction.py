"""The counts of two arms, rebuilt from a printed ratio and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.evidence.published import number_of
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Limits: TypeAlias = tuple[float, float]

Measure: TypeAlias = Literal["risk_ratio", "odds_ratio"]
LEVEL = 0.95
_LARGEST = 1_000
_SLACK = 1e-9
_COLUMNS = {
    "part": "how many tables fit, or one of them",
    "events_treatment": "persons with the event in the treatment arm",
    "n_treatment": "persons in the treatment arm",
    "events_control": "persons with the event in the control arm",
    "n_control": "persons in the control arm",
    "control_risk": "share of the control arm with the event",
    "correction": "what was added to each of the four cells, because one was empty",
}


def reconstruct_counts(
    n: int | Sequence[int],
    ratio: str | float,
    interval: Sequence[str | float],
    *,
    measure: Measure = "risk_ratio",
    control_risk: str | float | None = None,
    decimals: int = 2,
) -> Result:
    """Find all counts of two arms that fit a printed ratio and its 95 % interval.

    Parameters
    ----------
    n : int or sequence of two int
        Persons in both arms together (1,000 at most), or in the treatment arm and in the control arm.
    ratio : str or float
        The ratio of treatment to control, best as it is printed (``"0.40"``), since its digits tell the rounding.
    interval : sequence of two str or float
        The limits of its 95 % interval, likewise.
    measure : {"risk_ratio", "odds_ratio"}
        Which ratio; intervals are those of Katz and of Woolf, which for one study are also those of Mantel and
        Haenszel. Where a cell is empty in a way that leaves no ratio, 0.5 is added to all four.
    control_risk : str or float, optional
        The printed share of the control arm with the event, such as ``"0.500"``.
    decimals : int
        Printed decimals of what is given as a float.

    Returns
    -------
    Result
        First a row with how many tables fit (``part`` *fitting*; 0 where none does: then the figures are not
        those of one such table), then one row a table (``part`` *table*) with its counts, its ratio and interval, the
        most evenly divided first.

    Raises
    ------
    InvalidValueError
        The sizes, the ratio or the interval are impossible.
    DesignError
        There are too many ways to divide the persons between the arms.

    Examples
    --------
    Nineteen persons, RR 0.44 (0.11 to 1.75), and half of the control arm had the event:

    >>> found = reconstruct_counts(19, "0.44", ["0.11", "1.75"], control_risk="0.500")
    >>> found.estimates.query("part == 'table'")[["events_treatment", "n_treatment", "events_control", "n_control"]]
       events_treatment  n_treatment  events_control  n_control
    1               2.0          9.0             5.0       10.0
    """
    if measure not in get_args(Measure):
        msg = f"There is no measure {measure!r} to reconstruct counts from."
        raise InvalidValueError(msg, hint=nearest(str(measure), get_args(Measure)))
    printed = [_allowed(value, decimals) for value in (ratio, *interval)]
    _check_printed(printed)
    risk = None if control_risk is None else _allowed(control_risk, decimals)
    candidates = _candidates(_divisions(n), printed[0], measure)
    tables = _with_ratio(candidates, measure)
    fits = np.ones(len(tables), dtype=bool)
    for name, limits in zip(("estimate", "conf_low", "conf_high", "control_risk"), [*printed, risk], strict=True):
        fits &= True if limits is None else tables[name].between(limits[0] - _SLACK, limits[1] + _SLACK).to_numpy()
    return _result(_ordered(tables[fits]), n, measure, (ratio, *interval, control_risk), decimals)


def _result(
    tables: pd.DataFrame, n: int | Sequence[int], measure: str, printed: tuple[object, ...], decimals: int
) -> Result:
    persons = float(np.sum(n))
    count = pd.DataFrame(
        [{"part": "fitting", "measure": "fitting_tables", "estimate": float(len(tables)), "n": persons}]
    )
    rows = tables.assign(part="table", measure=measure, conf_level=LEVEL, n=persons)
    estimates = pd.concat([count, rows], ignore_index=True) if len(rows) else count
    return Result(
        kind="reconstruction",
        title="Counts rebuilt from a printed ratio and its interval",
        estimates=estimates,
        method=_METHOD,
        claim="description",
        estimand="The counts from which the printed figures were computed.",
        assumptions=("The printed figures are those of one unadjusted table of two arms.",),
        references=("Katz et al. 1978, Biometrics 34:469", "Woolf 1955, Annals of Human Genetics 19:251"),
        settings={
            "n": n, "measure": measure, "ratio": printed[0], "interval": list(printed[1:3]),
            "control_risk": printed[3], "decimals": decimals, "versions": versions(),
        },
        columns={name: text for name, text in _COLUMNS.items() if name in estimates},
        origin="reconstructed",
    )  # fmt: skip


_METHOD = (
    "All tables of whole numbers with these persons are searched for those of which ratio and limits (Katz for risk ratios, Woolf "
    "for odds ratios) round to the printed figures."
)


def _allowed(value: str | float, decimals: int) -> Limits:
    """The lowest and the highest number that rounds to a printed one."""
    number, half = number_of(value) if isinstance(value, str) else (float(value), 0.5 * 10.0**-decimals)
    return number - half, number + half


def _check_printed(printed: list[Limits]) -> None:
    if len(printed) != 3 or not printed[1][1] <= printed[2][1] or printed[0][1] <= 0:  # noqa: PLR2004 - ratio and limits
        msg = "A ratio above 0 and two limits, the lower one first, were expected."
        raise InvalidValueError(msg, hint="Give them as they are printed, such as '0.44' and ['0.11', '1.75'].")


def _divisions(n: int | Sequence[int]) -> tuple[Floats, Floats]:
    """The sizes of both arms that are tried."""
    sizes = np.atleast_1d(np.asarray(n, float))
    if len(sizes) > 2 or (sizes < 1).any() or (sizes % 1 != 0).any() or sizes.sum() < 2:  # noqa: PLR2004 - two arms
        msg = f"Persons are given as {n!r}; expected one whole number, or one for each of two arms."
        raise InvalidValueError(msg)
    if len(sizes) == 2:  # noqa: PLR2004 - both arms are known
        return sizes[:1], sizes[1:]
    if sizes[0] > _LARGEST:
        msg = f"{sizes[0]:.0f} persons can be divided between two arms in more ways than are worth trying."
        raise DesignError(msg, hint="Say the persons of each arm: n=[…, …].")
    first = np.arange(1, sizes[0])
    return first, sizes[0] - first


def _candidates(divisions: tuple[Floats, Floats], allowed: Limits, measure: str) -> pd.DataFrame:
    """Tables of which the ratio can lie within the rounding of the printed one, and all with an empty cell."""
    n, m = (np.repeat(size, (divisions[0] + 1).astype(int)) for size in divisions)
    a = _counted((divisions[0] + 1).astype(int))
    low, high = _control_events(a, n, m, allowed, measure)
    each = np.maximum(high - low + 1, 0).astype(int)
    within = [np.repeat(part, each) for part in (a, n)] + [np.repeat(low, each) + _counted(each), np.repeat(m, each)]
    edges = [(a, n, np.zeros_like(a), m), (a, n, m, m)]
    # an arm without, or full of, events goes with any number of events in the other
    n, m = (np.repeat(size, (divisions[1] + 1).astype(int)) for size in divisions)
    c = _counted((divisions[1] + 1).astype(int))
    edges += [(np.zeros_like(c), n, c, m), (n, n, c, m)]
    columns = [np.concatenate(parts) for parts in zip(within, *edges, strict=True)]
    names = ("events_treatment", "n_treatment", "events_control", "n_control")
    return pd.DataFrame(dict(zip(names, columns, strict=True))).drop_duplicates(ignore_index=True)


def _counted(sizes: NDArray[np.int_]) -> Floats:
    """0, 1, … below each size, one after the other."""
    starts = np.cumsum(sizes) - sizes
    return (np.arange(sizes.sum()) - np.repeat(starts, sizes)).astype(float)


def _control_events(a: Floats, n: Floats, m: Floats, allowed: Limits, measure: str) -> tuple[Floats, Floats]:
    """The least and the most events of the control arm with which a ratio can round to the printed one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = []
        for ratio in (allowed[1] + _SLACK, max(allowed[0] - _SLACK, np.finfo(float).tiny)):
            odds = a / (n - a) / ratio
            limits.append(m * (a / n / ratio if measure == "risk_ratio" else np.where(a < n, odds / (1 + odds), 1.0)))
    return np.ceil(np.clip(limits[0] - _SLACK, 0, m)), np.floor(np.clip(limits[1] + _SLACK, 0, m))


def _with_ratio(tables: pd.DataFrame, measure: str) -> pd.DataFrame:
    from peereval.evidence.effects import with_intervals
    from peereval.evidence.formulas import corrected, effect_and_variance

    formula = {"risk_ratio": "risk-ratio", "odds_ratio": "odds-ratio"}[measure]
    short = {"events_treatment": "events_t", "n_treatment": "n_t", "events_control": "events_c", "n_control": "n_c"}
    wide = tables.rename(columns=short)
    with np.errstate(divide="ignore", invalid="ignore"):
        log, variance = effect_and_variance(formula, wide, None)
        frame = pd.DataFrame({"estimate": log, "variance": variance, "measure": f"log_{measure}", "conf_level": LEVEL})
        found = with_intervals(frame)
    return tables.assign(
        estimate=found["ratio"], conf_low=found["ratio_low"], conf_high=found["ratio_high"],
        control_risk=tables["events_control"] / tables["n_control"], correction=0.5 * corrected(formula, wide),
    )  # fmt: skip


def _ordered(tables: pd.DataFrame) -> pd.DataFrame:
    apart = (tables["n_treatment"] - tables["n_control"]).abs()
    by = ["apart", "n_treatment", "events_treatment", "events_control"]
    return tables.assign(apart=apart).sort_values(by).drop(columns="apart").reset_index(drop=True)
