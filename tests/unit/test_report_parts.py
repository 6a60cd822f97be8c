"""Parts of the report: the first page by group, tables of any kind, own words, appendix, and what axe-core finds."""

from __future__ import annotations

import html as entities
import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import peereval as pe
from peereval.figures import has_figure
from peereval.reports.any_table import any_table, main_numbers
from peereval.reports.background import Background, Chapter
from peereval.reports.document import write_report
from peereval.reports.drawings import drawings_of
from peereval.reports.groups import group_summaries
from peereval.reports.own_words import OwnWords
from peereval.reports.tables import tables_of

ASKED = {"title": "A region", "programme": "Peers on two wards."}


BROKEN = {"annual_cost": 7_000_000, "bed_day_price": 3_500, "currency": "DKK", "price_year": 2020}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def answered(region):
    """Who answered."""
    return tuple(pe.release(pe.attrition(region.responses, arm="arm")))


@pytest.fixture(scope="module")
def themes():
    """Themes of patients, staff and a group of another name."""
    codings = pd.DataFrame(
        [
            {"informant": f"{role}{number}", "role": role, "theme": theme, "kind": kind}
            for role, count in (("patient", 30), ("staff", 24), ("volunteers", 20))
            for number in range(count)
            for theme, kind, every in (
                ("hope", "benefit", 1),
                ("trust", "benefit", 2),
                ("unclear role", "challenge", 2),
            )
            if number % every == 0
        ]
    )
    asked = codings[["informant", "role"]].drop_duplicates().reset_index(drop=True)
    return pe.theme_matrix(codings, informants=asked), pe.informant_counts(asked.assign(n_informants=1))


def text_of(chapters, tmp_path, **asked):
    place = write_report(chapters, tmp_path / "r.html", **ASKED, **asked)
    return place.read_text(encoding="utf-8")


def test_the_first_page_tells_each_group_in_its_order(answered, themes):
    found = group_summaries([*pe.release(list(themes)), *answered])
    assert [summary.heading for summary in found] == ["Patients", "Staff", "Volunteers"]
    assert [summary.known for summary in found] == [True, True, False]
    patients = [plain(sentence) for sentence in found[0].sentences]
    # all spoke of hope, so it is withheld
    assert patients[:3] == [
        "Themes (benefit): trust (≈ 15 of ≈ 30).", "Themes (challenge): unclear role (≈ 15 of ≈ 30).",
        "≈ 30 informants were asked.",
    ]  # fmt: skip
    assert any("persons answered the round start" in sentence for sentence in patients)
    assert all(len(summary.sentences) <= 8 for summary in found)


def test_a_result_with_many_sentences_leaves_room_for_the_first_of_every_other(region):
    scores = pe.score(region.responses, ["who-5", "qpr-15", "ismi-29", "soc-13"], coding={"qpr-15": "0-4"})
    arms = {"arm": "arm", "reference_arm": "usual care", "allocation": "observed"}
    four = pe.release(pe.compare_rounds(scores, design="panel", primary=("qpr-15", "total"), **arms))
    [saved] = pe.release(pe.break_even(**BROKEN))
    others = [replace(saved, title=f"Saved {n}", settings={**saved.settings, "role": "patient"}) for n in range(6)]
    [summary] = group_summaries([*four, *others])
    named = [re.split(r"[:(]", plain(text))[0].strip() for text in summary.sentences]
    assert named == ["QPR-15", "WHO-5", *(each.title for each in others)]


def test_results_of_another_role_stand_under_it(answered):
    [found] = answered
    relatives = replace(found, settings={**found.settings, "role": "relative"})
    assert [summary.heading for summary in group_summaries([relatives])] == ["Relatives"]


def test_few_numbers_of_a_kind_without_a_sentence_are_told():
    [summary] = group_summaries(pe.release(pe.break_even(**BROKEN)))
    assert summary.heading == "Costs"
    assert summary.sentences == ("Bed days that must be saved a year: 2,000.",)


def test_money_is_told_with_its_currency():
    lines = pd.DataFrame(
        {
            "scenario": ["A", "A"],
            "line": ["pay", "rent"],
            "amount": [100.0, 20.0],
            "currency": "SEK",
            "price_year": 2020,
        }
    )
    [summary] = group_summaries(pe.release(pe.budget_scenarios(lines)))
    assert [plain(text) for text in summary.sentences] == ["Budget by scenario: pay: 100 SEK; rent: 20 SEK."]


def test_no_released_kind_is_without_a_table(themes, region):
    stays = pe.episodes(region.contacts, joining=4)
    results = [*themes, pe.length_of_stay(stays), pe.Programme(name="Peers").fidelity("nsph-2018")]
    for safe in pe.release(results):
        assert tables_of(safe), safe.kind
        assert has_figure(safe.kind)
        assert [drawing.caption for drawing in drawings_of(safe)] == [f"{safe.title}."]


def test_themes_stand_by_group_and_what_is_withheld_is_not_shown(themes):
    [(caption, cells)] = tables_of(pe.release(themes[0])[0])
    assert caption == "Informants who spoke of each theme, of those asked"
    assert [[plain(cell) for cell in row] for row in cells.iloc[:2].to_numpy().tolist()] == [
        ["hope", "benefit", "not shown", "not shown", "not shown", "not shown"],
        ["trust", "benefit", "≈ 15 of ≈ 30", "≈ 10 of ≈ 25", "≈ 10 of ≈ 20", "≈ 35 of ≈ 75"],
    ]
    report = pd.DataFrame(
        {"role": ["patient", "staff"], "theme": ["hope", "time"], "extent": ["most", None], "place": ["p. 1", "p. 2"]}
    )
    [(_, cells)] = tables_of(pe.release(pe.theme_matrix(report))[0])
    assert cells.to_numpy().tolist() == [
        ["hope", "reported (most)", "not reported"],
        ["time", "not reported", "reported"],
    ]


def test_rates_by_period_say_the_period_and_are_no_sentence(region_stays):
    [safe] = pe.release(pe.readmission_rate(region_stays, period="quarter"))
    [(_, cells)] = tables_of(safe)
    assert cells["Time"].tolist() == safe.estimates["time"].tolist()
    assert group_summaries([safe]) == []


def test_criteria_that_are_met_are_told_in_a_sentence_and_two_tables():
    positions = (pe.Position(count=2, date="2021", hours_week=20, full_time_hours=37, source="contract"),)
    [safe] = pe.release(pe.Programme(name="Peers", positions=positions).fidelity("nsph-2018"))
    [summary] = group_summaries([safe])
    assert summary.sentences == ("1 of 1 criteria that are known are met.",)
    [(_, shares), (_, each)] = tables_of(safe)
    assert shares.iloc[0].tolist()[:2] == ["all", "1 of 1"]
    assert (each["State"] == "met").sum() == 1


def test_a_withheld_row_shows_no_number_in_a_table_of_any_kind():
    rows = pd.DataFrame(
        {
            "group": ["a", "b"], "time": [30.0, 60.0], "measure": ["median", "mean"], "estimate": [12.5, None],
            "conf_low": [10.0, None], "conf_high": [14.5, None], "n": [40.0, None], "numerator": [None, None],
            "denominator": [40.0, None], "note": ["", ""], "withheld": [False, True],
        }
    )  # fmt: skip
    [(_, cells)] = any_table(rows, "Days")
    assert [[plain(cell) for cell in row] for row in cells.to_numpy().tolist()] == [
        ["a", "30", "Median", "12.5 (10.0 to 14.5)", "not shown of ≈ 40", "≈ 40"],
        ["b", "60", "Mean", "not shown", "", "not shown"],
    ]
    assert cells.columns.tolist() == ["Group", "Time", "Measure", "Value", "Count", "n"]
    assert any_table(rows.iloc[:0], "Days") == []


def test_what_no_policy_gives_out_takes_no_row_of_a_table():
    asked = pd.DataFrame({"role": ["patient", "staff"], "n_informants": [20, 30], "minutes": [30.0, 40.0]})
    [safe] = pe.release(pe.informant_counts(asked))
    assert safe.estimates["measure"].str.startswith("minutes_").sum() == 9
    [(_, cells)] = any_table(safe.estimates, "Asked")
    assert set(cells["Measure"]) == {"Informants asked", "Informants"}
    hidden = safe.estimates[safe.estimates["measure"].str.startswith("minutes_")]
    assert any_table(hidden, "Asked") == []


def test_themes_stand_beside_scores_in_words_and_a_figure_a_scale(mixed_methods_evaluation):
    display = next(each for each in mixed_methods_evaluation.released["interviews"] if each.kind == "joint-display")
    [(_, cells)] = tables_of(display)
    assert cells.columns.tolist() == ["Theme", "Kind", "Informants", "Scale", "Compared", "Points", "Together"]
    assert cells["Scale"].tolist() == ["QPR-15", "QPR-15", "ISMI-29", "ISMI-29"]
    assert cells["Compared"].iloc[0] == "peer support − usual care: half-year − start"
    assert [drawing.options["scale"] for drawing in drawings_of(display)] == ["qpr-15:total", "ismi-29:total_mean"]
    hidden = replace(display, estimates=display.estimates.assign(withheld=True))
    assert tables_of(hidden) == []
    assert drawings_of(hidden) == []


def test_names_of_columns_are_read_as_words():
    rows = pd.DataFrame(
        {"outcome": ["bed_days", "recruited_by"], "measure": "informants", "estimate": 0.5, "withheld": False}
    )
    [(_, cells)] = any_table(rows, "Table")
    assert cells["Outcome"].tolist() == ["bed days", "recruited by"]
    # but a ward is called what its data call it
    [(_, cells)] = any_table(rows.assign(group=["ward_1", "ward_2"]), "Table")
    assert cells["Group"].tolist() == ["ward_1", "ward_2"]


def test_main_numbers_are_those_of_the_first_measure():
    rows = pd.DataFrame(
        {"round": ["start", "end", "end"], "measure": ["mean", "mean", "change"], "estimate": [1.0, 2.0, 1.0],
         "withheld": [False, True, False]}
    )  # fmt: skip
    assert main_numbers(rows) == ["start: 1", "end: not shown"]
    assert main_numbers(rows.iloc[:0]) == []


def test_own_words_are_merged_in_and_named_where_they_are_in_another_language(answered, tmp_path):
    texts = {
        "participation": OwnWords("Few came in March. <script>alert(1)</script>", "en", other_language=True),
        "recommendations": OwnWords("- Gå videre", "da"),
        "reservations": OwnWords("Et lille afsnit.", "da"),
    }
    page = text_of([Chapter("Who answered", answered, section="participation")], tmp_path, language="da", background=Background(texts=texts))  # fmt: skip
    assert '<div class="own" lang="en">\n<p>Few came in March. &lt;script&gt;' in page
    assert "<li>Gå videre</li>" in page
    assert "Et lille afsnit." in page
    assert "<script" not in page


def test_the_appendix_tells_governance_departures_files_and_missing_items(answered, tmp_path):
    about = Background(
        facts={"survey": "who-5"},
        governance={"purpose": "research", "legal_basis": "consent <1>", "deletion_date": "2030-12-31"},
        departures=("Since the data were first read, on 2026-01-02: plan.primary was a, and is b.",),
        files={"survey.file": "0123abcd"},
        subtitle="First year", authors=("A. Author",),
    )  # fmt: skip
    page = text_of([Chapter("Who answered", answered)], tmp_path, background=about)
    for text in ("consent &lt;1&gt;", "31 December 2030", "plan.primary was a, and is b", "<code>0123abcd</code>", "First year", "A. Author", "TREND", "TIDieR"):  # fmt: skip
        assert text in page, text
    assert re.search(r'<tr class="missing"><th scope="row">9</th><td>Blinding</td><td class="state">missing</td>', page)
    assert page.count("have not been compared with the statement.") == page.count("<caption>")


def test_settings_are_read_as_words(answered, tmp_path):
    [found] = answered
    said = {
        "linked": True, "unit": None, "covariates": [], "scales": ["who-5", "qpr-15"], "roles": {"a": "primary", "b": "secondary", "c": "secondary"},
        "options": {1: "Never", 2: "Often"}, "inner": {"arm": "arm", "yes": [1, 2], "versions": {"numpy": "2"}},
    }  # fmt: skip
    page = text_of([Chapter("Who answered", (replace(found, settings=said),))], tmp_path)
    rows = dict(re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page))
    assert rows["Linked"] == "yes"
    assert "Unit" not in rows
    assert rows["Covariates"] == "none"
    assert rows["Scales"] == "who-5, qpr-15"
    assert rows["Roles"] == "primary: a; secondary: b, c"
    assert rows["Options"] == "1: Never; 2: Often"
    assert rows["Inner"] == "arm: arm; yes: (1, 2)"


def test_a_figure_that_is_higher_than_wide_may_take_a_page_on_paper(answered, tmp_path):
    high = pe.release(pe.Programme(name="Peers").fidelity("nsph-2018"))
    page = text_of([Chapter("Who answered", answered), Chapter("The programme", tuple(high))], tmp_path)
    assert re.findall(r"<figure[^>]*>", page) == ['<figure class="wide">', '<figure class="wide" data-tall>']
    assert "figure[data-tall] img { max-height" in page


@pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
def test_published_figures_have_a_report_too(tmp_path):
    found = pe.release(pe.datasets.load("core-2018").reproduce(), policy="already-published")
    page = text_of([Chapter("Published beside reproduced", tuple(found))], tmp_path)
    assert "The numbers stand in the chapters of the report." in page
    assert page.count("<figure") == 1
    [(_, cells)] = tables_of(found[0])
    assert len(cells) == len(found[0].estimates)


def test_a_section_that_failed_is_named_and_the_others_stay(answered, tmp_path):
    page = text_of([Chapter("Costs", (), failure="PE403: CellError"), Chapter("Who answered", answered)], tmp_path)
    assert "This section could not be computed. PE403: CellError" in page
    assert "Answers per round" in page


def test_headings_leave_no_rank_out(answered, tmp_path):
    texts = {"participation": OwnWords("#### Deep\n\n# Top", "en")}
    page = text_of([Chapter("Who answered", answered, section="participation")], tmp_path, background=Background(texts=texts))  # fmt: skip
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])", page)]
    assert ranks[0] == 1
    assert ranks.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(ranks))


def axe_script():
    """axe-core as npm installs it for everybody."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    root = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=False).stdout.strip()
    place = Path(root) / "axe-core" / "axe.min.js"
    return place if place.is_file() else None


@pytest.mark.browser
def test_axe_finds_nothing(answered, region_stays, themes, tmp_path):
    browser, script = shutil.which("chromium"), axe_script()
    if browser is None or script is None:
        pytest.skip("needs Debian's chromium and axe-core (npm install --global axe-core)")
    stays = tuple(pe.release(pe.readmission_rate(region_stays, by="unit")))
    chapters = [
        Chapter("Who answered", answered),
        Chapter("Hospital stays", stays),
        Chapter("Interviews", tuple(pe.release(list(themes)))),
    ]
    about = Background(facts={"survey": "who-5", "contacts": "x"}, texts={"summary": OwnWords("# One\n\nText.", "en", other_language=True)})  # fmt: skip
    page = text_of(chapters, tmp_path, language="da", background=about)
    axe = script.read_text(encoding="utf-8").replace("</script", "<\\/script")
    probe = f"<script>{axe}</script><script>{_PROBE}</script></body>"
    (tmp_path / "r.html").write_text(page.replace("</body>", probe), encoding="utf-8", newline="\n")
    seen = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,2000", "--virtual-time-budget=20000",
            "--dump-dom", (tmp_path / "r.html").as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True, encoding="utf-8",
    ).stdout  # fmt: skip
    told = re.search(r'data-axe="([^"]*)"', seen)
    assert told, "axe-core did not run"
    found = json.loads(entities.unescape(told[1]))
    assert found["passes"] > 15
    assert found["violations"] == []


_PROBE = """addEventListener("load", () => axe.run(document).then(found => {
  document.body.dataset.axe = JSON.stringify({
    passes: found.passes.length,
    violations: found.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`),
  });
}));"""
