"""The report in Danish and Swedish: nothing is left in English, and numbers, days and figures follow the language."""

from __future__ import annotations

import ast
import html
import re
import tomllib
from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pytest
from babel.messages.pofile import read_po

import peereval as pe
from peereval.errors import UnknownNameError
from peereval.figures.language import say, speaking
from peereval.instruments.lookup import list_ids, scale_label
from peereval.reports import document
from peereval.reports.drawings import Drawing
from peereval.reports.languages import LANGUAGES, words
from peereval.reports.languages.patterns import PLACE, kind_of
from peereval.simulate.codes import CODE, simulate_codes
from peereval.studies import kernels
from peereval.studies.folder import new_study
from peereval.studies.sections import SECTIONS
from peereval.studies.withdrawal import Withdrawal

pytestmark = [
    pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning"),
    pytest.mark.filterwarnings("ignore::peereval.errors.UnusedColumnsWarning"),
]
OTHERS = [language for language in LANGUAGES if language != "en"]
LINKED = """
[study]
title = "T"
programme = "P"
design = "panel"
allocation = "observed"
reference_arm = "usual care"
[[rounds]]
id = "start"
month = 0
[[rounds]]
id = "one-year"
month = 12
[survey]
file = "a.csv"
instruments = ["who-5"]
items = {{ who-5 = "q{{item}}" }}
[survey.linking]
parts = {parts}
[items.local.met]
label = "Did you meet a peer?"
column = "met"
options = {{ 1 = "never", 2 = "seldom", 3 = "sometimes", 4 = "often", 5 = "always" }}
top_box = [4, 5]
"""


def linked_study(folder):
    """A study with questions of its own, whose answers are linked by a code."""
    given = simulate_codes(120, seed=3)
    person, rng = given["true_person"].astype(int).to_numpy(), np.random.default_rng(1)
    items = {f"q{item}": (person * item + rng.integers(0, 2, len(given))) % 6 for item in range(1, 6)}
    arm = np.where(person % 2, "usual care", "peer support")
    answers = given.drop(columns="true_person").assign(**items, met=rng.integers(1, 6, len(given)), arm=arm)
    folder.mkdir()
    answers.to_csv(folder / "a.csv", sep=";", index=False)
    (folder / "study.toml").write_text(LINKED.format(parts=list(CODE)), encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory, region_evaluation, mixed_methods_evaluation):
    """The example studies, evaluated."""
    folder = tmp_path_factory.mktemp("studies")
    files = [new_study(folder / "ward", preset="ward", seed=1), linked_study(folder / "linked")]
    others = {file.parent.name: pe.Study.from_toml(file).evaluate() for file in files}
    return {"region": region_evaluation, "mixed-methods": mixed_methods_evaluation, **others}


@pytest.fixture
def rendered(monkeypatch, tmp_path):
    """Write a report and give its HTML and the texts that found no translation; figures are drawn, not stored."""
    made = []

    def recorded(language):
        made.append(words(language))
        return made[-1]

    def drawn(drawing, speech):
        if speech.language == "da":
            with speaking(speech.sentence):
                drawing.finding.plot(**drawing.options)
            plt.close("all")
        return ""

    monkeypatch.setattr(document, "words", recorded)
    monkeypatch.setattr(Drawing, "address", drawn)

    def render(evaluation, language):
        page = evaluation.report(tmp_path / f"{language}.html", language=language).read_text(encoding="utf-8")
        return page, list(made[-1].untranslated)

    return render


def names_in(evaluation):
    """What the data and the study file call their rounds, arms, scales and questions: names that stay as they are."""
    plan, found = evaluation.study.plan, set()
    for result in (result for part in evaluation.released.values() for result in part):
        rows = result.estimates
        for column in ("group", "round", "label", "outcome", "scale"):
            found |= set(rows[column].dropna()) if column in rows else set()
    labels = {part for item in evaluation.study.local_items.values() for part in (item.label, *item.options.values())}
    given = {plan.study.title, plan.study.programme, *plan.survey.instruments, *labels}
    given |= {str(value) for value in ([] if plan.contacts is None else [plan.contacts.definition])}
    given |= set() if plan.governance is None else {str(value) for value in plan.governance.model_dump().values()}
    return sorted((found | given) - {"all"}, key=len, reverse=True)


@pytest.mark.parametrize("language", OTHERS)
def test_every_scale_of_the_catalogue_has_a_name(language):
    speech = words(language)
    labels = [scale_label(name, scale) for name in list_ids() for scale in pe.instrument(name).scales]
    said = [speech.sentence(label.replace("-", "\N{NON-BREAKING HYPHEN}")) for label in labels if " " in label]
    assert len(said) > 100
    assert speech.untranslated == {}


def left_of(text, names):
    """The words of a text that are neither names nor numbers."""
    rest = text.replace("\N{NON-BREAKING HYPHEN}", "-")
    for name in names:
        rest = rest.replace(name, " ")
    return re.findall(r"[^\W\d_]{2,}", rest)


@pytest.mark.parametrize("name", ["region", "mixed-methods", "ward", "linked"])
def test_nothing_that_a_report_says_is_left_in_english(evaluations, rendered, name):
    page, untranslated = rendered(evaluations[name], "da")
    names = names_in(evaluations[name])
    assert [text for text in untranslated if left_of(text, names)] == []
    assert '<html lang="da">' in page
    # but for thousands
    assert not re.search(r"\d\.(?!\d{3}\b)\d+ \(", page)


def texts_of(page):
    """The texts of a page, without references, settings (which are the program's own words) and files."""
    page = re.sub(r'<style.*?</style>|<dd lang="en">.*?</dd>|<code>.*?</code>', "", page, flags=re.DOTALL)
    nodes = (html.unescape(node).strip() for node in re.findall(r">([^<>]+)<", page))
    alts = (html.unescape(alt) for alt in re.findall(r'(?:alt|aria-label)="([^"]+)"', page))
    return {*nodes, *alts}


@pytest.mark.parametrize("name", ["region", "ward", "linked"])
def test_no_text_of_a_report_passes_by_the_catalogue(evaluations, rendered, name):
    evaluation = evaluations[name]
    pages = {language: texts_of(rendered(evaluation, language)[0]) for language in ("en", "sv")}
    references = {text for part in evaluation.released.values() for result in part for text in result.references}
    sources = {entry["source"] for entry in checklists()} | {entry["name"] for entry in checklists()}
    same = (pages["en"] & pages["sv"]) - references - sources
    alike = {
        "GEE",
        "Welch",
        "Status",
        "Region",
        "n",
        "Arm",
        "Data",
        "Definition",
        "Design",
        "Policy",
        "Register",
        "Version",
    }
    names = names_in(evaluation)
    assert sorted(text for text in same - alike if set(left_of(text, names)) - alike) == []


def checklists():
    from importlib.resources import files

    folder = files("peereval.reports") / "checklists"
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]


@pytest.fixture(scope="module")
def catalogues():
    from importlib.resources import files

    found = {}
    for language in OTHERS:
        with (files("peereval.reports.languages") / f"{language}.po").open("rb") as file:
            found[language] = read_po(file, locale=language, abort_invalid=True)
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_no_entry_is_empty_fuzzy_or_obsolete(catalogues, language):
    catalogue = catalogues[language]
    assert len(catalogue) > 300
    assert [message.id for message in catalogue if message.id and (not message.string or message.fuzzy)] == []
    assert not catalogue.obsolete


def test_the_catalogues_have_the_same_entries(catalogues):
    ids = {language: {message.id for message in catalogue} for language, catalogue in catalogues.items()}
    assert ids["da"] == ids["sv"]


@pytest.mark.parametrize("language", OTHERS)
def test_an_entry_and_its_translation_have_the_same_places(catalogues, language):
    for message in catalogues[language]:
        if not message.id:
            continue
        there, here = PLACE.findall(message.id), PLACE.findall(message.string)
        assert sorted(there) == sorted(here), message.id
        assert len(set(there)) == len(there), message.id
        assert {kind_of(place) for place in there} <= {"n", "name", "id", "code", "text", "words"}, message.id


@pytest.fixture(scope="module")
def sources(root_folder):
    """What the package says in English: every piece of text in its code, its tables of words and its templates."""
    found = []
    for file in (root_folder / "src" / "peereval").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        # what stands alone is documentation
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
        ]
    for ending in ("toml", "jinja"):
        found += [file.read_text(encoding="utf-8") for file in (root_folder / "src" / "peereval").rglob(f"*.{ending}")]
    # scales are called by their names in the catalogue
    found += [text.replace("_", " ") for text in found if "[scales." in text]
    return "|".join(" ".join(text.replace("\N{NO-BREAK SPACE}", " ").split()) for text in found)


def test_every_fixed_text_of_a_report_is_translated(catalogues, root_folder):
    """What stands as a literal in the templates and modules of reports, the headings, and why a section failed."""
    asked = [*kernels._KINDS.values()] + [heading for heading, _ in SECTIONS.values()]
    for ending in ("py", "jinja"):
        for file in (root_folder / "src" / "peereval" / "reports").glob(f"*.{ending}"):
            asked += re.findall(r'(?:say|speech)\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))
    assert len(asked) > 40
    assert [text for text in asked if catalogues["da"].get(text) is None] == []


@pytest.fixture(scope="module")
def root_folder(pytestconfig):
    return pytestconfig.rootpath


def test_every_entry_is_said_somewhere(catalogues, sources):
    unused = [message.id for message in catalogues["da"] if message.id and not said(message.id, sources)]
    assert "\n".join(unused) == ""


def said(entry, sources):
    """Whether the pieces of an entry between its places stand in the source, put together from five parts at most."""
    name = entry.lower().replace(" ", "_")
    first, _, rest = name.partition("_")
    if any(each in sources for each in (f"|{name}|", f"|{name.replace('_', '-')}|")) or (
        f"|{first}_|" in sources and f"|{rest}|" in sources
    ):
        # the heading of a column or measure, or the value of a setting
        return True
    if f'"{entry.replace(" ", "-")}"' in sources:
        # the id of a criterion
        return True
    pieces = (piece.strip(" .,;:()[]") for piece in PLACE.split(entry)[::2])
    return all(parts_of(piece.split(), sources) <= 5 for piece in pieces)


def parts_of(text, sources):
    """Of how many runs of words of the source a text consists; many, where one is a single word that is no part itself."""
    parts, rest = 0, text
    while rest:
        run = next((size for size in range(len(rest), 0, -1) if stands(" ".join(rest[:size]), sources)), 0)
        if run < min(2, len(text)) and f"|{rest[0].strip(',;:()')}|" not in sources:
            return 99
        parts, rest = parts + 1, rest[max(run, 1) :]
    return parts


def stands(run, sources):
    return any(each in sources for each in (run, run[:1].swapcase() + run[1:], run.strip(",;:()")))


def test_a_translation_writes_numbers_as_its_language_does(catalogues):
    for language, catalogue in catalogues.items():
        wrong = [message.id for message in catalogue if message.id and re.search(r"\d\.\d", str(message.string))]
        assert wrong == [], language


@pytest.mark.parametrize(
    ("language", "number", "interval", "day"),
    [
        ("en", "−1,234.5", "5.2 (1.1 to 9.3)", "31 December 2026"),
        ("da", "−1.234,5", "5,2 (1,1 til 9,3)", "31. december 2026"),
        ("sv", "−1\xa0234,5", "5,2 (1,1 till 9,3)", "31 december 2026"),
    ],
)
def test_numbers_and_days_by_language(language, number, interval, day):
    speech = words(language)
    assert speech.number(-1234.5, 1) == number
    assert speech.sentence("5.2 (1.1 to 9.3)") == interval
    assert speech.date(date(2026, 12, 31)) == day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("≈\xa01,200", "≈\xa01.200"),
        ("24\xa0%\xa0(20\xa0%\xa0to\xa029\xa0%)", "24\xa0%\xa0(20\xa0%\xa0til\xa029\xa0%)"),
        ("until 2020-12-31", "til 31. december 2020"),
        ("2018", "2018"),
        ("counts rounded; curves given at fixed days.", "antal afrundet; kurver angivet på faste dage."),
        ("WHO-5: mean scores with 95 % intervals.", "WHO-5: gennemsnitlige scorer med 95\xa0%-konfidensintervaller."),
        ("peer support\nn ≈ 1.5", "peer support\nn\xa0≈\xa01,5"),
        ("hollow: those\nwho answered", "hule: dem,\nder svarede"),
        ("a (month 0), b (month 6)", "a (måned 0), b (måned 6)"),
    ],
)
def test_built_texts_are_found_by_their_parts(text, said):
    danish = words("da")
    assert danish.sentence(text) == said
    assert danish.sentence(said) == said
    assert [each for each in danish.untranslated if each != "peer support"] == []


def test_what_has_no_translation_is_given_in_english_and_noted():
    danish = words("da")
    assert danish("Nobody said this") == danish.sentence("Nobody said this") == "Nobody said this"
    assert danish.sentence("Left out: 40 stays (nobody said why).") == "Udeladt: 40 indlæggelser (nobody said why)."
    assert list(danish.untranslated) == ["Nobody said this", "nobody said why"]
    assert not words("da").untranslated


def test_a_language_that_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="no texts in the language 'de'"):
        words("de")


def test_a_figure_speaks_the_language_and_leaves_nothing_behind(region_scores):
    compared = pe.compare_rounds(
        region_scores[region_scores["scale"] == "total_mean"],
        design="panel",
        reference_round="start",
        method="paired-t",
    )
    with speaking(words("da").sentence):
        panel = compared.plot(show="means")
    panel.figure.canvas.draw()
    assert panel.get_ylabel().startswith("Gennemsnitlig score, 95\xa0%-KI")
    assert all("," in label.get_text() for label in panel.get_yticklabels())
    english = compared.plot(show="means")
    english.figure.canvas.draw()
    assert english.get_ylabel().startswith("Mean score, 95 % interval")
    assert all("." in label.get_text() for label in english.get_yticklabels())
    assert say("Answers") == "Answers"


def test_a_figure_in_a_panel_of_the_caller_leaves_the_other_panels_alone(region):
    _, (mine, other) = plt.subplots(1, 2)
    other.set_title("Answers")
    with speaking(words("sv").sentence):
        pe.attrition(region.responses).plot(ax=mine)
    assert mine.get_ylabel() == "Svar"
    assert other.get_title() == "Answers"


def templates_of(tree):
    """What a module's errors say, the values at their places written as X1."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        given = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                given.setdefault(node.targets[0].id, []).append(node.value)
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if str(getattr(call.func, "id", "")).endswith("Error"):
                told = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "hint")]
                for each in told:
                    yield from given.get(each.id, []) if isinstance(each, ast.Name) else [each]


def written(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X1" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("room", ["files.py", "toml_keys.py", "contracts/*.py", "studies/*.py"])
def test_what_the_command_line_refuses_is_told_in_danish(root_folder, room):
    told = words("da", "command-line")
    texts = {
        written(node)
        for file in (root_folder / "src" / "peereval").glob(room)
        for node in templates_of(ast.parse(file.read_text(encoding="utf-8")))
    }
    # what is made of other texts only, such as that of a validator, is told by its parts
    whole = {text for text in texts if len(re.findall("[a-z]{2,}", text.replace("X1", ""))) > 1}
    assert len(whole) > 1
    for text in whole:
        told.sentence(text)
    assert list(told.untranslated) == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_command_lines_texts_keep_their_places(language):
    from importlib.resources import files

    with (files("peereval.reports.languages") / f"command-line.{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    assert len(catalogue) > 500
    for message in catalogue:
        assert not message.id or message.string, message.id
        assert sorted(PLACE.findall(message.id)) == sorted(PLACE.findall(message.string)), message.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("No instrument is called 'who-6'.", "Navnet 'who-6' kendes ikke (spørgeskema)."),
        ("Did you mean 'who-5'?", "Mente du 'who-5'?"),
        (
            "study.toml, line 5: the key 'langauge' in [report] is not known.",
            "study.toml, linje 5: nøglen 'langauge' i [report] kendes ikke.",
        ),
        ("4 figures moved, with 9 of their limits and counts; 1,200 numbers are the same, 0 are new, 1 are gone.",
         "4 tal har flyttet sig, med 9 af deres grænser og antal; 1.200 tal er de samme, 0 er nye, 1 er væk."),
    ],
)  # fmt: skip
def test_the_command_line_speaks_danish(text, said):
    assert words("da", "command-line").sentence(text) == said


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_withdrawal_tells_is_in_one_language(language):
    hand = ("no notebook of the present format, so what its cells had shown could not be cleared",
            "there is no column 'informant' that says whose a row is", "rows cannot be taken out of a .dta file here")  # fmt: skip
    found = Withdrawal(
        {"a.csv": 1, "b.csv": 2}, {f"{n}.csv": why for n, why in enumerate(hand)}, ("secure/a",), ("own.ipynb",)
    )
    english = found.text("en").splitlines()
    other = found.text(language).splitlines()
    assert len(english) == len(other) == 14
    assert [line for line in english if line and line in other] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_check_tells_of_a_whole_study_is_in_one_language(language, tmp_path, monkeypatch):
    made = words(language, "command-line")
    monkeypatch.setattr("peereval.studies.checking.words", lambda *_: made)
    file = new_study(tmp_path / language, seed=1, language=language)
    found = pe.check_study(file)
    plan = pe.Study.from_toml(file).plan
    names = [*(each.id for each in plan.rounds), plan.study.reference_arm, *plan.units.values()]
    assert found.ok
    found.text(language)
    told = {each.text for each in found.findings}
    assert len(told) > 15
    assert [text for text in made.untranslated if text in told and left_of(text, names)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_list_of_sections_is_in_one_language(language):
    told = words(language, "command-line")
    said = told.sentence(f"Computed: {', '.join(SECTIONS)}.").rstrip(".").split(": ")[1].split(", ")
    assert said == [told.sentence(name) for name in SECTIONS]
    assert list(told.untranslated) == []


def test_a_sentence_that_follows_is_no_part_of_the_one_before():
    danish = words("da")
    said = danish.sentence(
        "Missing scores were taken to be missing at random given arm, covariates and the person's other scores. Each study is left out in turn."
    )
    assert said.endswith(" Hvert studie udelades efter tur.")
    assert not danish.untranslated


def test_the_glossary_has_every_term_in_three_languages():
    from importlib.resources import files

    terms = tomllib.loads((files("peereval.reports.languages") / "glossary.toml").read_text(encoding="utf-8"))["terms"]
    assert all(set(term) == set(LANGUAGES) and all(term.values()) for term in terms)
    english = [term["en"] for term in terms]
    assert english == sorted(english, key=str.casefold)
    assert len(set(english)) == len(english)


def test_what_an_empty_panel_says_is_in_the_catalogues(root, catalogues):
    said = {
        part.value
        for file in (root / "src" / "peereval" / "figures").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "nothing"
        for part in ast.walk(node.args[0])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    assert len(said) > 10
    assert {text for text in said for language in OTHERS if text not in catalogues[language]} == set()
