"""Write the claims of the Swedish handbook with their origin, and a made-up survey of the design that it describes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import peereval as pe
from peereval.files import write_table

SEED = 2018
LITERATURE, PERCEIVED, MEASURED, UNSOURCED = (
    "international literature",
    "perceived",
    "measured",
    "stated without a source",
)
# topic, about, claim in our own words, origin, by whom perceived, page
CLAIMS = [
    ("hospital care", "patients", "Stays in hospital become shorter and fewer.", LITERATURE, "", "5"),
    ("empowerment and stigma", "patients", "Empowerment grows and self-stigma falls.", LITERATURE, "", "5"),
    ("openness", "workplaces", "It becomes accepted to talk of mental health and recovery.", LITERATURE, "", "5"),
    ("empowerment and stigma", "patients", "Self-stigma falls, and belief in oneself and in change grows.", LITERATURE, "", "6"),
    ("hospital care", "patients", "In England stays become shorter and fewer.", LITERATURE, "", "6"),
    ("openness", "workplaces", "The culture of the whole workplace changes for the better; staff talk of their own experiences.", LITERATURE, "", "6"),
    ("sick leave", "peers", "Where the user movement takes an active part, few peers are on sick leave.", UNSOURCED, "", "6"),
    ("general benefit", "patients, staff and care", "Peer support helps patients, staff and the setting in every form of care.", UNSOURCED, "", "7"),
    ("recovery and hope", "patients", "Recovery and empowerment come sooner, the view of oneself is better, self-stigma less, hope more.", LITERATURE, "", "14"),
    ("relations", "patients", "There are more close relations, and more of feeling understood, accepted and liked.", LITERATURE, "", "14"),
    ("hospital care", "patients", "Comparative studies in England: less need of care, fewer crises, less inpatient care.", LITERATURE, "", "14"),
    ("hospital care", "patients", "Research in psychiatry: shorter and fewer stays.", LITERATURE, "", "14"),
    ("trust", "patients", "A talk with a peer serves no other end than itself, and that is a strength.", PERCEIVED, "staff", "14"),
    ("trust", "patients", "Many patients find it easy to trust a peer.", PERCEIVED, "staff", "14-15"),
    ("way of thinking", "staff", "Working with a peer gives a new view that becomes part of one's own thinking.", PERCEIVED, "staff", "15"),
    ("information", "staff", "Through the peer, staff learn in general how patients are, which they could hardly learn otherwise.", PERCEIVED, "staff", "15"),
    ("coercion and medicine", "patients", "Coercive measures are less frequent.", PERCEIVED, "staff", "15"),
    ("coercion and medicine", "patients", "Medicine as needed is given less often.", PERCEIVED, "staff", "15"),
    ("need of the doctor", "patients", "Patients less often feel that they must see the doctor with every need.", PERCEIVED, "staff", "15"),
    ("calm", "patients", "A talk with the peer has often been enough to calm an upset patient.", PERCEIVED, "staff", "15"),
    ("activity", "patients", "Many patients got chances of being active that they did not have before.", UNSOURCED, "", "15"),
    ("training and supervision", "peers", "Training, supervision and the link to the user movement are good.", PERCEIVED, "peers", "15"),
    ("link to user movement", "workplaces", "The link gives legitimacy, has strong support and should be kept.", PERCEIVED, "all groups interviewed", "15"),
    ("implementation takes time", "workplaces", "It takes time to find the role, to form relations and to fit into the team's work.", UNSOURCED, "", "15"),
    ("sick leave", "peers", "The period saw no long-term sick leave and no dismissal.", MEASURED, "", "15"),
    ("attitudes", "staff", "Prejudice against people with mental ill-health is very common among staff too (several measurements).", MEASURED, "", "15"),
    ("attitudes", "staff", "A peer in the team often starts a change to more openness and less prejudice.", UNSOURCED, "", "15"),
    ("attitudes", "staff", "Research from England: how patients are met changes, and so does thinking about illness.", LITERATURE, "", "15"),
    ("openness", "staff", "Experience from England: a team grows stronger, and staff dare to speak of crises of their own.", LITERATURE, "", "15-16"),
    ("openness", "staff", "Two in five do not tell of mental ill-health at work (a survey of 2012).", MEASURED, "", "16"),
    ("sick leave", "workplaces", "Mental ill-health is the most common cause of long-term sick leave in Sweden.", UNSOURCED, "", "16"),
    ("prevention", "staff", "Peer support therefore prevents ill-health in the whole team.", UNSOURCED, "", "16"),
]  # fmt: skip


def claims() -> pd.DataFrame:
    """One row a claim of the handbook."""
    names = ["topic", "about", "claim", "origin_of_claim", "perceived_by", "page"]
    frame = pd.DataFrame(CLAIMS, columns=names).astype("string")
    frame.insert(0, "claim_id", pd.array([f"c{number:02d}" for number in range(1, len(frame) + 1)], dtype="string"))
    return frame.assign(perceived_by=frame["perceived_by"].replace("", pd.NA))


def responses() -> pd.DataFrame:
    """Made-up answers of patients: three rounds, nobody linked."""
    made = pe.simulate_study("ward", seed=SEED).responses.drop(columns="origin")
    items = [name for name in made if str(made[name].dtype).startswith("Int")]
    made.insert(0, "answer_id", range(1, len(made) + 1))
    return made.astype({"round": "string", **dict.fromkeys(items, "Int64")})


def invited() -> pd.DataFrame:
    """How many made-up patients were invited to each round."""
    return (
        pe.simulate_study("ward", seed=SEED)
        .invited.drop(columns="origin")
        .astype({"round": "string", "invited": "Int64"})
    )


if __name__ == "__main__":
    here = Path(__file__).parent
    write_table(claims(), here / "claims.parquet")
    for name, table in {"responses": responses(), "invited": invited()}.items():
        write_table(table, here / f"{name}.synthetic.parquet", origin="synthetic")
