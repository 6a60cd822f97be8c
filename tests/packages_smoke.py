"""What must work where the wheel alone is installed: data, scores, a new study with its report, a study reproduced."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd

import peereval as pe
from peereval.cli import main

CHECKOUT = Path(__file__).resolve().parents[1]


def command(*arguments: str) -> None:
    """Run the command line; anything but success ends here."""
    sys.argv = ["peereval", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


def smoke(folder: Path) -> None:
    """Go the way of a user."""
    warnings.simplefilter("ignore")
    assert CHECKOUT not in Path(pe.__file__).resolve().parents, "the checkout was imported, not the wheel"
    answers = pd.DataFrame({f"who5_{item:02d}": [3, 5] for item in range(1, 6)}).assign(round=["start", "start"])
    assert pe.score(answers, "who-5").query("scale == 'raw'")["score"].tolist() == [15, 25]
    assert len(pe.datasets.load("core-2018").reproduce().estimates) == 15
    assert len(pe.cite().references) == 1
    command("new", str(folder / "study"), "--preset", "ward")
    command("evaluate", str(folder / "study" / "study.toml"), "--report", str(folder / "report.html"))
    assert (folder / "report.html").stat().st_size > 10_000, "the report is nearly empty"
    command("reproduce", "core-2018")
    shown = pe.show_versions().set_index("name")["version"]
    print(f"   works with Python {shown['Python']}, pandas {shown['pandas']}, numpy {shown['numpy']}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        smoke(Path(place))
