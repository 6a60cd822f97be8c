"""Every method of comparing rounds, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from peereval.rounds.answers import link_rows, share_rows
from peereval.rounds.contrasts import paired, paired_between, unlinked, unlinked_between
from peereval.rounds.fitting import fit_marginal, fit_mixed
from peereval.rounds.models import model_rows
from peereval.rounds.overlapping import overlapping_rows
from peereval.rounds.ranks import PAIRED, UNLINKED, WHOLE, paired_ranks, unlinked_ranks, whole_test
from peereval.rounds.rows import by_arm, observed_means
from peereval.rounds.units import clustered_rows
from peereval.rounds.weighting import overlap_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Row

    Method: TypeAlias = Callable[[pd.DataFrame, Comparison], Iterator[Row]]


def _mixed(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    if asked.arms is None or asked.weighting is None:
        yield from model_rows(part, asked, fit_mixed)
        return
    weights = overlap_weights(part.drop_duplicates("person"), asked.arms, asked.covariates)
    of_person = weights.set_axis(part.drop_duplicates("person")["person"])
    by_row = part["person"].map(of_person).astype(float)
    # weights stand for the covariates: a slope beside them would adjust twice
    yield from model_rows(part, replace(asked, covariates=()), partial(fit_mixed, weights=by_row))


def _paired(part: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    for name, mine in by_arm(part, asked.arms):
        yield from ({**name, **row} for row in observed_means(mine, asked.rounds))
        yield from ({**name, **row} for row in paired(mine, asked, method))
    if asked.arms is not None:
        yield from paired_between(part, asked)


def _welch(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    if asked.unit is not None:
        for name, mine in by_arm(part, asked.arms):
            yield from ({**name, **row} for row in observed_means(mine, asked.rounds))
        yield from clustered_rows(part, asked)
        return
    for name, mine in by_arm(part, asked.arms):
        yield from ({**name, **row} for row in observed_means(mine, asked.rounds))
        yield from ({**name, **row} for row in unlinked(mine, asked))
    if asked.arms is not None:
        yield from unlinked_between(part, asked)


METHODS: dict[str, Method] = {
    "mmrm": _mixed,
    "gee": partial(model_rows, fit=fit_marginal),
    "paired-t": partial(_paired, method="paired-t"),
    "sign-flip": partial(_paired, method="sign-flip"),
    "welch": _welch,
    **{name: partial(paired_ranks, method=name) for name in PAIRED},
    **{name: partial(unlinked_ranks, method=name) for name in UNLINKED},
    **{name: partial(whole_test, method=name) for name in WHOLE},
    "overlapping": overlapping_rows,
    "mcnemar": partial(share_rows, linked=True),
    "newcombe": partial(share_rows, linked=False),
    "random-intercept-logit": partial(link_rows, mixed=True),
    "cumulative-link-mixed": partial(link_rows, mixed=True),
    "logit": partial(link_rows, mixed=False),
    "cumulative-link": partial(link_rows, mixed=False),
}
"""Name to function: scores of one scale, none missing, to the rows of the result."""
