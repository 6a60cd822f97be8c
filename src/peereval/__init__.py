"""Evaluate mental-health peer support: from raw exports to a report that may leave the building.

Every name is loaded when it is first used, so ``import peereval as pe`` costs next to nothing.

Examples
--------
>>> import peereval as pe
>>> pe.instrument("who-5").name
'WHO-5 Well-Being Index'
"""

from __future__ import annotations

# checkers take this name for true; importing it from typing would cost more than everything else here
TYPE_CHECKING = False

if TYPE_CHECKING:
    from importlib.metadata import version as _version

    from peereval import datasets as datasets
    from peereval.admissions.contacts import read_contacts as read_contacts
    from peereval.admissions.episodes import episodes as episodes
    from peereval.admissions.rates import readmission_rate as readmission_rate
    from peereval.admissions.readmission import readmissions as readmissions
    from peereval.admissions.survival import time_to_readmission as time_to_readmission
    from peereval.disclosure.release import release as release
    from peereval.errors import IgnoredAnswersWarning as IgnoredAnswersWarning
    from peereval.errors import PeerevalError as PeerevalError
    from peereval.errors import ReverseKeyWarning as ReverseKeyWarning
    from peereval.errors import UnverifiedWarning as UnverifiedWarning
    from peereval.evidence.effects import effect_size as effect_size
    from peereval.evidence.risks import compare_risks as compare_risks
    from peereval.instruments.lookup import instrument as instrument
    from peereval.instruments.lookup import list_instruments as list_instruments
    from peereval.instruments.model import Instrument as Instrument
    from peereval.instruments.reliability import reliability as reliability
    from peereval.instruments.scoring import score as score
    from peereval.results import Released as Released
    from peereval.results import Result as Result
    from peereval.results import bind_results as bind_results
    from peereval.rounds.compare import compare_rounds as compare_rounds
    from peereval.simulate.study import simulate_study as simulate_study
    from peereval.studies.evaluation import Evaluation as Evaluation
    from peereval.studies.study import Study as Study
    from peereval.surveys.attrition import attrition as attrition
    from peereval.surveys.exports import read_survey as read_survey

    __version__: str = _version("peereval")
else:
    _EXPORTS = {
        "Evaluation": "peereval.studies.evaluation",
        "IgnoredAnswersWarning": "peereval.errors",
        "Instrument": "peereval.instruments.model",
        "PeerevalError": "peereval.errors",
        "Released": "peereval.results",
        "Result": "peereval.results",
        "ReverseKeyWarning": "peereval.errors",
        "Study": "peereval.studies.study",
        "UnverifiedWarning": "peereval.errors",
        "attrition": "peereval.surveys.attrition",
        "bind_results": "peereval.results",
        "compare_risks": "peereval.evidence.risks",
        "compare_rounds": "peereval.rounds.compare",
        "datasets": "peereval.datasets",
        "effect_size": "peereval.evidence.effects",
        "episodes": "peereval.admissions.episodes",
        "instrument": "peereval.instruments.lookup",
        "list_instruments": "peereval.instruments.lookup",
        "read_contacts": "peereval.admissions.contacts",
        "read_survey": "peereval.surveys.exports",
        "readmission_rate": "peereval.admissions.rates",
        "readmissions": "peereval.admissions.readmission",
        "release": "peereval.disclosure.release",
        "reliability": "peereval.instruments.reliability",
        "score": "peereval.instruments.scoring",
        "simulate_study": "peereval.simulate.study",
        "time_to_readmission": "peereval.admissions.survival",
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
        return sorted({*globals(), *_EXPORTS, "__version__"})

    __all__ = sorted(_EXPORTS)  # noqa: PLE0605
