"""Write what the page of the final evaluation says of each group, in our own words, to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

PAGE = "page of the publication"
# role, theme, kind, statement
FINDINGS = [
    ("recipient", "social network", "benefit", "The social network of those who receive peer support gets better."),
    ("recipient", "connectedness", "benefit", "They feel more connected with others."),
    ("recipient", "stigma", "benefit", "They meet less stigma."),
    ("recipient", "openness", "benefit", "They are more open about mental health problems."),
    ("peer", "stigma", "benefit", "Those who give peer support also feel less stigma for their own problems."),
    ("peer", "competence and work", "benefit", "Their skills rise in general, most of all with regard to the labour market."),
    ("organisation", "recovery culture", "benefit", "A culture that supports recovery grows stronger at the workplace."),
    ("organisation", "view of the citizen", "benefit", "There is more understanding of how citizens see things."),
    ("organisation", "them and us", "benefit", "Less of a line is drawn between citizens and those who treat them."),
    ("organisation", "support of managers", "condition", "Whether managers stand behind it decides how peer support is implemented."),
    ("organisation", "preparation of staff", "condition", "Managers and staff need knowledge and skills before the work with peers begins."),
    ("evaluator", "ways to recovery", "benefit", "Peer support opens some ways to recovery and rehabilitation that professionals cannot reach directly."),
]  # fmt: skip


def codings() -> pd.DataFrame:
    """One row a finding of a group; the page gives no numbers of informants."""
    names = ["role", "theme", "kind", "statement"]
    frame = pd.DataFrame(FINDINGS, columns=names)
    frame.insert(0, "statement_id", [f"s{number:02d}" for number in range(1, len(frame) + 1)])
    return frame.assign(answer="reported", place=PAGE).astype("string")


if __name__ == "__main__":
    write_table(codings(), Path(__file__).parent / "codings.parquet")
