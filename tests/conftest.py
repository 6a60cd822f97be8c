"""What many tests need: made-up studies, small tables written as text, the numbers of other engines."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import sys
import warnings
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

import peereval as pe
from peereval.reports.languages import words
from peereval.studies.kernels import without_module

# a grammar of internet addresses that jsonschema compiles as it is loaded: seconds for what notebooks do not hold
with without_module("rfc3987_syntax"):
    import nbformat  # noqa: F401 - for the tests that read notebooks

mpl.use("Agg")
# make test-all asks for more examples
EXAMPLES = int(os.environ.get("PEEREVAL_EXAMPLES", "15"))
settings.register_profile("tests", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
ROOT = Path(__file__).parents[1]

# scripts: what writes the fixtures (test_catalogue.py runs it), and what has its own packages or works when it is imported
collect_ignore = ["spec/make_instrument_fixtures.py", "lowest_versions.py", "packages_smoke.py", "mutation"]


_HEARD: set[str] = set()
"""What the results of the running test say."""
_DANISH = words("da")


class Listener:
    """Listens to what the results of the package say: a text that stays in English fails the test that made it.

    A plugin rather than a hook of this file, whose hooks do not see the docstrings' examples in src.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item):
        done = yield
        said = sorted(_HEARD)
        _HEARD.clear()
        if not {"property", "spec", "unit"} & set(item.path.parts) and (left := left_in_english(said)):
            pytest.fail("Not in the catalogues of reports/languages:\n" + "\n".join(left), pytrace=False)
        return done


def pytest_configure(config):
    config.pluginmanager.register(Listener())
    made = pe.Result.__post_init__

    def heard(result):
        made(result)
        # who called the initialiser that called this; what binds results says what those of a test say
        caller = Path(sys._getframe(2).f_code.co_filename).as_posix()
        if "/src/peereval/" in caller and not caller.endswith(("/results.py", "/binding.py")):
            texts = (result.title, result.method, result.estimand, *result.assumptions, *result.sensitivity)
            _HEARD.update(text for text in texts if isinstance(text, str))

    pe.Result.__post_init__ = heard


def pytest_collection_finish():
    # what collection has loaded stays: the collector of garbage need not walk over it before and in every test
    gc.collect()
    gc.freeze()


def left_in_english(texts):
    """Those of some texts, or their parts, that have no Danish; the Swedish catalogue has the same entries."""
    _DANISH.untranslated.clear()
    for text in texts:
        _DANISH.sentence(text)
    return list(_DANISH.untranslated)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def region():
    """A made-up region with two arms, linked rounds and contacts."""
    return pe.simulate_study("region", seed=2026)


@pytest.fixture(scope="session")
def region_folder(tmp_path_factory):
    """A study folder with the made-up region; tests that change it take a copy."""
    from peereval.studies.folder import new_study

    return new_study(tmp_path_factory.mktemp("made") / "region", preset="region", seed=1).parent


@pytest.fixture(scope="session")
def region_evaluation(region_folder, tmp_path_factory):
    """The study of `region_folder`, evaluated in a copy: a report writes the record of the plan beside it."""
    folder = shutil.copytree(region_folder, tmp_path_factory.mktemp("evaluated") / "region")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pe.UnverifiedWarning)
        return pe.Study.from_toml(folder / "study.toml").evaluate()


@pytest.fixture(scope="session")
def mixed_methods_evaluation(tmp_path_factory):
    """The made-up study with all sections, evaluated."""
    from peereval.studies.folder import new_study

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pe.UnverifiedWarning)
        return pe.Study.from_toml(new_study(tmp_path_factory.mktemp("mixed") / "study", seed=1)).evaluate()


@pytest.fixture(scope="session")
def ledger_of():
    """The ledger of a published study by its name, made once."""

    @cache
    def made(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pe.UnverifiedWarning)
            return pe.datasets.load(name).reproduce()

    return made


@pytest.fixture(scope="session")
def ward():
    """A made-up ward with anonymous rounds."""
    return pe.simulate_study("ward", seed=2026)


@pytest.fixture(scope="session")
def region_scores(region):
    """The region's scores."""
    return pe.score(region.responses, ["who-5", "qpr-15", "ismi-29", "soc-13"], coding={"qpr-15": "0-4"})


@pytest.fixture(scope="session")
def round_scores():
    """Two scales at three rounds: 130 persons with peer support, 30 with usual care; some skip a round or leave."""
    rng = np.random.default_rng(7)
    n, order = 160, ["start", "half", "year"]
    persons = pd.DataFrame({"person": [f"p{place:03d}" for place in range(n)], "arm": ["peer"] * 130 + ["usual"] * 30})
    level, parts = rng.normal(50, 12, n), []
    for scale in ("mood", "sleep"):
        for place, name in enumerate(order):
            values = (level + 3 * place * (persons["arm"] == "peer") + rng.normal(0, 8, n)).round()
            skipped = {"start": 0, "half": np.arange(n) % 7 == 3, "year": np.arange(n) % 5 == 1}[name]
            parts.append(persons.assign(round=name, scale=scale, score=np.where(skipped, np.nan, values)))
    frame = pd.concat(parts, ignore_index=True).dropna(subset="score")
    frame = frame.assign(instrument="own", instrument_version="1", n_answered=1, n_items=1, reason=None)
    texts = ["person", "arm", "instrument", "instrument_version", "scale", "reason"]
    rounds = pd.Categorical(frame["round"], order, ordered=True)
    return frame.astype(dict.fromkeys(texts, "string")).assign(round=rounds)


@pytest.fixture(scope="session")
def region_stays(region):
    """The region's index stays by the Danish rule."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pe.UnverifiedWarning)
        return pe.readmissions(region.contacts, definition="dk-30")


@pytest.fixture
def table():
    """Read a small table that is written as text: columns divided by |, empty cells missing."""
    return _table


def _table(text: str) -> pd.DataFrame:
    lines = [line.strip().strip("|") for line in text.strip().splitlines() if not set(line.strip()) <= set("|-+ ")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    frame = pd.read_csv(io.StringIO("\n".join(",".join(row) for row in cells)), dtype="string")
    return frame.apply(_typed)


def _typed(column: pd.Series) -> pd.Series:
    filled = column.dropna()
    if len(filled) and filled.isin(["yes", "no"]).all():
        return column.map({"yes": True, "no": False}).astype("boolean")
    if len(filled) and filled.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d").all():
        return pd.to_datetime(column).astype("datetime64[us]")
    if len(filled) and filled.str.fullmatch(r"-?\d+(\.\d+)?").all():
        return pd.to_numeric(column)
    return column


@pytest.fixture
def as_text():
    """Write the cells of a frame as the small tables do: yes and no for flags, nothing for missing."""

    def written(frame: pd.DataFrame) -> list[dict[str, str]]:
        return [{name: _cell(value) for name, value in row.items()} for row in frame.to_dict("records")]

    return written


def _cell(value: object) -> str:
    if pd.isna(value):
        return ""
    return {"True": "yes", "False": "no"}.get(str(value), str(value))


@pytest.fixture(scope="session")
def r_numbers():
    """What R gives on the data in tests/oracles (see make.R there)."""
    return json.loads((ROOT / "tests/oracles/numbers.json").read_text(encoding="utf-8"))


@pytest.fixture
def in_clean_process():
    """Run Python code in a process of its own and give what it prints."""
    import subprocess
    import sys

    def run(code: str, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, **environment},
        )
        return done.stdout

    return run
