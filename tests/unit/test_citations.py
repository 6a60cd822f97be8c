"""References of results: what they rest on, whether every source is known, and whether BibTeX can read them."""

from __future__ import annotations

import ast
import re
import tomllib
from fnmatch import fnmatchcase

import pandas as pd
import pytest
import yaml

import peereval as pe
from peereval.citations.citing import _by_text, _library
from peereval.errors import UnsupportedInputError
from peereval.files import definitions

KEYS = {"reference", "references", "source", "sources"}
# sources of instruments' keys, policies and checklists are printed with these, and are no references of a method
ELSEWHERE = {"catalogue", "checklists", "languages", "policies", "registers", "studies"}


@pytest.fixture(scope="module")
def library():
    return _library()


def result(**parts):
    given = {"kind": "rates", "title": "x", "method": "Counted.", "claim": "description"}
    return pe.Result(**{**given, "estimates": pd.DataFrame({"estimate": [0.5]}), **parts})


def cited(*results):
    return {one.id for one in pe.cite(*results).references} - {"peereval"}


def parsed(bibtex):
    """A small reader of BibTeX: type, key and fields of each entry; braces must balance."""
    entries, place = {}, 0
    while (at := bibtex.find("@", place)) >= 0:
        kind, key = re.match(r"@(\w+)\{([\w-]+),", bibtex[at:]).groups()
        place = bibtex.index(",", at) + 1
        fields = {}
        while (found := re.compile(r"\s*(\w+) = \{").match(bibtex, place)) is not None:
            start = place = found.end()
            depth = 1
            while depth:
                depth += {"{": 1, "}": -1}.get(bibtex[place], 0)
                place += 1
            fields[found[1]] = bibtex[start : place - 1]
            assert bibtex[place] == ","
            place += 1
        assert bibtex[place : place + 2] == "\n}"
        assert key not in entries
        entries[key] = {"type": kind, **fields}
    return entries


def named_in_code(tree):
    """Texts that a module gives as references: keyword arguments, and names that say so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "references":
            yield from texts(node.value)
        if isinstance(node, ast.Assign) and re.search(
            "REFERENCES|_WILSON|_SHEWHART|_LANEY", ast.unparse(node.targets[0])
        ):
            yield from texts(node.value)


def texts(node):
    found = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {text for text in found if re.search(r"\b(19|20)\d\d\b", text)}


def named_in_toml(content):
    for key, value in content.items():
        if key in KEYS:
            yield from [value] if isinstance(value, str) else value
        elif isinstance(value, dict):
            yield from named_in_toml(value)


def test_every_source_that_the_code_names_is_known(root, library):
    package = root / "src/peereval"
    named = {
        text for path in package.rglob("*.py")
        if "REFERENCES" in (code := path.read_text(encoding="utf-8")) or "references=" in code
        for text in named_in_code(ast.parse(code))
    } | {
        text for path in package.rglob("*.toml") if not ELSEWHERE & set(path.parts) and path.name != "references.toml"
        for text in named_in_toml(tomllib.loads(path.read_text(encoding="utf-8")))
    }  # fmt: skip
    assert len(named) > 100
    known = {*_by_text(), *library["no_reference"]}
    assert {text for text in named if text.replace(" and ", " & ") not in known} == set()


def test_every_rule_kind_definition_and_instrument_is_cited_or_said_to_need_no_reference(root, library):
    rules = re.findall(r"^(R\d+)$", (root / "docs/design/rules.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rules) == set(library["rules"])
    assert set(definitions("peereval.admissions", "definitions")) == set(library["definitions"])
    uncited = [
        name for name in definitions("peereval.instruments", "catalogue")
        if not any(fnmatchcase(name, pattern) for pattern in library["instruments"])
    ]  # fmt: skip
    assert uncited == []
    kinds = {}
    codes = (path.read_text(encoding="utf-8") for path in (root / "src/peereval").rglob("*.py"))
    for code in (code for code in codes if "Result(" in code):
        for call in ast.walk(ast.parse(code)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Result":
                given = {each.arg: each.value for each in call.keywords}
                if isinstance(given.get("kind"), ast.Constant):
                    # with ** the words of a method come from its file, references among them
                    has = "references" in given and ast.unparse(given["references"]) != "()"
                    kinds.setdefault(given["kind"].value, []).append(has or None in given)
    assert len(kinds) > 40
    without = {kind for kind, has in kinds.items() if not all(has)}
    assert without <= set(library["kinds"]), "give the result references, or say in references.toml that it needs none"


def test_every_reference_of_the_list_is_used_and_every_use_is_in_the_list(root, library):
    tables = ("rules", "sentences", "measures", "kinds", "definitions", "instruments")
    used = {name for table in tables for names in library[table].values() for name in names}
    assert used <= set(library["reference"])
    code = "\n".join(
        path.read_text(encoding="utf-8").replace(" and ", " & ") for path in (root / "src/peereval").rglob("*.[pt]*")
        if path.suffix in {".py", ".toml"} and path.name != "references.toml"
    )  # fmt: skip
    named = {one.id for text, known in _by_text().items() if text in code for one in known}
    assert set(library["reference"]) - used - named == set()


def test_the_list_says_what_bibtex_demands(library):
    demanded = {
        "article": {"author", "journal", "year"}, "book": {"author", "title", "year"}, "techreport": {"institution"},
        "incollection": {"booktitle", "publisher"}, "inproceedings": {"booktitle"}, "misc": {"title"},
    }  # fmt: skip
    entries = parsed("\n\n".join(one.bibtex for one in library["reference"].values()))
    assert set(entries) == set(library["reference"])
    for key, fields in entries.items():
        assert demanded[fields["type"]] <= set(fields), key
        assert (fields.get("annotation") == "not verified") is (not library["reference"][key].verified), key
        assert not re.search(r"(?<!\\)[&%#]", " ".join(value for name, value in fields.items() if name != "url")), key
        assert re.fullmatch(r"10\.\d{4,}/\S+", fields.get("doi", "10.1000/x")), key
    assert entries["kenward-1997"] == {
        "type": "article", "author": "Kenward, M. G. and Roger, J. H.", "year": "1997", "journal": "Biometrics",
        "title": "{Small sample inference for fixed effects from restricted maximum likelihood}", "volume": "53",
        "number": "3", "pages": "983--997", "doi": "10.2307/2533558",
    }  # fmt: skip


def test_a_result_is_cited_by_its_references_rules_words_measures_definition_and_instruments():
    found = cited(
        result(
            references=("Holm 1979, Scandinavian Journal of Statistics 6:65", "Kish 1965, Survey Sampling"),
            method="The arms share one mean (constrained longitudinal analysis), with CR2 (rule R11).",
            estimates=pd.DataFrame({"measure": ["overlapping_change"], "outcome": ["qpr-15:total"], "estimate": [1.0]}),
            settings={"instrument": "phq-9", "definition": "dk-30 1.0.1"},
        )
    )
    assert found == {
        "holm-1979", "kish-1965", "liang-2000", "bell-2002", "pustejovsky-2018", "schuirmann-1987", "derrick-2017",
        "neil-2009", "williams-2015-qpr", "kroenke-2001", "esundhed",
    }  # fmt: skip


def test_one_text_may_name_two_references():
    text = "Kenward and Roger 1997, doi:10.2307/2533558; 2009, doi:10.1016/j.csda.2008.12.013"
    assert cited(result(references=(text,))) == {"kenward-1997", "kenward-2009"}


def test_bound_results_are_cited_by_the_settings_of_each():
    both = pe.bind_results(
        {"north": result(settings={"instrument": "who-5"}), "south": result(settings={"instrument": "gad-7"})}
    )
    assert cited(both) == {"topp-2015", "spitzer-2006"}


def test_what_no_list_knows_is_given_in_the_words_of_the_result_and_what_is_none_is_left_out():
    none = "OECD: the source was not found; the rule is written from memory"
    found = pe.cite(result(references=("Own manual, 2nd edition", none)))
    assert found.text.splitlines()[1:] == ["Own manual, 2nd edition. (as the result names it)."]
    (own,) = (fields for key, fields in parsed(found.bibtex).items() if key.startswith("named-own-manual-2nd-edition"))
    assert own["title"] == "{Own manual, 2nd edition}"
    assert found.to_frame()["verified"].isna().tolist() == [False, True]


def test_two_sources_that_begin_alike_stay_two():
    one, other = (
        "Region Hovedstaden 2016 to 2020, documents on mentors, " + part for part in ("volume one", "volume two")
    )
    assert len(cited(result(references=(one, other)))) == 2


@pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
def test_a_released_result_is_cited_as_the_result_it_comes_from():
    discharged = pd.date_range("2020-01-01", periods=40, freq="D")
    stays = pd.DataFrame(
        {"person": [f"p{i}" for i in range(40)], "admitted": discharged - pd.Timedelta("5D"), "discharged": discharged}
    )
    stays = stays.assign(acute=True, specialty="psychiatric")
    rate = pe.readmission_rate(pe.readmissions(stays, definition="dk-30", followup_end=pd.Timestamp("2020-12-31")))
    assert pe.cite(*pe.release([rate])).text == pe.cite(rate).text
    assert {"wilson-1927", "kish-1965", "esundhed"} == cited(rate)


def test_what_was_not_verified_says_so_and_texts_are_escaped():
    found = pe.cite(result(references=("Kish 1965, Survey Sampling", "A <b> & c")))
    assert "Kish L (1965). Survey Sampling. Wiley. [not verified]" in str(found).splitlines()
    assert "A &lt;b&gt; &amp; c" in found._repr_html_()
    assert repr(found) == found.text


def test_only_results_are_cited():
    with pytest.raises(UnsupportedInputError, match="got DataFrame"):
        pe.cite(pd.DataFrame())


def test_peereval_is_cited_as_its_citation_file_says(root):
    said = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    (entry,) = parsed(pe.cite().bibtex).values()
    assert entry == {
        "type": "misc", "author": f"{{{said['authors'][0]['name']}}}", "title": f"{{{said['title']}}}",
        "year": said["date-released"][:4], "note": f"Version {said['version']}",
    }  # fmt: skip


def test_versions_name_every_package_that_is_needed_and_no_place(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = pe.show_versions()
    engines = [line for extra in ("postgres", "spark") for line in project["optional-dependencies"][extra]]
    needed = [re.match(r"[\w.-]+", line)[0] for line in (*project["dependencies"], *engines)]
    assert shown["name"].tolist() == ["Python", "system", "peereval", *needed]
    assert shown["version"].notna().all()
    assert not shown["version"].str.contains("[/\\\\]").any()
    assert set(shown["part"]) == {"python", "system", "peereval", "package", "postgres", "spark"}
    assert shown.set_index("name")["bounds"]["pandas"] == "<4,>=2.3"


def test_an_engine_that_is_missing_says_so(monkeypatch):
    from peereval.citations import installed

    monkeypatch.setattr(installed, "requires", lambda _: ["no-such-package>=1; extra == 'spark'"])
    assert pe.show_versions().iloc[-1].tolist() == ["no-such-package", "not installed", ">=1", "spark"]
