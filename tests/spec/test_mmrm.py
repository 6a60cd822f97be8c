"""What `pe.mmrm` must survive, and what it must refuse with a message that helps."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    AliasedColumnsWarning,
    ColumnError,
    ConvergenceError,
    DesignError,
    DuplicateError,
    FormulaError,
    InvalidValueError,
    MissingValueError,
    OutOfRangeError,
    UnknownNameError,
)
from peereval.mixed_models.covariance import STRUCTURES


def panel(n=40, m=3, seed=1, missing=0.0):
    """Persons in two arms, complete unless said otherwise."""
    rng = np.random.default_rng(seed)
    names = [f"r{k}" for k in range(1, m + 1)]
    score = 50 + rng.normal(0, 6, (n, 1)) + rng.normal(0, 4, (n, m)) + 1.5 * np.arange(m)
    score[rng.random((n, m)) < missing] = np.nan
    return pd.DataFrame(
        {
            "person": np.repeat([f"secret-{i}" for i in range(n)], m),
            "round": pd.Categorical(names * n, categories=names, ordered=True),
            "arm": np.repeat(np.array(["peer", "usual"])[np.arange(n) % 2], m),
            "age": np.repeat(rng.normal(40, 10, n), m),
            "score": score.ravel(),
        }
    )


def fit(data, formula="score ~ arm * round", **asked):
    return pe.mmrm(formula, data, person="person", round="round", **asked)


class TestSurvives:
    @pytest.mark.parametrize("m", [2, 3, 6, 10])
    @pytest.mark.parametrize("covariance", STRUCTURES)
    def test_two_to_ten_rounds(self, m, covariance):
        model = fit(panel(150, m, missing=0.15), "score ~ round", covariance=covariance)
        assert np.isfinite(model.coefficients[["estimate", "std_error", "df"]]).all(axis=None)
        assert np.linalg.eigvalsh(model.covariance)[0] > 0
        assert model.optimum.n_steps < 15
        more = fit(panel(150, m, missing=0.15), "score ~ round", covariance="unstructured")
        assert more.loglik >= model.loglik - 1e-6

    def test_more_rounds_than_fit_into_one_number(self):
        data = panel(30, 70, missing=0.05)
        model = fit(data.assign(day=data["round"].cat.codes), "score ~ day", covariance="ar1")
        assert model.settings()["data"]["n_patterns"] == 30
        assert model.n_observations == data["score"].notna().sum()

    def test_persons_with_one_round_only(self):
        data = panel()
        once = data[data["person"].isin(data["person"].unique()[:15]) & (data["round"] != "r1")].index
        data.loc[once, "score"] = np.nan
        model = fit(data)
        assert (model.n_persons, model.n_observations) == (40, 90)
        assert dict(model.exclusions) == {"outcome_missing": 30}
        means = model.means(by="arm").estimates
        assert set(means.loc[means["measure"] == "mean", "n"]) == {20, 12, 13}
        assert means["std_error"].notna().all()

    def test_nobody_missing(self):
        model = fit(panel())
        assert model.settings()["data"]["n_patterns"] == 1
        assert model.exclusions == {}
        # complete and balanced: the means are those of the rows
        means = model.means(by="arm").estimates.query("measure == 'mean'").set_index(["group", "round"])["estimate"]
        plain = panel().groupby(["arm", "round"], observed=True)["score"].mean()
        np.testing.assert_allclose(means.to_numpy(), plain.to_numpy(), rtol=1e-10)

    def test_a_round_observed_in_one_arm_only(self):
        data = panel()
        data.loc[(data["arm"] == "usual") & (data["round"] == "r3"), "score"] = np.nan
        with pytest.warns(AliasedColumnsWarning, match=r"arm\[T.usual\]:round\[T.r3\]"):
            model = fit(data)
        coefficients = model.coefficients.set_index("term")
        assert model.aliased == ("arm[T.usual]:round[T.r3]",)
        assert coefficients.loc[list(model.aliased)].isna().all(axis=None)
        means = model.means(by="arm").estimates.set_index(["measure", "group", "round"])
        assert np.isnan(means.loc[("mean", "usual", "r3"), "estimate"])
        assert means.loc[("mean", "usual", "r3"), "n"] == 0
        assert means.loc[("mean", "peer", "r3"), "estimate"] > 0
        differences = means.loc["mean_difference"].droplevel(0)["estimate"]
        assert differences.isna().to_dict() == {"r1": False, "r2": False, "r3": True}
        with pytest.raises(DesignError, match="do not determine"):
            model.contrast({"arm[T.usual]:round[T.r3]": 1})
        with pytest.raises(DesignError, match="Tests of type III"):
            model.anova()
        assert model.anova(type=2).estimates["p_value"].notna().all()

    def test_two_covariates_that_say_the_same(self):
        with pytest.warns(AliasedColumnsWarning, match="months"):
            model = fit(panel().assign(months=lambda frame: 12 * frame["age"] + 3), "score ~ round + age + months")
        alone = fit(panel(), "score ~ round + age")
        np.testing.assert_allclose(model.means().estimates["estimate"], alone.means().estimates["estimate"])

    def test_columns_far_from_zero_and_of_different_size(self):
        data = panel().assign(
            year=lambda frame: 2018 + np.arange(len(frame)) // 7 % 3, cost=lambda frame: frame["age"] * 1e6
        )
        found = fit(data, "score ~ round + year + cost").coefficients
        shifted = fit(
            data.assign(year=data["year"] - 2018, cost=data["age"]), "score ~ round + year + cost"
        ).coefficients
        np.testing.assert_allclose(found["statistic"].iloc[1:], shifted["statistic"].iloc[1:], rtol=1e-6)

    def test_rounds_without_rows_are_left_out_and_said(self):
        data = panel()
        data["round"] = data["round"].cat.add_categories("r4")
        model = fit(data)
        assert model.settings()["unobserved_rounds"] == ["r4"]
        assert list(model.covariance) == ["r1", "r2", "r3"]

    def test_numbers_dates_and_nullable_types(self):
        data = panel()
        plain = fit(data, "score ~ round + age").loglik
        nullable = data.assign(age=data["age"].astype("Float64"), score=data["score"].astype("Float64"))
        nullable.loc[0, "age"] = pd.NA
        model = fit(nullable, "score ~ round + age")
        assert dict(model.exclusions) == {"covariate_missing": 1}
        numbered = fit(data.assign(round=data["round"].cat.codes + 1), "score ~ C(round) + age", covariance="ar1")
        assert numbered.means().estimates["round"].tolist() == ["1", "2", "3", "2", "3", "3"]
        assert fit(data.assign(flag=data["arm"] == "peer"), "score ~ round + flag + age").loglik != plain

    def test_the_callers_frame_is_left_alone(self):
        data = panel(missing=0.2)
        before = data.copy(deep=True)
        fit(data)
        pd.testing.assert_frame_equal(data, before)

    def test_all_ways_of_degrees_of_freedom(self):
        data = panel(missing=0.2)
        for df in (
            "kenward-roger",
            "kenward-roger-second-order",
            "satterthwaite",
            "between-within",
            "residual",
            "asymptotic",
        ):
            model = fit(data, df=df)
            found = model.anova().estimates
            assert (found["p_value"] > 0).all()
            assert model.coefficients["p_value"].between(0, 1).all()

    def test_covariance_by_group_of_other_size(self):
        data = panel(60, missing=0.2)
        model = fit(data, groups="arm", covariance="heterogeneous-ar1")
        assert model.covariance.index.names == ["arm", "round"]
        assert model.n_parameters == 8
        assert model.covariance.loc["peer"].shape == (3, 3)


class TestRefuses:
    def refused(self, kind, match, data=None, formula="score ~ arm * round", **asked):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AliasedColumnsWarning)
            with pytest.raises(kind, match=match) as caught:
                fit(panel() if data is None else data, formula, **asked)
        assert "secret" not in str(caught.value)
        assert caught.value.hint

    def test_perfectly_correlated_rounds(self):
        data = panel()
        data.loc[data["round"] == "r3", "score"] = data.loc[data["round"] == "r2", "score"].to_numpy() + 2
        self.refused(ConvergenceError, "the rounds 'r2' and 'r3' are perfectly correlated", data)

    @pytest.mark.parametrize("covariance", ["unstructured", "compound-symmetry", "ar1"])
    def test_two_rounds_that_are_one(self, covariance):
        data = panel(m=2)
        data["score"] = data.groupby("person")["score"].transform("first") + 3.0 * (data["round"] == "r2")
        self.refused(ConvergenceError, "'r1' and 'r2' are perfectly correlated", data, covariance=covariance)

    def test_a_round_that_the_others_determine(self):
        data = panel(m=4)
        wide = data["score"].to_numpy().reshape(-1, 4).copy()
        wide[:, 3] = wide[:, 0] + wide[:, 1] - wide[:, 2]
        self.refused(ConvergenceError, "perfectly determined by the others", data.assign(score=wide.ravel()))

    def test_fewer_rows_than_parameters(self):
        data = panel(4, 6)
        self.refused(DesignError, "24 rows are fewer than the 12 coefficients and 21 covariance parameters", data)

    def test_fewer_persons_than_rounds(self):
        self.refused(ConvergenceError, "among 6 persons", panel(6, 8), "score ~ round")

    def test_an_outcome_that_does_not_vary(self):
        self.refused(ConvergenceError, "no variance", panel().assign(score=3.0))
        self.refused(
            ConvergenceError, "exactly", panel().assign(score=lambda frame: frame["age"] * 2), "score ~ age + round"
        )

    def test_rounds_without_common_persons(self):
        data = panel()
        odd = data["person"].isin(data["person"].unique()[::2])
        data.loc[(odd & (data["round"] == "r3")) | (~odd & (data["round"] == "r2")), "score"] = np.nan
        self.refused(DesignError, "observed in both 'r2' and 'r3'", data, "score ~ round")
        assert fit(data, "score ~ round", covariance="compound-symmetry").n_persons == 40

    def test_a_round_that_a_group_never_had(self):
        data = panel()
        data.loc[(data["arm"] == "usual") & (data["round"] == "r3"), "score"] = np.nan
        self.refused(DesignError, "of the group 'usual' was observed in the round 'r3'", data, groups="arm")

    def test_one_round(self):
        data = panel()
        self.refused(DesignError, "needs two", data[data["round"] == "r1"], "score ~ arm")

    def test_keys(self):
        data = panel()
        self.refused(
            DuplicateError, r"one row; the first in the round 'r1' in rows 1, 121", pd.concat([data, data.head(1)])
        )
        self.refused(
            MissingValueError, "'person' is empty in row 3", data.assign(person=data["person"].mask(data.index == 2))
        )
        self.refused(ColumnError, "no column 'arm'", data.drop(columns="arm"))
        self.refused(
            DesignError,
            "1 persons change their 'arm'",
            data.assign(arm=data["arm"].mask(data.index == 1, "usual")),
            groups="arm",
        )

    def test_values(self):
        data = panel()
        self.refused(
            OutOfRangeError, "no finite number in row 2", data.assign(score=data["score"].mask(data.index == 1, np.inf))
        )
        self.refused(
            OutOfRangeError, "not positive in row 1", data.assign(w=np.where(data.index == 0, 0.0, 1.0)), weights="w"
        )
        self.refused(DesignError, "No row has", data.assign(score=np.nan))

    @pytest.mark.parametrize(
        "formula",
        ["score", "~ round", "score ~ (round", "score + age ~ round", "arm ~ round"],
    )
    def test_formulas(self, formula):
        self.refused(FormulaError, "formula", formula=formula)

    def test_arguments(self):
        self.refused(UnknownNameError, "no covariance structure 'un'", covariance="un")
        self.refused(InvalidValueError, "no method 'kr'", df="kr")
        self.refused(DesignError, "not empirical ones", standard_errors="CR2")
        self.refused(DesignError, "not empirical ones", cluster="arm")
        self.refused(DesignError, "needs restricted", reml=False)
        self.refused(InvalidValueError, "standard errors 'HC3'", standard_errors="HC3", df="satterthwaite")

    def test_rounds_without_order_where_it_matters(self):
        data = panel().assign(round=lambda frame: frame["round"].astype(str))
        self.refused(InvalidValueError, "has no order", data, covariance="ar1")
        assert fit(data).loglik == pytest.approx(fit(panel()).loglik, abs=1e-9)

    def test_a_gap_where_rounds_are_equally_spaced(self):
        data = panel(m=4)
        data = data[data["round"] != "r2"]
        self.refused(DesignError, "equally spaced", data, covariance="toeplitz")
        assert fit(data).settings()["unobserved_rounds"] == ["r2"]

    def test_means(self):
        model = fit(panel(), "score ~ arm + age")
        with pytest.raises(DesignError, match="does not hold the round"):
            model.means()
        model = fit(panel())
        with pytest.raises(UnknownNameError, match="'age' is no factor"):
            model.means(by="age")
        with pytest.raises(DesignError, match="need groups"):
            model.means(pairs="changes")
        with pytest.raises(InvalidValueError, match="no adjustment"):
            model.means(adjust="bonferoni")
        with pytest.raises(InvalidValueError, match="no pairs"):
            model.means(pairs="all")
        with pytest.raises(InvalidValueError, match="confidence level"):
            model.means(level=95)

    def test_contrasts(self):
        model = fit(panel())
        with pytest.raises(InvalidValueError, match="no coefficient 'arm'"):
            model.contrast({"arm": 1})
        with pytest.raises(InvalidValueError, match=r"shape \(1, 2\)"):
            model.contrast([1, 0])
        with pytest.raises(InvalidValueError, match="weight 0"):
            model.contrast(np.zeros(6))
        with pytest.raises(InvalidValueError, match="no residuals"):
            model.residuals("studentised")
        with pytest.raises(InvalidValueError, match="type 1"):
            model.anova(type=1)

    def test_a_function_that_does_not_exist(self):
        self.refused(ColumnError, "no column 'nothing'", formula="score ~ nothing(round)")


class TestResults:
    def test_changes_of_groups_are_the_interaction(self):
        data = panel(missing=0.2)
        model = fit(data)
        changes = model.means(by="arm", pairs="changes").estimates.query("measure == 'difference_in_change'")
        assert changes["contrast"].tolist() == ["usual - peer: r2 - r1", "usual - peer: r3 - r1"]
        found = model.coefficients.tail(2)
        np.testing.assert_allclose(
            changes[["estimate", "std_error", "df"]], found[["estimate", "std_error", "df"]], rtol=1e-9
        )

    def test_covariates_stand_at_their_mean_over_the_rows_used(self):
        data = panel(missing=0.2)
        model = fit(data, "score ~ round + age")
        used = data.loc[data["score"].notna(), "age"].mean()
        by_hand = model.contrast([1, 0, 0, used]).estimates["estimate"].iloc[0]
        assert model.means().estimates["estimate"].iloc[0] == pytest.approx(by_hand, rel=1e-12)

    def test_a_covariate_that_acts_otherwise_in_each_round(self):
        model = fit(panel(missing=0.2), "score ~ arm * round + age * round")
        centred = panel(missing=0.2)
        centred["age"] -= centred.loc[centred["score"].notna(), "age"].mean()
        for kind in (2, 3):
            tests = [
                each.anova(type=kind).estimates["statistic"]
                for each in (model, fit(centred, "score ~ arm * round + age * round"))
            ]
            np.testing.assert_allclose(tests[0], tests[1], rtol=1e-7)

    def test_residuals(self):
        data = panel(400, missing=0.3)
        model = fit(data)
        used = data["score"].notna()
        plain, pearson, white = (model.residuals(kind) for kind in ("response", "pearson", "normalised"))
        assert plain.index.equals(data.index[used])
        assert pearson.std() == pytest.approx(1, abs=0.03)
        wide = (
            white.to_frame()
            .assign(round=data["round"], person=data["person"])
            .pivot(index="person", columns="round", values=white.name)
        )
        np.testing.assert_allclose(wide.corr(), np.eye(3), atol=0.15)
        # the score equations hold
        assert np.abs(pearson.groupby(data["arm"]).mean()).max() < 0.1

    def test_what_a_result_says(self):
        data = panel(missing=0.2).assign(origin="synthetic")
        model = fit(data, df="satterthwaite", standard_errors="CR2")
        result = model.means(by="arm", adjust="holm")
        assert "unstructured" in result.method
        assert "CR2" in result.method
        assert "Holm" in result.method
        assert result.origin == "synthetic"
        assert result.settings["data"]["n_observations"] == data["score"].notna().sum()
        assert dict(result.exclusions) == {"outcome_missing": int(data["score"].isna().sum())}
        assert {"formulaic", "numpy", "peereval"} <= set(result.settings["versions"])
        assert "<table" in model._repr_html_()
        # no row of a person is printed with the model
        printed = repr(model)
        assert f"{model.n_persons} persons" in printed
        assert "Intercept" in printed
        assert len(printed.splitlines()) <= len(model.coefficients) + 2
        assert "&lt;b&gt;" in fit(data.rename(columns={"age": "<b>"}), "score ~ round + `<b>`")._repr_html_()

    def test_contrasts_by_name_and_together(self):
        model = fit(panel(missing=0.2))
        weights = pd.DataFrame({"round[T.r2]": [1, 0], "round[T.r3]": [0, 1.0]}, index=["second", "third"])
        found = model.contrast(weights).estimates
        assert found["contrast"].tolist() == ["second", "third", "all"]
        doubled = model.contrast(
            np.vstack([weights.reindex(columns=model.coefficients["term"], fill_value=0)] * 2)
        ).estimates
        assert doubled["statistic"].iloc[-1] == pytest.approx(found["statistic"].iloc[-1], rel=1e-9)
        assert doubled["df"].iloc[-1] == 2

    def test_weights_of_two_are_not_two_persons_but_half_the_variance(self):
        data = panel(missing=0.2)
        plain, weighted = fit(data), fit(data.assign(w=2.0), weights="w")
        np.testing.assert_allclose(weighted.covariance, 2 * plain.covariance, rtol=1e-7)
        np.testing.assert_allclose(weighted.coefficients["std_error"], plain.coefficients["std_error"], rtol=1e-7)
        assert weighted.loglik == pytest.approx(plain.loglik, abs=1e-8)

    def test_figure_of_means(self):
        axes = fit(panel(missing=0.2)).means(by="arm").plot()
        assert axes.get_ylabel().startswith("Estimated mean")
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["peer", "usual"]
        alone = fit(panel(missing=0.2), "score ~ round").means().plot()
        assert alone.get_legend() is None
        assert (
            "n 4" in alone.get_xticklabels()[0].get_text().replace("\n", " ")
            or "n 3" in alone.get_xticklabels()[0].get_text()
        )

    def test_diagnostic_panels_are_thinned_and_marked_as_made_up(self):
        axes = fit(panel(1_000).assign(origin="synthetic")).plot_residuals()
        assert len(axes[0].lines[0].get_xdata()) == 2_000
        assert [text.get_text() for text in axes[1].texts] == ["synthetic data"]

    def test_release(self):
        model = fit(panel(120, missing=0.2))
        for result in (model.means(by="arm"), model.contrast({"round[T.r3]": 1}), model.anova()):
            [released] = pe.release([result])
            assert not {"std_error", "df", "statistic", "df_denominator"} & set(released.estimates.columns)
        [released] = pe.release([model.means(by="arm")])
        assert set(released.estimates["n"] % 5) == {0}
        assert released.plot().get_ylabel().startswith("Estimated mean")


class TestInference:
    def test_a_joint_test_without_limit_of_df_is_walds_chi_square(self):
        """Naive second implementation: the quadratic form of the estimates in the inverse of their covariance."""
        from scipy.stats import chi2

        model = fit(panel(60), "score ~ round", df="asymptotic")
        last = model.coefficients["estimate"].to_numpy()[1:]
        wald = last @ np.linalg.solve(model.coefficient_covariance.to_numpy()[1:, 1:], last)
        [row] = model.anova().estimates.query("term == 'round'").to_dict("records")
        assert row["statistic"] == pytest.approx(wald / 2, rel=1e-9)
        assert row["p_value"] == pytest.approx(chi2.sf(wald, 2), rel=1e-9)

    @pytest.mark.parametrize("second", [2.0, 2.5])
    def test_a_covariance_too_uncertain_for_a_joint_test_has_no_df_and_leaves_f_alone(self, second):
        from peereval.mixed_models.inference import kenward_roger_scale

        scale, df = kenward_roger_scale(3.0, second, 2)
        assert scale == 1.0
        assert np.isnan(df)
