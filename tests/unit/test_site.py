"""The documentation's reference: what it is made of covers everything, and its checks find what is wrong."""

from __future__ import annotations

import inspect
import sys
import tomllib

import pytest

import peereval as pe


@pytest.fixture(scope="module", autouse=True)
def _docs_folder():
    from pathlib import Path

    folder = str(Path(__file__).parents[2] / "docs")
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)


@pytest.fixture
def docs(root):
    return root / "docs"


def test_every_public_name_has_a_page_in_one_group(docs):
    from generators import names

    grouped = [name for group in names.read_groups(docs) for name in group["names"]]
    assert sorted(grouped) == names.public_names()
    assert set(pe.__all__) <= {name.partition(".")[0] for name in grouped}


def test_a_name_in_no_group_is_refused(docs, tmp_path):
    from generators import names

    (tmp_path / "reference").mkdir()
    text = (docs / "reference" / "groups.toml").read_text(encoding="utf-8").replace('"mmrm", ', "")
    (tmp_path / "reference" / "groups.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="every public name once: mmrm"):
        names.read_groups(tmp_path)


def test_every_function_is_found_by_a_word_and_every_word_leads_to_a_name(docs):
    from generators import names

    entries = names.read_words(docs)
    reached = {name for _, _, entry in entries for name in entry["names"]}
    assert reached <= set(names.public_names())
    functions = {name for name in names.public_names() if inspect.isfunction(names.found(name))}
    assert functions <= reached
    words = [word for _, word, _ in entries]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("cohen's d", "effect_size"),
        ("kaplan-meier", "time_to_readmission"),
        ("mixed model for repeated measures", "mmrm"),
        ("mcnemar", "compare_rounds"),
        ("intention to treat", "compare_rounds"),
        ("missing at random", "impute_rounds"),
        ("kenward-roger", "mmrm"),
        ("kappa", "agreement"),
        ("grim", "audit"),
        ("funnel plot", "funnel_plot"),
        ("bed days", "bed_days"),
        ("reliable change", "reliable_change"),
    ],
)
def test_the_word_of_a_methods_section_leads_to_the_function(docs, word, name):
    from generators import names

    assert any(word in words.lower() and name in entry["names"] for _, words, entry in names.read_words(docs))


def test_steps_with_words_are_those_with_a_title(docs):
    steps = tomllib.loads((docs / "reference" / "words.toml").read_text(encoding="utf-8"))
    assert set(steps) - {"step"} == set(steps["step"])


def test_a_page_of_a_name_has_its_words_and_its_neighbours(docs):
    from generators import names

    made = names.pages(docs)
    page = made["reference/names/hazard_ratios.md"]
    assert ".. autofunction:: peereval.hazard_ratios" in page
    assert '| Fine-Gray, subdistribution hazard | `method="fine-gray"` |' in page
    assert "{doc}`time_to_readmission </reference/names/time_to_readmission>`" in page
    study = made["reference/names/Study.md"]
    assert "from_toml, " in study
    assert "_repr_html_" not in study


def test_every_instrument_has_a_card_with_licence_and_marks(docs):
    from generators import instruments

    pages = instruments.pages(docs)
    listed = set(pe.list_instruments()["id"])
    assert {f"reference/instruments/{name}.md" for name in listed} == set(pages) - {"reference/instruments/index.md"}
    assert all("* - licence" in pages[f"reference/instruments/{name}.md"] for name in listed)
    for name in listed:
        marked = "Not verified at the source" in pages[f"reference/instruments/{name}.md"]
        assert marked == bool(pe.instrument(name).unverified)
    titles = [text.splitlines()[0] for text in pages.values()]
    assert len(set(titles)) == len(titles)


def test_other_pages_hold_what_the_code_knows(docs):
    from generators import definitions, disclosure, errors, glossary, schemas

    from peereval.contracts import CONTRACTS
    from peereval.disclosure.policy import treatment_of

    case = definitions.pages(docs)["reference/definitions/dk-30.md"]
    assert "| `acute_only` | yes |" in case
    assert "| a | 2020-03-05 14:00 | 2020-03-06 10:00 | yes | psychiatric |" in case
    policies = disclosure.pages(docs)["reference/disclosure.md"]
    assert all(f"`{measure}`" in policies for measure in treatment_of())
    assert "| {doc}`PE203 </reference/errors/PE203>` | A table lacks" in errors.pages(docs)["reference/errors/index.md"]
    made = schemas.pages(docs)
    assert all(f"## {contract.name}\n" in made["reference/tables.md"] for contract in CONTRACTS)
    assert "| `window_days` | The first and the last day after discharge" in made["reference/definition-file.md"]
    assert "| readmission | genindlæggelse | återinskrivning |" in glossary.pages(docs)["reference/glossary.md"]


def test_every_notebook_has_its_place_among_the_lessons(docs, root):
    lessons = tomllib.loads((docs / "learn" / "order.toml").read_text(encoding="utf-8"))["lesson"]
    placed = [lesson["notebook"] for lesson in lessons]
    assert sorted(placed) == sorted(path.stem for path in (root / "notebooks").glob("*.ipynb"))


def test_pages_that_are_no_longer_made_are_removed(docs, tmp_path, monkeypatch):
    import generators
    from generators import glossary

    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs" / "reference" / "old.md").write_text("old", encoding="utf-8")
    (tmp_path / "docs" / "reference" / "index.md").write_text("kept", encoding="utf-8")
    made = glossary.pages(docs)
    monkeypatch.setattr(glossary, "pages", lambda _: made)
    monkeypatch.setattr(generators, "_ROOMS", (glossary,))
    generators.everything(tmp_path / "docs")
    assert sorted(path.name for path in (tmp_path / "docs" / "reference").iterdir()) == ["glossary.md", "index.md"]


def test_signs_in_cells_stay_signs():
    from generators import markdown

    assert markdown.table(["a", "b", "c"], [("x|y", "", markdown.plain("<name> *")), ("z", None, "")]) == [
        "| a | c |",
        "| --- | --- |",
        r"| x\|y | \<name\> \* |",
        "| z |  |",
    ]
    assert markdown.table(["a"], []) == []


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text(
        '<h1 id="top-of-a">A</h1><a href="../b.html#here">b</a>', encoding="utf-8"
    )
    (tmp_path / "b.html").write_text(
        '<p id="here"><a href="a/#top-of-a">a</a> <a href="https://example.org">out</a> <a href="mailto:x@example.org">x</a>'
        '<script src="b.js?v=1"></script>',
        encoding="utf-8",
    )
    (tmp_path / "b.js").write_text("", encoding="utf-8")
    return tmp_path


def test_links_that_lead_somewhere_pass(site):
    from check_site import problems

    assert problems(site) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a class="x" href="a/none.html">', "a/none.html leads nowhere"),
        ('<a href="b.html#gone">', "b.html#gone leads nowhere"),
        ('<a href="#gone">', "#gone leads nowhere"),
        ('<img alt="" src="none.png">', "none.png leads nowhere"),
        ('<script async src="https://cdn.example.org/x.js">', "https://cdn.example.org/x.js is fetched from elsewhere"),
        ('<link rel="stylesheet" href="//cdn.example.org/x.css">', "//cdn.example.org/x.css is fetched from elsewhere"),
        (
            "<style>@import url(https://fonts.example.org/f)</style>",
            "https://fonts.example.org/f is fetched from elsewhere",
        ),
    ],
)
def test_a_link_that_leads_nowhere_or_elsewhere_is_told(site, html, said):
    from check_site import problems

    (site / "c.html").write_text(html, encoding="utf-8")
    assert problems(site) == [f"c.html: {said}"]


def test_a_formula_needs_no_script():
    pytest.importorskip("docutils", reason="comes with the documentation's dependencies")
    from types import SimpleNamespace

    import formulas
    from docutils import nodes

    writer = SimpleNamespace(body=[])
    with pytest.raises(nodes.SkipNode):
        formulas._inline(writer, nodes.math(text=r"I^2 = \frac{Q - df}{Q}"))
    assert writer.body[0].startswith("<math")
    assert "<mfrac>" in writer.body[0]


@pytest.mark.browser
def test_a_browser_finds_what_is_wider_than_a_phone(tmp_path):
    pytest.importorskip("fcntl", reason="Chromium is told what to open over a pipe of Unix")
    from chromium import Browser, browser_path
    from open_site import _faults

    path = browser_path()
    if path is None:
        pytest.skip("Debian's chromium is not installed")
    page = tmp_path / "wide.html"
    page.write_text('<meta name="viewport" content="width=device-width"><p style="width: 500px">wide', encoding="utf-8")
    with Browser(path) as browser:
        browser.open(page.as_uri(), width=1280)
        assert _faults(browser, None) == []
        browser.open(page.as_uri(), width=390)
        [said] = _faults(browser, None)
    assert said.endswith("pixels wider than the window")
