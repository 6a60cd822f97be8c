"""A fitted mixed model for repeated measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from peereval.displays import card, paragraph, shown_table
from peereval.errors import InvalidValueError, nearest
from peereval.mixed_models.wording import describe
from peereval.results import data_facts, versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from peereval.estimation.multiplicity import Adjustment
    from peereval.mixed_models.design import Design
    from peereval.mixed_models.inference import Inference
    from peereval.mixed_models.likelihood import Likelihood
    from peereval.mixed_models.means import Pairs
    from peereval.mixed_models.newton import Optimum
    from peereval.mixed_models.observations import Observations
    from peereval.results import Origin, Result

    Numbers: TypeAlias = NDArray[np.floating[Any]]

LEVEL = 0.95
Residuals: TypeAlias = Literal["response", "pearson", "normalised"]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of `mmrm`; the fields are its arguments."""

    formula: str
    covariance: str
    df: str
    reml: bool
    person: str
    round: str
    groups: str | None
    weights: str | None
    cluster: str | None
    standard_errors: Any


@dataclass(frozen=True, slots=True, eq=False)
class MMRM:
    """A fitted mixed model for repeated measures, made by `peereval.mmrm`.

    Parameters
    ----------
    request : Request
        What was asked.
    design, observations, likelihood, optimum, inference
        The parts of the fit.
    constant : float
        The part of minus twice the log-likelihood that does not depend on the covariance.
    source : DataFrame
        The columns used, as they came.
    origin : {"observed", "synthetic", "reconstructed"}
        Whether the data were observed or made up.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> rng = np.random.default_rng(1)
    >>> rounds = pd.Categorical(["start", "end"] * 40, categories=["start", "end"], ordered=True)
    >>> data = pd.DataFrame({"person": np.repeat(np.arange(40), 2), "round": rounds})
    >>> data["score"] = 50 + np.repeat(rng.normal(0, 8, 40), 2) + rng.normal(0, 5, 80) + 3 * (data["round"] == "end")
    >>> model = pe.mmrm("score ~ round", data, person="person", round="round")
    >>> model.correlation.round(2)
           start   end
    start   1.00  0.76
    end     0.76  1.00
    >>> model.means().estimates[["contrast", "round", "estimate", "conf_low", "conf_high"]].round(1)
          contrast  round  estimate  conf_low  conf_high
    0         <NA>  start      49.7      47.1       52.3
    1         <NA>    end      52.5      49.9       55.1
    2  end - start    end       2.8       1.0        4.6
    """

    request: Request
    design: Design
    observations: Observations
    likelihood: Likelihood
    optimum: Optimum
    inference: Inference
    constant: float
    source: pd.DataFrame
    origin: Origin

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a column of the formula: estimate, standard error, test and 95 % limits; empty where aliased."""
        tests = self.inference.each(np.eye(len(self.inference.coefficients)))
        low, high = tests.limits(LEVEL)
        found = pd.DataFrame(
            {
                "estimate": tests.estimate,
                "std_error": tests.std_error,
                "statistic": tests.estimate / tests.std_error,
                "df": tests.df,
                "p_value": tests.p_value,
                "conf_low": low,
                "conf_high": high,
            },
            index=pd.Index(self.design.estimable, name="term"),
        )
        return found.reindex(list(self.design.names)).rename_axis("term").reset_index()

    @property
    def coefficient_covariance(self) -> pd.DataFrame:
        """Covariance of the estimable coefficients, from which their standard errors are taken."""
        names = list(self.design.estimable)
        return pd.DataFrame(self.inference.covariance, index=names, columns=names)

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the rounds in squared units of the outcome; with groups, one block of rows a group."""
        return self._by_group(list(self.likelihood.covariances(self.optimum.parameters)))

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the rounds; with groups, one block of rows a group."""
        matrices = self.likelihood.covariances(self.optimum.parameters)
        scales = [np.sqrt(np.diag(matrix)) for matrix in matrices]
        return self._by_group([matrix / np.outer(s, s) for matrix, s in zip(matrices, scales, strict=True)])

    @property
    def loglik(self) -> float:
        """Log-likelihood; if restricted, with -(n - p)/2 log 2π and -½ log|X'V⁻¹X|."""
        return -(self.optimum.point.value + self.constant) / 2

    @property
    def n_parameters(self) -> int:
        """Number of covariance parameters."""
        return self.likelihood.n_parameters

    @property
    def aic(self) -> float:
        """-2 log-likelihood + 2 × covariance parameters; compare models with the same fixed effects only."""
        return 2 * self.n_parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """-2 log-likelihood + log(persons with data) × covariance parameters."""
        return float(np.log(self.n_persons)) * self.n_parameters - 2 * self.loglik

    @property
    def n_persons(self) -> int:
        """Persons with at least one row that is used."""
        return self.observations.n_persons

    @property
    def n_observations(self) -> int:
        """Rows used."""
        return len(self.observations.persons)

    @property
    def exclusions(self) -> dict[str, int]:
        """Reason code to the number of rows left out."""
        return dict(self.observations.exclusions)

    @property
    def aliased(self) -> tuple[str, ...]:
        """Columns that cannot be estimated because they are sums of others."""
        return self.design.aliased

    @property
    def method(self) -> str:
        """A sentence for the methods section."""
        return describe(self.request)

    def settings(self) -> dict[str, Any]:
        """Give what was asked, versions, and under ``"data"`` counts and fingerprint.

        Returns
        -------
        dict
            The settings that all results of this model carry.
        """
        asked = {name: getattr(self.request, name) for name in Request.__slots__}
        counts = {
            "n_persons": self.n_persons,
            "n_observations": self.n_observations,
            "n_patterns": len(self.likelihood.statistics.patterns.rows),
            "unobserved_cells": self.n_persons * len(self.observations.round_names) - self.n_observations,
        }
        return {
            **asked,
            "rounds": list(self.observations.round_names),
            "unobserved_rounds": list(self.observations.unobserved_rounds),
            "aliased": list(self.aliased),
            "newton_steps": self.optimum.n_steps,
            "start": self.optimum.start,
            "versions": {**versions(), "formulaic": _formulaic_version()},
            "data": {**data_facts(self.source), **counts},
        }

    def contrast(self, weights: ArrayLike | Mapping[str, float] | pd.DataFrame, *, level: float = LEVEL) -> Result:
        """Estimate and test combinations of coefficients, and several of them together.

        Parameters
        ----------
        weights : array of shape (p,) or (q, p), mapping, or DataFrame
            Weights of the coefficients in the order of `coefficients`; or column name to weight; or a frame with one
            row a contrast, named by its index, and columns named as coefficients.
        level : float
            Confidence level.

        Returns
        -------
        Result
            One row a contrast (``measure`` is ``contrast``) and, if there are several, a row ``joint_test`` whose
            ``statistic`` is F with ``df`` and ``df_denominator``.

        Raises
        ------
        InvalidValueError
            The weights do not fit the coefficients.
        DesignError
            The data do not determine a contrast.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> import peereval as pe
        >>> data = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": [1, 2] * 30})
        >>> data["score"] = np.random.default_rng(1).normal(size=60) + data["round"]
        >>> model = pe.mmrm("score ~ C(round)", data, person="person", round="round")
        >>> found = model.contrast({"C(round)[T.2]": 0.5}).estimates
        >>> found[["contrast", "measure", "estimate", "df"]].round(2)
                    contrast   measure  estimate    df
        0  0.5 C(round)[T.2]  contrast      0.42  29.0
        """
        from peereval.mixed_models.contrasts import contrast_result

        return contrast_result(self, weights, level)

    def means(
        self,
        by: str | Sequence[str] | None = None,
        *,
        pairs: Pairs | None = None,
        adjust: Adjustment = "none",
        level: float = LEVEL,
    ) -> Result:
        """Estimate the mean of every round (and group), and differences between them.

        Levels of the other factors weigh the same, and covariates are held at their mean over the rows used (estimated
        marginal means: Searle, Speed and Milliken 1980, American Statistician 34:216).

        Parameters
        ----------
        by : str or sequence of str, optional
            Factors of the formula whose levels have means of their own, such as ``"arm"``.
        pairs : {"groups", "rounds", "changes"}, optional
            What is compared: the groups within each round (default with `by`), the rounds within each group, later
            minus earlier (default without), or the groups' changes since the first round.
        adjust : {"none", "holm", "benjamini-hochberg", "tukey"}
            How ``p_adjusted`` is found, within each round or group; intervals are not adjusted.
        level : float
            Confidence level.

        Returns
        -------
        Result
            Rows ``mean``, then ``mean_difference``, ``mean_change`` or ``difference_in_change``; empty where the data
            do not determine them. ``n`` counts the persons observed in what is compared.

        Raises
        ------
        UnknownNameError
            `by` is no factor of the formula.
        DesignError
            The formula does not hold the round, or changes of groups are asked for without groups.
        InvalidValueError
            `pairs` or `adjust` is unknown.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> import peereval as pe
        >>> data = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": ["a", "b"] * 30})
        >>> data["arm"] = np.where(data["person"] < 15, "peer", "usual")
        >>> data["score"] = np.random.default_rng(1).normal(size=60).round(2)
        >>> model = pe.mmrm("score ~ arm * round", data, person="person", round="round")
        >>> found = model.means(by="arm", pairs="changes").estimates
        >>> found[["contrast", "group", "round", "measure", "n"]]
                     contrast  group round               measure   n
        0                <NA>   peer     a                  mean  15
        1                <NA>   peer     b                  mean  15
        2                <NA>  usual     a                  mean  15
        3                <NA>  usual     b                  mean  15
        4  usual - peer: b - a   <NA>     b  difference_in_change  30
        """
        from peereval.mixed_models.means import means_result

        names = () if by is None else (by,) if isinstance(by, str) else tuple(by)
        return means_result(self, names, pairs, adjust, level)

    def anova(self, *, type: Literal[2, 3] = 3) -> Result:  # noqa: A002 - the field's word
        """Test each term of the formula.

        Parameters
        ----------
        type : {2, 3}
            Type III: every term given all others, with means in which factor levels weigh the same and covariates are
            at their mean. Type II: every term given those that do not contain it.

        Returns
        -------
        Result
            One row a term: ``statistic`` (F), ``df``, ``df_denominator`` and ``p_value``.

        Raises
        ------
        InvalidValueError
            `type` is neither 2 nor 3.
        DesignError
            Type III is asked for although columns are aliased, or a term's margins are not in the formula.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> import peereval as pe
        >>> data = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": ["a", "b"] * 30})
        >>> data["score"] = np.random.default_rng(1).normal(size=60).round(2)
        >>> model = pe.mmrm("score ~ round", data, person="person", round="round")
        >>> model.anova().estimates[["term", "measure", "df", "df_denominator"]].round(2)
            term measure   df  df_denominator
        0  round  f_test  1.0            29.0
        """
        from peereval.mixed_models.anova import anova_result

        return anova_result(self, type)

    def residuals(self, kind: Residuals = "response") -> pd.Series:
        """Give the residuals of the rows used.

        Parameters
        ----------
        kind : {"response", "pearson", "normalised"}
            Outcome minus fixed effects; divided by the standard deviation of its round; or, by the Cholesky factor of
            the person's covariance, made uncorrelated with variance 1.

        Returns
        -------
        Series
            Indexed as the caller's rows, without those left out.

        Raises
        ------
        InvalidValueError
            There is no such kind.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> import peereval as pe
        >>> data = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": ["a", "b"] * 30})
        >>> data["score"] = np.random.default_rng(1).normal(size=60)
        >>> model = pe.mmrm("score ~ round", data, person="person", round="round")
        >>> round(float(model.residuals("normalised").std()), 2)
        0.99
        """
        if kind not in ("response", "pearson", "normalised"):
            msg = f"There are no residuals {kind!r}."
            raise InvalidValueError(msg, hint=nearest(kind, ("response", "pearson", "normalised")))
        raw = self.design.outcome - self.design.columns @ self.inference.coefficients
        found = raw if kind == "response" else self._scaled(raw, whitened=kind == "normalised")
        return pd.Series(found, index=self.observations.frame.index, name=f"{kind}_residual")

    def plot_residuals(self) -> Any:
        """Draw normalised residuals against normal quantiles and against fitted values.

        The points are persons' own values: these panels are for the analyst, not for release.

        Returns
        -------
        ndarray of Axes, shape (2,)
            The two panels.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> import peereval as pe
        >>> data = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": ["a", "b"] * 30})
        >>> data["score"] = np.random.default_rng(1).normal(size=60)
        >>> axes = pe.mmrm("score ~ round", data, person="person", round="round").plot_residuals()
        >>> axes.shape
        (2,)
        """
        from peereval.figures.residuals import diagnostics

        fitted = self.design.columns @ self.inference.coefficients
        return diagnostics(fitted, self.residuals("normalised").to_numpy(), self)

    def _scaled(self, raw: Numbers, *, whitened: bool) -> Numbers:
        weights = self.observations.weights
        scaled = raw if weights is None else raw * np.sqrt(weights)
        matrices = self.likelihood.covariances(self.optimum.parameters)
        if not whitened:
            scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
            return np.asarray(
                scaled / scale[self.observations.groups[self.observations.persons], self.observations.rounds]
            )
        found, patterns = np.empty_like(scaled), self.likelihood.statistics.patterns
        for seen, group, rows in zip(patterns.observed, patterns.groups, patterns.rows, strict=True):
            factor = np.linalg.cholesky(matrices[group][np.ix_(seen, seen)])
            found[rows] = np.linalg.solve(factor, scaled[rows].T).T
        return found

    def _by_group(self, matrices: list[Numbers]) -> pd.DataFrame:
        rounds = list(self.observations.round_names)
        frames = [pd.DataFrame(matrix, index=rounds, columns=rounds) for matrix in matrices]
        if self.request.groups is None:
            return frames[0]
        return pd.concat(frames, keys=list(self.observations.group_names), names=[self.request.groups, "round"])

    def _named(self, matrix: pd.DataFrame) -> pd.DataFrame:
        """The matrix with the names of its rows in columns; a round may be called as a column is."""
        return matrix.rename_axis(index=lambda name: name or "round").reset_index(allow_duplicates=True)

    def __repr__(self) -> str:
        # the model carries the rows it was fitted to; a printed page must not
        return f"MMRM({self.request.formula!r}, {self._counts()})\n{self.coefficients.to_string(index=False)}"

    def _counts(self) -> str:
        return f"{self.n_observations} rows of {self.n_persons} persons in {len(self.observations.round_names)} rounds"

    def _repr_html_(self) -> str:
        left_out = "; ".join(f"{reason}: {count}" for reason, count in self.exclusions.items()) or "nothing"
        fit = f"Log-likelihood {self.loglik:.4f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}."
        parts = [
            shown_table(self.coefficients),
            paragraph("Covariance of the rounds"),
            shown_table(self._named(self.covariance)),
            paragraph(self._counts(), "Fitted to"),
            paragraph(left_out, "Left out"),
            paragraph(self.method, "Method"),
            paragraph(fit),
        ]
        return card(self.request.formula, parts, origin=self.origin)


def _formulaic_version() -> str:
    from importlib.metadata import version

    return version("formulaic")
