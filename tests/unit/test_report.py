"""The report: one file, nothing from outside, the same bytes for the same input, readable in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

import peereval as pe
from peereval.files import read_table, write_table
from peereval.reports.summary import sentences_of
from peereval.reports.tables import tables_of
from peereval.reports.wording import share_with_interval
from peereval.studies.folder import new_study

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def html(region_evaluation, tmp_path_factory):
    report = region_evaluation.report(tmp_path_factory.mktemp("report") / "report.html")
    return report.read_text(encoding="utf-8")


def test_nothing_comes_from_outside(html):
    assert "<script" not in html
    assert "<link" not in html
    assert "@import" not in html
    sources = re.findall(r"""(?:src|href|action|poster|data)\s*=\s*["']([^"']*)""", html) + re.findall(
        r"url\(([^)]*)\)", html
    )
    assert sources
    assert all(source.startswith(("data:image/svg+xml;base64,", "#")) for source in sources)


def test_figures_fetch_nothing_either(html):
    import base64

    figures = [base64.b64decode(code).decode() for code in re.findall(r"base64,([A-Za-z0-9+/=]+)", html)]
    assert len(figures) == 9
    for figure in figures:
        assert not re.search(r"""(?:href|src)\s*=\s*["']https?:""", figure)
        assert "synthetic data" in figure or "<!-- synthetic data -->" in figure


def test_made_up_data_say_so_at_the_top(html):
    assert html.index("Synthetic data: every row was made up") < html.index("In short")


def test_findings_methods_and_settings_are_there(html):
    for text in (
        "QPR-15 (primary outcome)",
        "Persons by the rounds they answered",
        "mixed model for repeated measures",
        "Contacts of a person that overlap",
        "Not verified at the source of dk-30",
        "Counts of 1 to 4 are withheld",
        "dk-30 1.0.1",
        "Wilson 1927",
    ):
        assert text in html, text


def test_what_was_left_out_is_marked_as_rounded_and_has_a_unit(html):
    left_out = re.findall(r"<li>(Left out: .*?)</li>", html)
    assert left_out
    for text in left_out:
        assert re.match(r"Left out: (≈\xa0\d+|&lt;5|0) [a-z]+", text), text
    assert any("stays (" in text for text in left_out)
    assert any("scores (" in text for text in left_out)


def test_the_footer_is_true_of_numbers_withheld_for_others(html):
    assert "numbers that are too small to release, and numbers that would give such a one away" in html


def test_a_withheld_point_of_a_curve_is_not_carried_forward(region_stays):
    [safe] = pe.release(pe.time_to_readmission(region_stays, by="unit"))
    [(_, cells)] = tables_of(safe)
    rows = safe.estimates.set_index(["group", "time"])
    for _, line in cells.iterrows():
        for day in (30, 90, 180, 360):
            row = rows.loc[(line["Group"], day)]
            assert line[f"{day} days"] == ("not shown" if row["withheld"] else share_with_interval(row))
    assert (cells == "not shown").any(axis=None)


def test_bound_results_are_told_source_by_source(region):
    found = pe.attrition(region.responses)
    [safe] = pe.release(pe.bind_results({"north": found, "south": found}))
    assert [caption.split(":")[0] for caption, _ in tables_of(safe)] == ["north", "north", "south", "south"]
    assert [sentence.split(":")[0] for sentence in sentences_of(safe)] == ["north", "south"]


@pytest.mark.parametrize("preset", ["region", "ward"])
def test_a_study_with_one_round_has_a_report_that_says_so(tmp_path, preset):
    study = new_study(tmp_path / preset, preset=preset, seed=1)
    text = study.read_text(encoding="utf-8")
    first, *later = re.findall(r'\[\[rounds\]\]\nid = "[^"]+"\nmonth = \d+\n', text)
    for each in later:
        text = text.replace(each, "")
    text = re.sub(r'(?m)^round = ".*"\n', "", text)
    study.write_text(text, encoding="utf-8")
    for name in ("responses", "invited"):
        file = study.parent / "data" / f"{name}.synthetic.parquet"
        frame = read_table(file)
        write_table(frame[frame["round"].astype(str) == first.split('"')[1]], file, origin="synthetic")
    html = pe.Study.from_toml(study).evaluate().report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "There is no second round with answers, so no change is given." in html
    assert "Mean scores with 95 % intervals" in html
    assert "Differences with 95 % intervals" not in html
    assert "Change at the last round" not in html


def test_verbs_are_no_stronger_than_the_design(html):
    assert "the arms differed in their change" in html
    assert "the effect (" not in html


def test_nothing_exact_leaves(region_evaluation, html):
    for results in region_evaluation.results.values():
        for result in results:
            fingerprint = result.settings.get("data", {}).get("fingerprint")
            assert fingerprint is None or fingerprint not in html
    assert "S00001" not in html


def test_the_same_input_gives_the_same_bytes(region_folder, html, tmp_path):
    folder = shutil.copytree(region_folder, tmp_path / "region")
    again = pe.Study.from_toml(folder / "study.toml").evaluate().report(tmp_path / "again.html")
    assert again.read_text(encoding="utf-8") == html


def test_names_from_data_are_escaped(tmp_path):
    study = new_study(tmp_path / "s", preset="region", seed=1)
    file = study.parent / "data" / "responses.synthetic.parquet"
    evil = "<script>alert(1)</script>"
    frame = read_table(file)
    write_table(frame.assign(arm=frame["arm"].replace("peer support", evil)), file, origin="synthetic")
    text = study.read_text(encoding="utf-8").replace("Recovery mentors", "<b>Recovery</b>")
    study.write_text(re.sub("(?m)^instruments = .+", 'instruments = ["qpr-15"]', text), encoding="utf-8")
    html = pe.Study.from_toml(study).evaluate().report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>" not in html
    assert "<b>Recovery" not in html
    assert "&lt;b&gt;Recovery" in html


def test_every_image_has_a_text_and_every_link_a_target(html):
    images = re.findall(r"<img [^>]*>", html)
    assert images
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in html


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1100], ids=["phone", "desk"])
def test_a_browser_shows_it(html, tmp_path, width):
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Debian's chromium is not installed")
    page = tmp_path / "report.html"
    page.write_text(html.replace("</body>", _PROBE + "</body>"), encoding="utf-8", newline="\n")
    shot = tmp_path / "shot.png"
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},2000",
    ]  # fmt: skip
    seen = subprocess.run(
        [*command, "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True, encoding="utf-8",
    ).stdout  # fmt: skip
    subprocess.run([*command, f"--screenshot={shot}", page.as_uri()], capture_output=True, timeout=120, check=True)
    told = re.search(r'data-seen="images (\d+) of (\d+), overflow (-?\d+)"', seen)
    assert told, "the page's own probe did not run"
    loaded, images, overflow = map(int, told.groups())
    assert loaded == images == 9
    assert overflow <= 0
    assert shot.stat().st_size > 10_000


_PROBE = """<script>
addEventListener("load", () => {
  const images = [...document.images], page = document.documentElement;
  document.body.dataset.seen = `images ${images.filter(i => i.complete && i.naturalWidth > 0).length} of ` +
    `${images.length}, overflow ${page.scrollWidth - page.clientWidth}`;
});
</script>"""
