"""Evaluate mental-health peer support: from raw exports to a report that may leave the building.

Every name is loaded when it is first used, so ``import peereval as pe`` costs next to nothing.

Examples
--------
>>> import peereval as pe
>>> pe.instrument("who-5").name
'WHO-5 Well-Being Index'
"""

from __future__ import annotations

# checkers take this name for true; importing it from typing would cost more than everything else here. Without the
# annotation Jedi, which completes names in editors, would take it for false and see none of them
TYPE_CHECKING: bool = False

if TYPE_CHECKING:
    from importlib.metadata import version as _version

    from peereval import datasets as datasets
    from peereval.admissions.bed_days import bed_days as bed_days
    from peereval.admissions.comparison import compare_definitions as compare_definitions
    from peereval.admissions.contact_summary import summarise_contacts as summarise_contacts
    from peereval.admissions.contacts import read_contacts as read_contacts
    from peereval.admissions.curve_comparison import compare_curves as compare_curves
    from peereval.admissions.definition import ReadmissionDefinition as ReadmissionDefinition
    from peereval.admissions.episodes import episodes as episodes
    from peereval.admissions.events import event_rate as event_rate
    from peereval.admissions.exposure import with_exposure as with_exposure
    from peereval.admissions.funnel import funnel_plot as funnel_plot
    from peereval.admissions.hazards import hazard_ratios as hazard_ratios
    from peereval.admissions.mirror import mirror_image as mirror_image
    from peereval.admissions.rates import readmission_rate as readmission_rate
    from peereval.admissions.reach import peer_reach as peer_reach
    from peereval.admissions.readmission import readmissions as readmissions
    from peereval.admissions.recurrence import recurrent_readmissions as recurrent_readmissions
    from peereval.admissions.standardisation import standardised_rate as standardised_rate
    from peereval.admissions.stays import length_of_stay as length_of_stay
    from peereval.admissions.survival import time_to_readmission as time_to_readmission
    from peereval.admissions.time_lost import restricted_mean as restricted_mean
    from peereval.binding import bind_results as bind_results
    from peereval.citations.citing import cite as cite
    from peereval.citations.installed import show_versions as show_versions
    from peereval.costs.budgets import budget_scenarios as budget_scenarios
    from peereval.costs.returns import benefit_to_cost as benefit_to_cost
    from peereval.costs.returns import break_even as break_even
    from peereval.costs.value_for_money import cost_effectiveness as cost_effectiveness
    from peereval.costs.value_for_money import cost_per_bed_day as cost_per_bed_day
    from peereval.costs.value_for_money import cost_per_readmission_avoided as cost_per_readmission_avoided
    from peereval.disclosure.release import release as release
    from peereval.disclosure.storage import read_released as read_released
    from peereval.disclosure.storage import write_released as write_released
    from peereval.disclosure.tidy import read_tidy as read_tidy
    from peereval.disclosure.tidy import write_tidy as write_tidy
    from peereval.errors import IgnoredAnswersWarning as IgnoredAnswersWarning
    from peereval.errors import PeerevalError as PeerevalError
    from peereval.errors import ReverseKeyWarning as ReverseKeyWarning
    from peereval.errors import UnverifiedWarning as UnverifiedWarning
    from peereval.evidence.audits import audit as audit
    from peereval.evidence.conversions import convert_effects as convert_effects
    from peereval.evidence.effects import effect_size as effect_size
    from peereval.evidence.expected_rate import compare_with_expected_rate as compare_with_expected_rate
    from peereval.evidence.influence import leave_one_out as leave_one_out
    from peereval.evidence.pooling import pool as pool
    from peereval.evidence.printed_means import compare_printed_means as compare_printed_means
    from peereval.evidence.reconstruction import reconstruct_counts as reconstruct_counts
    from peereval.evidence.regional import regional_effects as regional_effects
    from peereval.evidence.risks import compare_risks as compare_risks
    from peereval.figures.persons import change_waterfall as change_waterfall
    from peereval.instruments.lookup import instrument as instrument
    from peereval.instruments.lookup import list_instruments as list_instruments
    from peereval.instruments.model import Instrument as Instrument
    from peereval.instruments.reliability import reliability as reliability
    from peereval.instruments.scoring import score as score
    from peereval.interviews.codebook import Codebook as Codebook
    from peereval.interviews.codebook import read_codebook as read_codebook
    from peereval.interviews.codebook import write_codebook as write_codebook
    from peereval.interviews.coders import agreement as agreement
    from peereval.interviews.codings import read_codings as read_codings
    from peereval.interviews.informants import informant_counts as informant_counts
    from peereval.interviews.new_themes import saturation as saturation
    from peereval.interviews.scores_beside import joint_display as joint_display
    from peereval.interviews.theme_pairs import co_occurrence as co_occurrence
    from peereval.interviews.themes import theme_matrix as theme_matrix
    from peereval.mixed_models.fit import mmrm as mmrm
    from peereval.mixed_models.marginal import gee as gee
    from peereval.mixed_models.model import MMRM as MMRM
    from peereval.programmes.funding import Funding as Funding
    from peereval.programmes.organisation import Answer as Answer
    from peereval.programmes.organisation import Partner as Partner
    from peereval.programmes.organisation import PeerModel as PeerModel
    from peereval.programmes.organisation import Round as Round
    from peereval.programmes.organisation import SickLeave as SickLeave
    from peereval.programmes.organisation import Supervision as Supervision
    from peereval.programmes.organisation import Training as Training
    from peereval.programmes.organisation import Turnover as Turnover
    from peereval.programmes.organisation import Unit as Unit
    from peereval.programmes.positions import Position as Position
    from peereval.programmes.programme import Programme as Programme
    from peereval.reports.reporting_checklists import checklist as checklist
    from peereval.results import Released as Released
    from peereval.results import Result as Result
    from peereval.rounds.change import reliable_change as reliable_change
    from peereval.rounds.compare import compare_rounds as compare_rounds
    from peereval.rounds.imputation import impute_rounds as impute_rounds
    from peereval.rounds.mcnemar_power import power_of_mcnemar as power_of_mcnemar
    from peereval.rounds.mmrm_power import power_of_mmrm as power_of_mmrm
    from peereval.rounds.norms import Norm as Norm
    from peereval.rounds.norms import ReliabilityStudy as ReliabilityStudy
    from peereval.rounds.persons import person_changes as person_changes
    from peereval.rounds.planning import power_of_two_rates as power_of_two_rates
    from peereval.rounds.planning import power_of_units as power_of_units
    from peereval.rounds.planning import precision_of_change as precision_of_change
    from peereval.rounds.posterior import probability_of_change as probability_of_change
    from peereval.rounds.tipping import tipping_point as tipping_point
    from peereval.rounds.weighting import balance_table as balance_table
    from peereval.series.control_charts import control_chart as control_chart
    from peereval.series.differences import difference_in_differences as difference_in_differences
    from peereval.series.interrupted import interrupted_series as interrupted_series
    from peereval.series.run_charts import run_chart as run_chart
    from peereval.series.trends import linear_trend as linear_trend
    from peereval.simulate.study import simulate_study as simulate_study
    from peereval.studies.checking import check_study as check_study
    from peereval.studies.differences import compare_releases as compare_releases
    from peereval.studies.evaluation import Evaluation as Evaluation
    from peereval.studies.prespecification import departures as departures
    from peereval.studies.study import Study as Study
    from peereval.studies.withdrawal import withdraw as withdraw
    from peereval.surveys.attrition import attrition as attrition
    from peereval.surveys.baseline import baseline_table as baseline_table
    from peereval.surveys.distribution import answer_distribution as answer_distribution
    from peereval.surveys.exports import read_sheet as read_sheet
    from peereval.surveys.linkage import link_rounds as link_rounds
    from peereval.surveys.local_items import score_local as score_local
    from peereval.surveys.mapping import SurveyMapping as SurveyMapping
    from peereval.surveys.match_rates import linkage_summary as linkage_summary
    from peereval.surveys.pseudonyms import pseudonymise as pseudonymise
    from peereval.surveys.questions import LocalItem as LocalItem
    from peereval.surveys.responses import read_survey as read_survey
    from peereval.surveys.storage import write_responses as write_responses
    from peereval.surveys.windows import PlannedRound as PlannedRound

    __version__: str = _version("peereval")
else:
    _EXPORTS = {
        "Answer": "peereval.programmes.organisation",
        "Codebook": "peereval.interviews.codebook",
        "Funding": "peereval.programmes.funding",
        "Partner": "peereval.programmes.organisation",
        "PeerModel": "peereval.programmes.organisation",
        "Position": "peereval.programmes.positions",
        "Programme": "peereval.programmes.programme",
        "Round": "peereval.programmes.organisation",
        "SickLeave": "peereval.programmes.organisation",
        "Supervision": "peereval.programmes.organisation",
        "Training": "peereval.programmes.organisation",
        "Turnover": "peereval.programmes.organisation",
        "Unit": "peereval.programmes.organisation",
        "Evaluation": "peereval.studies.evaluation",
        "IgnoredAnswersWarning": "peereval.errors",
        "Instrument": "peereval.instruments.model",
        "LocalItem": "peereval.surveys.questions",
        "MMRM": "peereval.mixed_models.model",
        "Norm": "peereval.rounds.norms",
        "PeerevalError": "peereval.errors",
        "PlannedRound": "peereval.surveys.windows",
        "Released": "peereval.results",
        "ReadmissionDefinition": "peereval.admissions.definition",
        "ReliabilityStudy": "peereval.rounds.norms",
        "Result": "peereval.results",
        "ReverseKeyWarning": "peereval.errors",
        "Study": "peereval.studies.study",
        "SurveyMapping": "peereval.surveys.mapping",
        "UnverifiedWarning": "peereval.errors",
        "agreement": "peereval.interviews.coders",
        "answer_distribution": "peereval.surveys.distribution",
        "attrition": "peereval.surveys.attrition",
        "audit": "peereval.evidence.audits",
        "balance_table": "peereval.rounds.weighting",
        "baseline_table": "peereval.surveys.baseline",
        "bed_days": "peereval.admissions.bed_days",
        "benefit_to_cost": "peereval.costs.returns",
        "bind_results": "peereval.binding",
        "break_even": "peereval.costs.returns",
        "budget_scenarios": "peereval.costs.budgets",
        "change_waterfall": "peereval.figures.persons",
        "check_study": "peereval.studies.checking",
        "checklist": "peereval.reports.reporting_checklists",
        "departures": "peereval.studies.prespecification",
        "cite": "peereval.citations.citing",
        "co_occurrence": "peereval.interviews.theme_pairs",
        "compare_curves": "peereval.admissions.curve_comparison",
        "compare_definitions": "peereval.admissions.comparison",
        "compare_printed_means": "peereval.evidence.printed_means",
        "compare_with_expected_rate": "peereval.evidence.expected_rate",
        "compare_risks": "peereval.evidence.risks",
        "compare_releases": "peereval.studies.differences",
        "compare_rounds": "peereval.rounds.compare",
        "control_chart": "peereval.series.control_charts",
        "convert_effects": "peereval.evidence.conversions",
        "cost_effectiveness": "peereval.costs.value_for_money",
        "cost_per_bed_day": "peereval.costs.value_for_money",
        "cost_per_readmission_avoided": "peereval.costs.value_for_money",
        "datasets": "peereval.datasets",
        "difference_in_differences": "peereval.series.differences",
        "effect_size": "peereval.evidence.effects",
        "episodes": "peereval.admissions.episodes",
        "event_rate": "peereval.admissions.events",
        "funnel_plot": "peereval.admissions.funnel",
        "gee": "peereval.mixed_models.marginal",
        "hazard_ratios": "peereval.admissions.hazards",
        "impute_rounds": "peereval.rounds.imputation",
        "informant_counts": "peereval.interviews.informants",
        "instrument": "peereval.instruments.lookup",
        "joint_display": "peereval.interviews.scores_beside",
        "leave_one_out": "peereval.evidence.influence",
        "length_of_stay": "peereval.admissions.stays",
        "interrupted_series": "peereval.series.interrupted",
        "linear_trend": "peereval.series.trends",
        "link_rounds": "peereval.surveys.linkage",
        "linkage_summary": "peereval.surveys.match_rates",
        "list_instruments": "peereval.instruments.lookup",
        "mirror_image": "peereval.admissions.mirror",
        "mmrm": "peereval.mixed_models.fit",
        "peer_reach": "peereval.admissions.reach",
        "person_changes": "peereval.rounds.persons",
        "pool": "peereval.evidence.pooling",
        "power_of_mcnemar": "peereval.rounds.mcnemar_power",
        "power_of_mmrm": "peereval.rounds.mmrm_power",
        "power_of_two_rates": "peereval.rounds.planning",
        "power_of_units": "peereval.rounds.planning",
        "precision_of_change": "peereval.rounds.planning",
        "probability_of_change": "peereval.rounds.posterior",
        "pseudonymise": "peereval.surveys.pseudonyms",
        "read_codebook": "peereval.interviews.codebook",
        "read_codings": "peereval.interviews.codings",
        "read_contacts": "peereval.admissions.contacts",
        "read_sheet": "peereval.surveys.exports",
        "read_released": "peereval.disclosure.storage",
        "read_tidy": "peereval.disclosure.tidy",
        "read_survey": "peereval.surveys.responses",
        "readmission_rate": "peereval.admissions.rates",
        "readmissions": "peereval.admissions.readmission",
        "reconstruct_counts": "peereval.evidence.reconstruction",
        "recurrent_readmissions": "peereval.admissions.recurrence",
        "regional_effects": "peereval.evidence.regional",
        "release": "peereval.disclosure.release",
        "reliability": "peereval.instruments.reliability",
        "reliable_change": "peereval.rounds.change",
        "restricted_mean": "peereval.admissions.time_lost",
        "run_chart": "peereval.series.run_charts",
        "saturation": "peereval.interviews.new_themes",
        "score": "peereval.instruments.scoring",
        "score_local": "peereval.surveys.local_items",
        "show_versions": "peereval.citations.installed",
        "simulate_study": "peereval.simulate.study",
        "standardised_rate": "peereval.admissions.standardisation",
        "summarise_contacts": "peereval.admissions.contact_summary",
        "theme_matrix": "peereval.interviews.themes",
        "time_to_readmission": "peereval.admissions.survival",
        "tipping_point": "peereval.rounds.tipping",
        "with_exposure": "peereval.admissions.exposure",
        "withdraw": "peereval.studies.withdrawal",
        "write_codebook": "peereval.interviews.codebook",
        "write_released": "peereval.disclosure.storage",
        "write_tidy": "peereval.disclosure.tidy",
        "write_responses": "peereval.surveys.storage",
    }

    def __getattr__(name):  # noqa: ANN001, ANN202 - checkers read the other branch
        from importlib import import_module

        if name == "__version__":
            from importlib.metadata import version

            value = version("peereval")
        elif name in _EXPORTS:
            module = import_module(_EXPORTS[name])
            value = module if _EXPORTS[name] == f"peereval.{name}" else getattr(module, name)
        else:
            msg = f"module 'peereval' has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = value
        return value

    def __dir__():  # noqa: ANN202 - checkers read the other branch
        # rooms and what this file needs would hide the names that are meant to be used
        return sorted({*(name for name in globals() if name.startswith("__")), *_EXPORTS, "__version__"})

    __all__ = sorted(_EXPORTS)  # noqa: PLE0605
