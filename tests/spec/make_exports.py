"""Small exports in the real layout of each source, every value made up.

Where a layout is known from:

- Qualtrics, three rows above the answers, and two in the legacy format: the documentation of the R package qualtRics
  (`read_survey`, its argument `legacy`) and the sample files in its repository (ropensci/qualtRics, tests/testthat/files).
- REDCap, raw export: the documentation of redcapAPI (`exportFieldNames`: `[field]___[code]` for checkboxes;
  `exportRepeatingInstrumentsEvents`), of linkml-redcap (`redcap_event_name`), and the test projects of REDCapR
  (OuhscBbmc/REDCapR, inst/test-data: rows of repeated instruments, `<form>_complete`).
- LimeSurvey: the manual of its RemoteControl interface (`sHeadingType` code or full, `sResponseType` short or long), and
  scripts that read its exports (`id. Response ID`, `submitdate. Date submitted`, `M3[other]`).
- Enalyzer: its help centre, "Download Svardata" (text, value or label number, set for each question) and
  "Svarandeförteckning" (UTF-8, dates MM-DD-YYYY).
- SurveyXact: not verified; one row a respondent, variables `s_1` … as its manual's opening describes.
- SPSS: the documentation of pyreadstat (`missing_ranges`, `variable_value_labels`), which writes the file.
- CSV as Danish and Swedish Excel writes it: semicolons, decimal comma, Windows-1252, or UTF-8 with byte order mark.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from pathlib import Path

EXCEL = "id;køn;timer;dato;svar\r\n007;kvinde;1,5;31-12-2025;3\r\n012;NA;2;01-01-2026;\r\n"


def _csv(rows, *, quoting=csv.QUOTE_MINIMAL, newline="\n"):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=newline).writerows(rows)
    return text.getvalue().encode()


def excel(encoding="cp1252"):
    return EXCEL.encode(encoding)


def redcap():
    return _csv([
        ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance",
         "who5_01", "support___1", "support___2", "who5_complete", "minutes", "visit_complete"],
        ["1", "start_arm_1", "", "", "3", "1", "0", "2", "", ""],
        ["1", "start_arm_1", "visit", "1", "", "", "", "", "45", "2"],
        ["1", "start_arm_1", "visit", "2", "", "", "", "", "30.5", "0"],
        ["2", "start_arm_1", "", "", "", "0", "0", "0", "", ""],
    ])  # fmt: skip


def redcap_labels():
    return _csv([
        ["Record ID", "Event Name", "Repeat Instrument", "Repeat Instance", "I felt …", "Complete?", "Complete?"],
        ["1", "Start", "", "", "Often", "Complete", ""],
    ])  # fmt: skip


def redcap_raw_names_with_labels():
    return _csv([["record_id", "who5_01", "who5_complete"], ["1", "", ""], ["2", "Often", "Complete"]])


def limesurvey():
    return _csv([
        ["id", "submitdate", "lastpage", "startlanguage", "seed", "G1Q1", "G1Q1[other]", "G2Q1[SQ001]", "G2Q1[SQ002]"],
        ["1", "2026-01-05 10:20:30", "3", "da", "91", "A1", "", "4", "A2"],
        ["2", "", "1", "da", "92", "-oth-", "somewhere", "N/A", ""],
    ], quoting=csv.QUOTE_ALL)  # fmt: skip


def limesurvey_with_questions():
    return _csv([
        ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "G1Q1. Where do  you live?"],
        ["1", "1980-01-01 00:00:00", "3", "A1"],
    ], quoting=csv.QUOTE_ALL)  # fmt: skip


def limesurvey_full_questions():
    return _csv([["Response ID", "Date submitted", "Last page", "Where do you live?"], ["1", "", "3", "At home"]])


QUALTRICS = [
    ["StartDate", "Status", "Progress", "Finished", "ResponseId", "Q1", "Q2_1"],
    ["Start Date", "Response Type", "Progress", "Finished", "Response ID", "How are\nyou?", "<b>Hope</b> - now"],
    ['{"ImportId":"startDate","timeZone":"Europe/Copenhagen"}', '{"ImportId":"status"}', '{"ImportId":"progress"}',
     '{"ImportId":"finished"}', '{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_1"}'],
    ["2026-01-05 10:20:30", "0", "100", "1", "R_1a", "18", "97"],
    ["2026-01-06 11:21:31", "1", "40", "0", "R_2b", "19", ""],
]  # fmt: skip


def qualtrics():
    return _csv(QUALTRICS)


def qualtrics_choices():
    return _csv([*QUALTRICS[:3], ["2026-01-05 10:20:30", "IP Address", "100", "True", "R_1a", "Often", "Never"]])


def qualtrics_legacy():
    return _csv([
        ["V1", "V2", "V8", "V10", "Q1", ""],
        ["ResponseID", "ResponseSet", "StartDate", "Finished", "How are you?", ""],
        ["R_1a", "Default", "2026-01-05 10:20:30", "1", "2", ""],
        ["R_2b", "Default", "2026-01-06 11:21:31", "0", "1", ""],
    ])  # fmt: skip


def surveyxact():
    return "respondent;s_1;s_2;s_3\r\n1001;4;1;Godt på vej\r\n1002;2;;\r\n".encode("cp1252")


def enalyzer():
    return _csv([["Respondent", "Dato", "Spørgsmål 1"], ["1", "04-05-2026", "2"], ["2", "03-06-2026", "1"]])


def workbook(rows, change=None):
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    page.title = "Data"
    for row in rows:
        page.append(row)
    if change:
        change(book, page)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sav(**changes):
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({
        "who5_1": [1.0, 2.0, 99.0, None],
        "burden": [1.0, -9.0, -8.0, 4.0],
        "ward": ["north", "", "zz", "NA"],
        "seen": pd.to_datetime(["2026-01-05 10:20:30", None, "2026-01-06 00:00:00", "2026-01-07 00:00:00"]),
        "person": [11.0, 12.0, 13.0, 14.0],
    })  # fmt: skip
    described = {
        "variable_value_labels": {"who5_1": {0: "never", 1: "seldom", 2: " ", 99: "no answer"}},
        "missing_ranges": {"who5_1": [99], "burden": [{"lo": -9, "hi": -1}], "ward": ["zz"]},
        "column_labels": {"who5_1": "How often?"},
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "made.sav")
        pyreadstat.write_sav(frame, str(place), **{**described, **changes})
        return place.read_bytes()


def parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"person": ["007", None], "who5_01": [3, 4]}), file)
    return file.getvalue()


TEXTS = (
    excel, redcap, redcap_labels, redcap_raw_names_with_labels, limesurvey, limesurvey_with_questions,
    limesurvey_full_questions, qualtrics, qualtrics_choices, qualtrics_legacy, surveyxact, enalyzer,
)  # fmt: skip

if __name__ == "__main__":
    for make in TEXTS:
        Path(sys.argv[1], f"{make.__name__}.csv").write_bytes(make())
    Path(sys.argv[1], "spss.sav").write_bytes(sav())
    Path(sys.argv[1], "kept.parquet").write_bytes(parquet())
    Path(sys.argv[1], "qualtrics.xlsx").write_bytes(workbook(QUALTRICS))
