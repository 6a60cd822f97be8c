"""What a model says of itself in the methods section."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peereval.mixed_models.model import Request

_DF = {
    "kenward-roger": "Kenward-Roger standard errors (first order) and degrees of freedom",
    "kenward-roger-second-order": (
        "Kenward-Roger standard errors of second order, with second derivatives by {parameters}, and degrees of freedom"
    ),
    "satterthwaite": "Satterthwaite degrees of freedom (several contrasts after Fai and Cornelius)",
    "between-within": "between-within degrees of freedom, the intercept counted as within persons",
    "residual": "residual degrees of freedom (rows minus coefficients)",
    "asymptotic": "normal approximation",
}
_REFERENCES = {
    "kenward-roger": ("Kenward and Roger 1997, doi:10.2307/2533558; 2009, doi:10.1016/j.csda.2008.12.013",),
    "satterthwaite": (
        "Giesbrecht and Burns 1985, doi:10.2307/2530872",
        "Fai and Cornelius 1996, doi:10.1080/00949659608811740",
    ),
    "CR0": ("Liang and Zeger 1986, doi:10.1093/biomet/73.1.13",),
    "CR2": (
        "Bell and McCaffrey 2002, Survey Methodology 28:169",
        "Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004",
    ),
}
ASSUMPTIONS = (
    "What is missing is missing at random given the covariates and the answers of the same person in other rounds.",
    "Residuals of a person are jointly normal with the stated covariance; persons are independent of each other.",
)


def describe(request: Request) -> str:
    """Give a sentence for the methods section.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    str
        Formula, covariance, estimation, standard errors and degrees of freedom.

    Examples
    --------
    >>> from peereval.mixed_models.model import Request
    >>> print(describe(Request("y ~ round", "ar1", "residual", True, "person", "round", None, None, None, None)))
    Mixed model for repeated measures (y ~ round) with ar1 covariance of the rounds, fitted by restricted maximum
    likelihood, with residual degrees of freedom (rows minus coefficients).
    """
    form = "one" if request.groups is None else f"one for each {request.groups}"
    covariance = f"{request.covariance} covariance of the rounds" + ("" if request.groups is None else f" ({form})")
    fitted = "restricted maximum likelihood" if request.reml else "maximum likelihood"
    weights = "" if request.weights is None else f", rows weighted by {request.weights} as precisions"
    parameters = (
        "log standard deviations and the Cholesky factor"
        if request.covariance == "unstructured"
        else "log standard deviations and transformed correlations"
    )
    df = _DF[request.df].format(parameters=parameters)
    return (
        f"Mixed model for repeated measures ({request.formula}) with {covariance}, fitted by {fitted}{weights}, "
        f"with {_errors(request)}{df}."
    )


def references(request: Request) -> tuple[str, ...]:
    """Give the sources of the method.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    tuple of str
        References.

    Examples
    --------
    >>> from peereval.mixed_models.model import Request
    >>> request = Request("y ~ round", "ar1", "satterthwaite", True, "person", "round", None, None, None, "CR0")
    >>> len(references(request))
    3
    """
    df = request.df.removesuffix("-second-order")
    return (*_REFERENCES.get(df, ()), *_REFERENCES.get(str(request.standard_errors), ()))


def _errors(request: Request) -> str:
    if request.standard_errors is None:
        return ""
    by = "persons" if request.cluster is None else request.cluster
    return f"empirical standard errors ({request.standard_errors}, clustered by {by}) and "
