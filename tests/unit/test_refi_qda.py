"""REFI-QDA files in the layouts of several programs (made-up content), and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from xml.etree.ElementTree import canonicalize

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ExchangeFormatError,
    InvalidValueError,
    LayoutError,
    MissingFileError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
)
from peereval.interviews import archives
from peereval.interviews.codebook import Code, CodeSet

SAID = "words that somebody said"


def guid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


HOPE, GAINS, ROLE, ANNE, BO, C1, C2, DOC1, DOC2 = map(guid, range(1, 10))
VAR, VAR2 = guid(11), guid(12)


def passage(number, start, end, *codes, user="", inside="", name=""):
    by = f' creatingUser="{user}"' if user else ""
    codings = "".join(
        f'<Coding guid="{guid(900 + number)}"{by}><CodeRef targetGUID="{code}"/></Coding>' for code in codes
    )
    return (
        f'<PlainTextSelection guid="{guid(100 + number)}" name="{name}" startPosition="{start}" endPosition="{end}">'
        f"{inside}{codings}</PlainTextSelection>"
    )


def value(variable, text):
    return f'<VariableValue><VariableRef targetGUID="{variable}"/><TextValue>{text}</TextValue></VariableValue>'


VARIABLES = (
    f'<Variables><Variable guid="{VAR}" name="role" typeOfVariable="Text"/>'
    f'<Variable guid="{VAR2}" name="how" typeOfVariable="Text"/></Variables>'
)
USERS = f'<Users><User guid="{ANNE}" name="coder A"/><User guid="{BO}" name="coder B"/></Users>'

# NVivo: nested codes without colours, text in files, values on the case, passages of a case coded with the case itself
NVIVO = f"""<?xml version="1.0" encoding="utf-8"?>
<Project xmlns:xsd="http://www.w3.org/2001/XMLSchema" name="synthetic" origin="NVivo 14" xmlns="urn:QDA-XML:project:1.0">
  {USERS}
  <CodeBook><Codes>
    <Code guid="{GAINS}" name="gains" isCodable="true"><Code guid="{HOPE}" name="hope" isCodable="true"/></Code>
    <Code guid="{ROLE}" name="unclear role" isCodable="true"/>
  </Codes></CodeBook>
  {VARIABLES}
  <Cases>
    <Case guid="{C1}" name="i1">{value(VAR, "patient")}{value(VAR2, "telephone")}<SourceRef targetGUID="{DOC1}"/></Case>
    <Case guid="{C2}" name="i2">{value(VAR, "staff")}<SelectionRef targetGUID="{guid(103)}"/></Case>
  </Cases>
  <Sources>
    <TextSource guid="{DOC1}" name="interview" plainTextPath="internal://{DOC1}.txt">
      {passage(1, 0, 20, HOPE, user=ANNE)}{passage(2, 30, 50, ROLE, user=BO)}
    </TextSource>
    <TextSource guid="{DOC2}" name="focus group" plainTextPath="internal://{DOC2}.txt">
      {passage(3, 0, 10, ROLE, user=ANNE)}
      {passage(4, 100, 300, C1)}{passage(5, 120, 140, GAINS, user=ANNE)}{passage(6, 400, 420, HOPE, user=ANNE)}
    </TextSource>
  </Sources>
</Project>"""

# MAXQDA: each document is an informant and has the values, a passage stands once for each code, sets hold documents
MAXQDA = f"""<?xml version="1.0" encoding="utf-8"?>
<Project origin="MAXQDA 24 (Release 24.7.0)" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="urn:QDA-XML:project:1.0 http://schema.qdasoftware.org/versions/Project/v1.0/Project.xsd"
 name="synthetic" modifiedDateTime="2026-01-01T00:00:00Z" xmlns="urn:QDA-XML:project:1.0">
  {USERS}
  <CodeBook><Codes>
    <Code isCodable="true" color="#FF0000" guid="{HOPE}" name="hope"><Description>line 1
line 2 &amp; more</Description></Code>
    <Code isCodable="false" color="#00F" guid="{GAINS}" name="gains"><Code isCodable="true" guid="{ROLE}" name="role"/></Code>
  </Codes></CodeBook>
  {VARIABLES}
  <Sources>
    <TextSource guid="{DOC1}" name="i1" plainTextPath="internal://a.txt">
      {passage(1, 5, 9, HOPE, user=ANNE, name="5,9")}{passage(2, 5, 9, ROLE, user=ANNE, name="5,9")}
      {passage(3, 5, 9, HOPE, user=BO, name="5,9")}{value(VAR, "patient")}
    </TextSource>
    <PDFSource guid="{DOC2}" name="i2" path="internal://b.pdf">
      <PDFSelection guid="{guid(201)}" page="1" firstX="1" firstY="2" secondX="3" secondY="4">
        <Coding guid="{guid(301)}" creatingUser="{ANNE}"><CodeRef targetGUID="{ROLE}"/></Coding>
      </PDFSelection>
      <Representation guid="{guid(202)}" plainTextPath="internal://b.txt">{passage(4, 5, 9, HOPE, user=ANNE)}</Representation>
      {value(VAR, "staff")}
    </PDFSource>
  </Sources>
  <Sets>
    <Set guid="{guid(401)}" name="documents"><MemberSource targetGUID="{DOC1}"/></Set>
    <Set guid="{guid(402)}" name="first look"><Description/><MemberCode targetGUID="{HOPE}"/><MemberCode targetGUID="{ROLE}"/></Set>
  </Sets>
</Project>"""

# QualCoder writes what was said into the attribute name, and a memo into Description
QUALCODER = f"""<?xml version="1.0" encoding="utf-8"?>
<Project xmlns="urn:QDA-XML:project:1.0" name="synthetic" origin="Qualcoder-3.8">
  {USERS}<CodeBook><Codes><Code guid="{HOPE}" name="hope" isCodable="true" color="#123456"/></Codes></CodeBook>{VARIABLES}
  <Cases><Case guid="{C1}" name="i1">{value(VAR, "peer")}<SourceRef targetGUID="{{{DOC1.upper()}}}"/></Case></Cases>
  <Sources><TextSource guid="{DOC1}" name="one"><PlainTextContent>{SAID}</PlainTextContent>
    {passage(1, 0, 24, HOPE, user=ANNE, name=SAID, inside=f"<Description>{SAID}</Description>")}</TextSource></Sources>
</Project>"""

# ATLAS.ti: an older schema named beside the namespace; a set names its codes by guid
ATLAS_QDC = f"""<?xml version="1.0" encoding="utf-8"?>
<CodeBook origin="ATLAS.ti Win 23.4.0" xmlns="urn:QDA-XML:codebook:1.0">
  <Codes>
    <Code color="#46AA00" guid="{GAINS}" isCodable="true" name="gains &lt;b&gt;&#13;&#10;æøå">
      <Description>what it is</Description>
      <Code guid="{HOPE}" isCodable="false" name="hope"><Code guid="{ROLE}" isCodable="true" name="hope"/></Code>
    </Code>
  </Codes>
  <Sets><Set guid="{guid(77)}" name="group"><Description/><MemberCode guid="{HOPE}"/></Set></Sets>
</CodeBook>"""


def packed(folder, project, *, name="project.qde", file="p.qdpx", more=()):
    path = folder / file
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, project)
        archive.writestr("Sources/a.txt", SAID)
        for part, content in more:
            archive.writestr(part, content)
    return path


def rows(frame, *columns):
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame[list(columns)].to_numpy()]


def test_the_cases_of_nvivo_say_who_spoke(tmp_path):
    found = pe.read_codings(packed(tmp_path, NVIVO), method="how")
    assert rows(found, "informant", "role", "method", "theme", "coder") == [
        ("i1", "patient", "telephone", "hope", "coder A"),
        ("i1", "patient", "telephone", "unclear role", "coder B"),
        ("i2", "staff", None, "unclear role", "coder A"),
        ("i1", "patient", "telephone", "gains", "coder A"),
        (None, None, None, "hope", "coder A"),
    ]
    assert found["statement_id"].tolist() == [guid(100 + number) for number in (1, 2, 3, 5, 6)]


def test_the_documents_of_maxqda_are_informants_and_a_passage_is_one_statement(tmp_path):
    found = pe.read_codings(packed(tmp_path, MAXQDA), informant="source")
    assert rows(found, "informant", "role", "theme", "statement_id", "coder") == [
        ("i1", "patient", "hope", guid(101), "coder A"),
        ("i1", "patient", "role", guid(101), "coder A"),
        ("i1", "patient", "hope", guid(101), "coder B"),
        ("i2", "staff", "role", guid(201), "coder A"),
        ("i2", "staff", "hope", guid(104), "coder A"),
    ]


def test_what_was_said_is_never_read(tmp_path):
    found = pe.read_codings(packed(tmp_path, QUALCODER))
    assert rows(found, "informant", "role", "theme") == [("i1", "peer", "hope")]
    assert SAID not in found.to_csv()


def test_without_cases_nobody_is_guessed(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no cases.*informant='source'"):
        pe.read_codings(packed(tmp_path, MAXQDA))


def test_informants_of_one_name_are_not_mixed_up(tmp_path):
    with pytest.raises(ExchangeFormatError, match=f"cases {C1} and {C2} have the same name") as told:
        pe.read_codings(packed(tmp_path, NVIVO.replace('name="i2"', 'name="i1"')))
    assert "i1" not in str(told.value)
    with pytest.raises(ExchangeFormatError, match=f"textsources {DOC1} and {DOC2} have the same name"):
        pe.read_codings(packed(tmp_path, MAXQDA.replace('name="i2"', 'name="i1"')), informant="source")


def test_a_variable_that_is_not_there_is_named(tmp_path):
    path = packed(tmp_path, NVIVO)
    with pytest.raises(UnknownNameError, match=r"no variable 'group' for the role.*role=None"):
        pe.read_codings(path, role="group")
    assert pe.read_codings(path, role=None)["role"].isna().all()


def test_a_codebook_is_written_back_unchanged(tmp_path):
    first = tmp_path / "atlas.qdc"
    first.write_text(ATLAS_QDC, encoding="utf-8", newline="\n")
    book = pe.read_codebook(first)
    assert book.origin == "ATLAS.ti Win 23.4.0"
    assert book.codes[0].name == "gains <b>\r\næøå"
    second = pe.write_codebook(book, tmp_path / "again.qdc")
    before, after = (canonicalize(path.read_text("utf-8"), strip_text=True) for path in (first, second))
    assert before == after
    assert pe.read_codebook(second) == book


def test_a_byte_order_mark_and_an_older_namespace_are_read(tmp_path):
    path = tmp_path / "old.qdc"
    path.write_text(ATLAS_QDC.replace("codebook:1.0", "codebook:0:4"), encoding="utf-8-sig")
    assert pe.read_codebook(path).sets == (CodeSet(guid(77), "group", "", (HOPE,)),)


def test_the_codebook_of_a_project_keeps_sets_of_codes_only(tmp_path):
    book = pe.read_codebook(packed(tmp_path, MAXQDA))
    assert [each.name for each in book.sets] == ["first look"]
    assert book.sets[0].codes == (HOPE, ROLE)
    assert book.codes[0] == Code(HOPE, "hope", codable=True, colour="#FF0000", description="line 1\nline 2 & more")
    assert book.codes[1].codes == (Code(ROLE, "role"),)
    assert pe.read_codebook(pe.write_codebook(book, tmp_path / "maxqda.qdc")) == book


def test_codes_of_one_name_are_told_apart_by_the_codes_above(tmp_path):
    path = tmp_path / "atlas.qdc"
    path.write_text(ATLAS_QDC.replace("gains &lt;b&gt;&#13;&#10;æøå", "gains"), encoding="utf-8")
    assert list(pe.read_codebook(path).themes().values()) == ["gains", "gains / hope", "gains / hope / hope"]


@pytest.mark.parametrize("name", ["../project.txt", "a/../../b", "/etc/x", "..\\x", "sources\\a.txt", "C:/x"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    path = packed(tmp_path, NVIVO, more=[(name, "x")])
    with pytest.raises(UnsupportedInputError, match=r"Part 3 of p\.qdpx has a name that leads out"):
        pe.read_codings(path)


def test_a_file_that_is_not_packed_is_refused(tmp_path):
    path = tmp_path / "p.qdpx"
    path.write_text(NVIVO, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="no packed file"):
        pe.read_codings(path)
    with pytest.raises(MissingFileError):
        pe.read_codebook(tmp_path / "other.qdpx")


def test_a_bomb_is_not_opened(tmp_path):
    path = packed(tmp_path, NVIVO, more=[("sources/zeros.txt", bytes(20 << 20))])
    with pytest.raises(UnsupportedInputError, match=r"part 3 would unpack from [\d,]+ to 20,971,520 bytes"):
        pe.read_codings(path)


def test_the_sum_and_each_part_have_a_limit(tmp_path, monkeypatch):
    path = packed(tmp_path, NVIVO)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1000)
    with pytest.raises(UnsupportedInputError, match="would unpack to"):
        pe.read_codings(path)
    monkeypatch.undo()
    monkeypatch.setattr(archives, "MAX_PART", 1000)
    with pytest.raises(UnsupportedInputError, match="holds more than"):
        pe.read_codings(path)


def test_a_size_that_lies_is_found_out(tmp_path):
    path = packed(tmp_path, NVIVO)
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    with pytest.raises(UnreadableFileError, match="damaged"):
        pe.read_codings(path)


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Project [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE Project SYSTEM "http://example.org/x.dtd">',
    ],
)
def test_entities_and_document_types_are_refused(tmp_path, declared):
    attack = NVIVO.replace("?>\n", f"?>\n{declared}\n", 1)
    with pytest.raises(UnsupportedInputError, match="declares a document type or entities"):
        pe.read_codings(packed(tmp_path, attack))


def test_a_coding_of_a_missing_code_names_the_element(tmp_path):
    wrong = NVIVO.replace(f'<Code guid="{ROLE}" name="unclear role" isCodable="true"/>', "")
    with pytest.raises(ExchangeFormatError, match=f"coding {guid(902)} refers to the code {ROLE}"):
        pe.read_codings(packed(tmp_path, wrong))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f'guid="{ROLE}"', f'guid="{HOPE}"', "codes have the id"),
        (f'<CodeRef targetGUID="{ROLE}"/>', "", "names no code"),
        ('startPosition="0"', 'startPosition="first"', "position that is no number"),
        ('startPosition="0"', "", "no attribute 'startPosition'"),
        ('isCodable="true"', 'isCodable="perhaps"', "expected true or false"),
        ("project:1.0", "other", None),
        ("urn:QDA-XML:project:1.0", "urn:other", "begins with the element 'Project'"),
    ],
)
def test_a_project_that_breaks_the_format_is_refused(tmp_path, old, new, told):
    path = packed(tmp_path, NVIVO.replace(old, new))
    if told is None:
        assert len(pe.read_codings(path)) == 5
        return
    with pytest.raises(ExchangeFormatError, match=told):
        pe.read_codings(path)


def test_a_set_of_a_missing_code_is_refused(tmp_path):
    path = tmp_path / "c.qdc"
    path.write_text(ATLAS_QDC.replace(f'<MemberCode guid="{HOPE}"', f'<MemberCode guid="{BO}"'), encoding="utf-8")
    with pytest.raises(ExchangeFormatError, match=f"names the code {BO}"):
        pe.read_codebook(path)


def test_damaged_xml_is_told_with_its_line(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"no XML, or it is damaged \(line"):
        pe.read_codings(packed(tmp_path, NVIVO[:-20]))


def test_codes_nested_beyond_reason_are_refused(tmp_path):
    deep = "".join(f'<Code guid="{guid(n)}" name="n" isCodable="true">' for n in range(3000)) + "</Code>" * 3000
    path = tmp_path / "deep.qdc"
    path.write_text(f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>{deep}</Codes></CodeBook>', encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="nested too deeply"):
        pe.read_codebook(path)


@pytest.mark.parametrize("project", ["other.qde", "sub/project.qde"])
def test_a_packed_file_without_a_project_is_refused(tmp_path, project):
    with pytest.raises(UnsupportedInputError, match=r"holds 0 parts called project\.qde"):
        pe.read_codings(packed(tmp_path, NVIVO, name=project))


def test_two_projects_in_one_file_are_refused(tmp_path):
    with pytest.raises(UnsupportedInputError, match="holds 2 parts"):
        pe.read_codings(packed(tmp_path, NVIVO, more=[("Project.qde", NVIVO)]))


def test_an_encrypted_project_is_refused(tmp_path):
    path = packed(tmp_path, NVIVO)
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(UnsupportedInputError, match="encrypted"):
        pe.read_codings(path)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_coded_tables_are_read(tmp_path, ending):
    table = pd.DataFrame(
        {"informant": ["007", None], "role": ["NA", "staff"], "theme": ["hope", "time"]}, dtype="string"
    )
    path = tmp_path / f"codings{ending}"
    if ending == ".csv":
        table.to_csv(path, index=False)
    elif ending == ".parquet":
        table.to_parquet(path)
    else:
        table.to_excel(path, index=False)
    pd.testing.assert_frame_equal(pe.read_codings(path), table)


def test_a_workbook_of_several_sheets_is_refused(tmp_path):
    path = tmp_path / "codings.xlsx"
    table = pd.DataFrame({"role": ["staff"], "theme": ["time"]})
    with pd.ExcelWriter(path) as book:
        table.to_excel(book, sheet_name="a")
        table.to_excel(book, sheet_name="b")
    with pytest.raises(LayoutError, match="has 2 sheets"):
        pe.read_codings(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("nothing.txt", "x")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableFileError, match="cannot be read as a workbook"):
        pe.read_codings(path)


def test_other_files_and_words_are_refused(tmp_path):
    other = tmp_path / "codings.docx"
    other.write_text("x", encoding="utf-8")
    with pytest.raises(UnsupportedInputError, match="neither a project"):
        pe.read_codings(other)
    with pytest.raises(UnsupportedInputError, match="neither a project"):
        pe.read_codebook(other)
    with pytest.raises(UnsupportedInputError, match=r"does not end in \.qdc"):
        pe.write_codebook(pe.Codebook(()), tmp_path / "book.xml")
    table = tmp_path / "codings.csv"
    table.write_text("role,theme,kind\nstaff,time,benefit\nstaff,time,nice\n", encoding="utf-8")
    with pytest.raises(
        InvalidValueError, match="'kind' of the codings holds something else in row 2; allowed: benefit"
    ):
        pe.read_codings(table)
