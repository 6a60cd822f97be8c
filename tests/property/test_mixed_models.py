"""The mixed model against a naive second implementation that visits each person and builds each matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.mixed_models.covariance import STRUCTURES, structure
from peereval.mixed_models.inference import kenward_roger_covariance

ROUNDS = [f"r{k}" for k in range(1, 11)]


def simulate(seed, n=30, m=3, *, missing=0.2, gaps=True):
    """Persons in two arms with answers that depend on each other and are missing here and there."""
    rng = np.random.default_rng(seed)
    lags = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    spread = rng.uniform(3, 9, m)
    factor = np.linalg.cholesky(np.outer(spread, spread) * 0.6**lags)
    values = 40 + rng.normal(size=(n, m)) @ factor.T + np.arange(m)
    keep = rng.random((n, m)) >= missing if gaps else np.ones((n, m), dtype=bool)
    keep[: max(4, n // 3)] = True
    arm, age = np.arange(n) % 2, rng.normal(40, 10, n)
    data = pd.DataFrame(
        {
            "person": np.repeat([f"x{i}" for i in range(n)], m),
            "round": pd.Categorical(ROUNDS[:m] * n, categories=ROUNDS[:m], ordered=True),
            "arm": np.repeat(np.array(["peer", "usual"])[arm], m),
            "age": np.repeat(age, m),
            "unit": np.repeat(np.arange(n) % 5, m),
            "weight": rng.uniform(0.5, 2, n * m),
            "score": np.where(keep, values, np.nan).ravel(),
        }
    )
    return data.sample(frac=1, random_state=seed)


def fit(data, formula="score ~ arm * round + age", covariance="unstructured", **asked):
    return pe.mmrm(formula, data, person="person", round="round", covariance=covariance, **asked)


class Naive:
    """One matrix a person: the model of the definition, and nothing clever."""

    def __init__(self, data, covariance, *, groups=None, weights=None, reml=True):
        used = data.dropna(subset=["score"])
        self.m, self.reml = data["round"].cat.categories.size, reml
        self.form, self.persons = structure(covariance, self.m), []
        self.names = sorted(used[groups].unique()) if groups else [None]
        peer_against = (used["arm"] == "usual").astype(float)
        columns = [
            np.ones(len(used)),
            peer_against,
            *(1.0 * (used["round"] == r) for r in used["round"].cat.categories[1:]),
        ]
        columns += [used["age"], *(1.0 * (used["round"] == r) * peer_against for r in used["round"].cat.categories[1:])]
        used = used.assign(_row=np.arange(len(used)))
        x, y = np.column_stack(columns), used["score"].to_numpy()
        self.x = x
        for _, rows in used.groupby("person"):
            places = rows["_row"].to_numpy()
            w = rows[weights].to_numpy() if weights else np.ones(len(rows))
            group = self.names.index(rows[groups].iloc[0]) if groups else 0
            self.persons.append(
                (x[places], y[places], rows["round"].cat.codes.to_numpy(), w, group, rows["unit"].iloc[0])
            )

    def covariances(self, theta):
        parts = theta.reshape(len(self.names), -1)
        for _, _, seen, w, group, _ in self.persons:
            v = self.form.matrix(parts[group])[np.ix_(seen, seen)]
            yield v / np.sqrt(np.outer(w, w))

    def solve(self, theta):
        p = self.x.shape[1]
        a, b = np.zeros((p, p)), np.zeros(p)
        for (x, y, *_), v in zip(self.persons, self.covariances(theta), strict=True):
            a += x.T @ np.linalg.solve(v, x)
            b += x.T @ np.linalg.solve(v, y)
        return np.linalg.inv(a), np.linalg.solve(a, b)

    def loglik(self, theta):
        phi, beta = self.solve(theta)
        n, p = self.x.shape
        total = -(n - p * self.reml) * np.log(2 * np.pi)
        for (x, y, *_), v in zip(self.persons, self.covariances(theta), strict=True):
            r = y - x @ beta
            total -= np.linalg.slogdet(v)[1] + r @ np.linalg.solve(v, r)
        return (total + np.linalg.slogdet(phi)[1] * self.reml) / 2


def slope(function, at, step=1e-5):
    """First derivatives by central differences, the last axis over the parameters."""
    moves = np.eye(len(at)) * step
    return np.stack([(function(at + e) - function(at - e)) / (2 * step) for e in moves], axis=-1)


CASES = st.tuples(
    st.integers(0, 10_000), st.sampled_from(STRUCTURES), st.integers(2, 4), st.booleans(), st.booleans(), st.booleans()
)


@given(CASES)
@settings(max_examples=4)
def test_likelihood_coefficients_and_gradient_are_those_of_the_definition(case):
    seed, covariance, m, weighted, grouped, reml = case
    asked = {"groups": "arm" if grouped else None, "weights": "weight" if weighted else None}
    data = simulate(seed, n=44, m=m)
    model = fit(data, covariance=covariance, df="satterthwaite", reml=reml, **asked)
    naive = Naive(data, covariance, reml=reml, **asked)
    best = model.optimum.parameters
    phi, beta = naive.solve(best)
    assert model.loglik == pytest.approx(naive.loglik(best), abs=1e-7)
    np.testing.assert_allclose(model.coefficients["estimate"], beta, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(model.coefficients["std_error"], np.sqrt(np.diag(phi)), rtol=1e-7)
    assert np.abs(slope(naive.loglik, best)).max() < 1e-4
    rng = np.random.default_rng(seed)
    away = best + rng.normal(0, 0.05, len(best))
    assert naive.loglik(away) <= model.loglik + 1e-9
    point = model.likelihood.at(away)
    if point is not None:
        found = model.likelihood.slopes(away, point)
        np.testing.assert_allclose(-found.gradient / 2, slope(naive.loglik, away), rtol=1e-4, atol=1e-4)
        gradient = lambda t: model.likelihood.slopes(t, model.likelihood.at(t)).gradient  # noqa: E731
        np.testing.assert_allclose(
            found.hessian, slope(gradient, away), rtol=1e-4, atol=1e-4 * np.abs(found.hessian).max()
        )


@given(CASES)
@settings(max_examples=4)
def test_satterthwaite_and_kenward_roger_are_those_of_the_definition(case):
    seed, covariance, m, weighted, grouped, _ = case
    asked = {"groups": "arm" if grouped else None, "weights": "weight" if weighted else None}
    data = simulate(seed, n=44, m=m)
    model, naive = fit(data, covariance=covariance, **asked), Naive(data, covariance, **asked)
    best = model.optimum.parameters
    phi, _ = naive.solve(best)
    spread = np.linalg.inv(-slope(lambda t: slope(naive.loglik, t, 1e-4), best, 1e-4))
    gradient = slope(lambda t: np.diag(naive.solve(t)[0]), best)
    df = 2 * np.diag(phi) ** 2 / np.einsum("pi,ij,pj->p", gradient, spread, gradient)
    np.testing.assert_allclose(model.coefficients["df"], df, rtol=2e-3)
    moved = [slope(lambda t, i=i: list(naive.covariances(t))[i], best) for i in range(len(naive.persons))]
    k, p = len(best), len(phi)
    first, second = np.zeros((k, p, p)), np.zeros((p, p))
    for (x, *_), v, dv in zip(naive.persons, naive.covariances(best), moved, strict=True):
        a = np.linalg.solve(v, x)
        first += np.einsum("ap,abi,bq->ipq", a, dv, a)
        second += np.einsum("ij,ap,abi,bc,cdj,dq->pq", spread, a, dv, np.linalg.inv(v), dv, a, optimize=True)
    adjusted = phi + 2 * phi @ (second - np.einsum("ij,iab,bc,jcd->ad", spread, first, phi, first)) @ phi
    np.testing.assert_allclose(model.coefficient_covariance, adjusted, rtol=1e-3, atol=1e-4 * np.abs(adjusted).max())


@given(st.integers(0, 10_000), st.sampled_from(["CR0", "CR2"]), st.booleans())
@settings(max_examples=4)
def test_sandwich_is_that_of_the_definition(seed, correction, clustered):
    """All rows at once: H, its blocks, and the matrix G of Satterthwaite's approximation."""
    data = simulate(seed, n=26)
    model = fit(data, df="satterthwaite", standard_errors=correction, cluster="unit" if clustered else None)
    naive = Naive(data, "unstructured")
    best = model.optimum.parameters
    phi, beta = naive.solve(best)
    if clustered and correction == "CR2":
        check_clusters(model, naive, phi, beta)
        return
    whiten = [np.linalg.cholesky(np.linalg.inv(v)).T for v in naive.covariances(best)]
    white = [c @ x for c, (x, *_) in zip(whiten, naive.persons, strict=True)]
    residual = np.concatenate([c @ (y - x @ beta) for c, (x, y, *_) in zip(whiten, naive.persons, strict=True)])
    who = np.repeat(
        [i if not clustered else person[5] for i, person in enumerate(naive.persons)], [len(x) for x in white]
    )
    x = np.concatenate(white)
    left = np.eye(len(x)) - x @ phi @ x.T
    meat, columns = np.zeros_like(phi), []
    for cluster in np.unique(who):
        mine = who == cluster
        a = np.eye(mine.sum()) if correction == "CR0" else root(left[np.ix_(mine, mine)])
        score = x[mine].T @ a @ residual[mine]
        meat += np.outer(score, score)
        columns.append(left[:, mine] @ a @ x[mine] @ phi)
    np.testing.assert_allclose(model.coefficient_covariance, phi @ meat @ phi, rtol=1e-6, atol=1e-9)
    for place, df in enumerate(model.coefficients["df"]):
        g = np.column_stack([column[:, place] for column in columns])
        product = g.T @ g
        assert df == pytest.approx(np.trace(product) ** 2 / (product**2).sum(), rel=1e-6)


def check_clusters(model, naive, phi, beta):
    """A of a cluster is the symmetric matrix with A (V - XΦX') A = V."""
    from scipy.linalg import block_diag, sqrtm

    best, meat, total = model.optimum.parameters, np.zeros_like(phi), len(naive.x)
    v = block_diag(*naive.covariances(best))
    x = np.concatenate([person[0] for person in naive.persons])
    y = np.concatenate([person[1] for person in naive.persons])
    who = np.concatenate([np.full(len(person[1]), person[5]) for person in naive.persons])
    weighted, columns = np.linalg.solve(v, x), []
    left = np.eye(total) - x @ phi @ weighted.T
    for cluster in np.unique(who):
        mine = who == cluster
        here = v[np.ix_(mine, mine)]
        middle = here - x[mine] @ phi @ x[mine].T
        half = np.real(sqrtm(here))
        a = half @ root(half @ middle @ half) @ half
        np.testing.assert_allclose(a @ middle @ a, here, atol=1e-6)
        score = weighted[mine].T @ a @ (y - x @ beta)[mine]
        meat += np.outer(score, score)
        columns.append(left[mine].T @ a @ weighted[mine] @ phi)
    np.testing.assert_allclose(model.coefficient_covariance, phi @ meat @ phi, rtol=1e-6, atol=1e-9)
    for place, df in enumerate(model.coefficients["df"]):
        g = np.column_stack([column[:, place] for column in columns])
        product = g.T @ v @ g
        assert df == pytest.approx(np.trace(product) ** 2 / (product**2).sum(), rel=1e-6)


def root(matrix):
    """Symmetric inverse square root, 0 where the matrix is."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.where(values > 1e-10, np.maximum(values, 1e-10) ** -0.5, 0)) @ vectors.T


@given(st.integers(0, 10_000))
@settings(max_examples=5)
def test_what_must_not_matter(seed):
    """Order of rows, empty rows of a completed grid, the reference level, the unit of the outcome."""
    data = simulate(seed)
    model = fit(data)
    bare = fit(data.dropna(subset=["score"]).sample(frac=1, random_state=seed + 1))
    assert bare.loglik == pytest.approx(model.loglik, abs=1e-9)
    assert dict(model.exclusions) == {"outcome_missing": int(data["score"].isna().sum())}
    assert bare.exclusions == {}
    turned = fit(data.assign(arm=pd.Categorical(data["arm"], ["usual", "peer"])))
    assert turned.loglik == pytest.approx(model.loglik, abs=1e-7)
    shown = ["estimate", "std_error", "df"]
    means = [
        each.means(by="arm").estimates.query("measure == 'mean'").set_index(["group", "round"])
        for each in (model, turned)
    ]
    np.testing.assert_allclose(means[0][shown], means[1].loc[means[0].index, shown], rtol=1e-5)
    tests = [each.anova().estimates.set_index("term") for each in (model, turned)]
    np.testing.assert_allclose(tests[0]["statistic"], tests[1]["statistic"], rtol=1e-5)
    larger = fit(data.assign(score=data["score"] * 1000 - 7))
    np.testing.assert_allclose(larger.coefficients["std_error"], model.coefficients["std_error"] * 1000, rtol=1e-6)
    np.testing.assert_allclose(larger.coefficients["df"], model.coefficients["df"], rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(8, 40))
@settings(max_examples=4)
def test_two_complete_rounds_are_a_paired_t_test(seed, n):
    from scipy.stats import ttest_rel

    data = simulate(seed, n=n, m=2, gaps=False)
    wide = data.pivot(index="person", columns="round", values="score")
    expected = ttest_rel(wide["r2"], wide["r1"])
    row = fit(data, "score ~ round").means().estimates.iloc[-1]
    assert (row["statistic"], row["df"], row["p_value"]) == pytest.approx(
        (expected.statistic, n - 1, expected.pvalue), rel=1e-6
    )


def test_first_order_kenward_roger_does_not_depend_on_the_parameters():
    """Two rounds: unstructured and heterogeneous compound symmetry are one model with other parameters."""
    data = simulate(3, m=2)
    models = [fit(data, covariance=name) for name in ("unstructured", "heterogeneous-compound-symmetry")]
    assert models[0].loglik == pytest.approx(models[1].loglik, abs=1e-8)
    np.testing.assert_allclose(models[0].coefficients["std_error"], models[1].coefficients["std_error"], rtol=1e-6)
    np.testing.assert_allclose(models[0].coefficients["df"], models[1].coefficients["df"], rtol=1e-6)
    second = [kenward_roger_covariance(each.likelihood, each.optimum, second_order=True) for each in models]
    assert not np.allclose(second[0], second[1], rtol=1e-6)
