"""Time to readmission beside statsmodels: the Kaplan-Meier curve, and Cox regression with Efron's ties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe

if TYPE_CHECKING:
    from pathlib import Path

HORIZON = 365
COVARIATES = ["age", "acute"]


def stays(size: int, _: Path) -> pd.DataFrame:
    """Made-up index stays, one a person, followed for whole days; nobody is known to have died."""
    rng = np.random.default_rng(1)
    age, acute = rng.integers(18, 90, size), rng.random(size) < 0.7
    waited = np.ceil(rng.exponential(300 / np.exp(0.4 * acute - 0.005 * (age - 50)))).astype(int)
    followed = rng.integers(30, 900, size)
    back = waited <= followed
    discharged = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 365, size), unit="D")
    return pd.DataFrame(
        {
            "person": [f"p{number:07d}" for number in range(size)], "n_contacts": 1, "episode": 1,
            "admitted": discharged - pd.Timedelta(days=10), "discharged": discharged, "eligible": True,
            "reason": pd.array([pd.NA] * size, dtype="string"), "readmitted": pd.array(back, dtype="boolean"),
            "days_to_readmission": pd.array(np.where(back, waited, 0), dtype="Float64"), "followup_days": np.where(back, waited, followed).astype(float),
            "event": np.where(back, "readmitted", "censored"), "age": age, "acute": acute,
            "definition": "dk-30", "followup_end": pd.Timestamp("2022-01-01"),
        }
    ).assign(days_to_readmission=lambda frame: frame["days_to_readmission"].where(back))  # fmt: skip


def times(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Days, and whether the person came back in them."""
    return frame["followup_days"].to_numpy(float), frame["event"].eq("readmitted").to_numpy()


def kaplan_meier(frame: pd.DataFrame) -> Any:
    """The curve of statsmodels with its standard errors."""
    from statsmodels.duration.survfunc import SurvfuncRight

    curve = SurvfuncRight(*times(frame))
    return pd.Series(curve.surv_prob, curve.surv_times)


def cox(frame: pd.DataFrame) -> Any:
    """The fit of statsmodels, which tests no proportionality."""
    from statsmodels.duration.hazard_regression import PHReg

    days, back = times(frame)
    return PHReg(days, frame[COVARIATES].to_numpy(float), status=back, ties="efron").fit(groups=np.arange(len(frame)))


def same_curve(ours: pd.DataFrame, curve: pd.Series, peer: str) -> None:
    """The share not readmitted on every day up to the horizon."""
    mine = ours[ours["measure"] == "not_readmitted"].set_index("time")["estimate"].astype(float)
    days = [day for day in mine.index if day in curve.index]
    assert len(days) > HORIZON / 2, peer
    np.testing.assert_allclose(mine[days], curve[days], rtol=1e-10, err_msg=peer)


def same_ratios(ours: pd.DataFrame, fit: Any, peer: str) -> None:
    """The logarithms of the ratios and their robust standard errors."""
    rows = ours[ours["measure"] == "hazard_ratio"].set_index("term").loc[COVARIATES]
    ratio = rows["estimate"].to_numpy(float)
    np.testing.assert_allclose(np.log(ratio), fit.params, rtol=1e-5, err_msg=peer)


SUBJECTS = (
    Subject(
        what="time to readmission, Kaplan-Meier", unit="persons", sizes=(10_000, 100_000), make=stays,
        ours=lambda frame: pe.time_to_readmission(frame, horizon=HORIZON).estimates,
        peers={"statsmodels SurvfuncRight": kaplan_meier}, same=same_curve,
    ),
    Subject(
        what="hazard ratios, Cox, robust covariance", unit="persons", sizes=(1_000, 10_000, 100_000), make=stays,
        ours=lambda frame: pe.hazard_ratios(frame, covariates=COVARIATES).estimates,
        peers={"statsmodels PHReg, no test of proportionality": cox}, same=same_ratios,
        largest={"statsmodels PHReg, no test of proportionality": 10_000},
    ),
)  # fmt: skip
