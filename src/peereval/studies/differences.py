"""Two releases beside one another: which released figures moved, by how much, and what may have moved them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.errors import MissingFileError
from peereval.studies.inputs import inputs_of
from peereval.studies.saving import released_sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peereval.results import Released

_KEYS = ["section", "title", "figure", "number", "nth"]
_NO_NUMBERS = ("time", "conf_level")
"""Numbers that say which figure it is."""
_COUNTS = ("numerator", "denominator", "n", "n_persons")
"""Numbers that count persons or rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """What two releases of a study differ in.

    Parameters
    ----------
    moved : DataFrame
        One row a released number that stands in both and differs: ``section``, ``title``, ``figure`` (which row of the
        result), ``number`` (which column), ``old``, ``new`` and ``difference``. A number that one of them does not show
        is missing there.
    same : int
        Numbers that stand in both and agree.
    added, gone : int
        Numbers that stand in one of them only.
    reasons : mapping of str to tuple of str
        Section to what it depends on that has changed. Files are compared by hashes that need a key; where the two were
        hashed by different keys, that is said, with what the released counts tell instead.
    """

    moved: pd.DataFrame
    same: int
    added: int
    gone: int
    reasons: Mapping[str, tuple[str, ...]]


def compare_releases(old: str | Path, new: str | Path) -> Differences:
    """Compare the released figures of two folders; nothing else is read.

    Parameters
    ----------
    old, new : str or Path
        Folders ``released/`` of one study, or what stands in ``released/confirmed/``.

    Returns
    -------
    Differences
        Which figures moved, and why.

    Raises
    ------
    MissingFileError
        A folder is not there, or holds no released section.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, seed in (("last-year", 1), ("this-year", 2)):
    ...         answered = pe.attrition(pe.simulate_study("ward", seed=seed).responses)
    ...         place = pe.write_released(pe.release(answered), f"{folder}/{name}/participation")
    ...     found = compare_releases(f"{folder}/last-year", f"{folder}/this-year")
    >>> found.moved[["figure", "number", "old", "new", "difference"]]
                       figure     number   old   new  difference
    0  all · start · answered  numerator  25.0  30.0         5.0
    """
    old, new = Path(old), Path(new)
    before, after = _read(old), _read(new)
    both = _numbers(before).merge(_numbers(after), on=_KEYS, how="outer", suffixes=("_old", "_new"), indicator=True)
    both = both.sort_values(["place_new", "place_old"], kind="stable")
    shared = both[both["_merge"] == "both"]
    agree = (shared["value_old"] == shared["value_new"]) | (shared["value_old"].isna() & shared["value_new"].isna())
    moved = shared[~agree].rename(columns={"value_old": "old", "value_new": "new"})
    moved = moved.assign(difference=moved["new"] - moved["old"])
    counts = shared.assign(agree=agree)[shared["number"].isin(_COUNTS)]
    return Differences(
        moved=moved[["section", "title", "figure", "number", "old", "new", "difference"]].reset_index(drop=True),
        same=int(agree.sum()),
        added=int((both["_merge"] == "right_only").sum()),
        gone=int((both["_merge"] == "left_only").sum()),
        reasons={
            name: (
                *_changed(
                    inputs_of(old / name),
                    inputs_of(new / name),
                    _counted(counts[counts["section"] == name], before[name], after[name]),
                ),
                *_settings(before[name], after[name]),
            )
            for name in before
            if name in after
        },
    )


def _read(folder: Path) -> dict[str, list[Released]]:
    found = released_sections(folder)
    if not found:
        msg = f"{folder} holds no released section."
        raise MissingFileError(msg, hint="Name a folder released/, or one of those in released/confirmed/.")
    return found


def _numbers(sections: Mapping[str, list[Released]]) -> pd.DataFrame:
    """All released numbers, one a row."""
    parts = [_long(finding).assign(section=name) for name, findings in sections.items() for finding in findings]
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return whole.assign(nth=whole.groupby(_KEYS[:-1]).cumcount(), place=range(len(whole)))


def _long(finding: Released) -> pd.DataFrame:
    frame = finding.estimates
    numbers = [
        name
        for name in frame.columns
        if name not in _NO_NUMBERS
        and pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
    ]
    texts = [name for name in frame.columns if name in _NO_NUMBERS[:1] or pd.api.types.is_string_dtype(frame[name])]
    columns = [frame[name].astype("string").fillna("") for name in texts]
    figure = reduce(lambda left, right: left.str.cat(right, sep=" · "), columns) if columns else ""
    wide = frame[numbers].astype(float).assign(title=finding.title, figure=figure)
    long = wide.melt(id_vars=["title", "figure"], var_name="number", value_name="value")
    return long.assign(figure=long["figure"].astype("string").str.replace(r"( · )+", " · ", regex=True).str.strip(" ·"))


def _changed(old: dict[str, Any] | None, new: dict[str, Any] | None, counted: Iterator[str]) -> Iterator[str]:
    if old is None or new is None:
        yield "what it depends on is not recorded in both, so whether data, study file or notebook changed cannot be told"
        yield from counted
        return
    if old["key"] == new["key"]:
        yield from _hashed(old, new)
    else:
        yield "hashed by different keys, so whether data, study file or notebook changed cannot be told"
        yield from counted
    if old["policy"] != new["policy"]:
        yield f"policy: {old['policy']} → {new['policy']}"
    packages = [name for name in new["versions"] if old["versions"].get(name) != new["versions"][name]]
    yield from (f"version of {name}: {old['versions'].get(name)} → {new['versions'][name]}" for name in packages)


def _hashed(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for part, word in (("data", "data"), ("settings", "study file")):
        names = [name for name in {**old[part], **new[part]} if old[part].get(name) != new[part].get(name)]
        if names:
            yield f"{word}: {', '.join(names)}"
    if old["notebook"] != new["notebook"]:
        yield "notebook"


def _counted(counts: pd.DataFrame, old: list[Released], new: list[Released]) -> Iterator[str]:
    """What released counts tell of the data, where their files cannot be compared."""
    differing = int((~counts["agree"]).sum())
    yield f"{differing} of {len(counts)} released counts of persons or rows differ"
    before = {finding.title: finding.exclusions for finding in old}
    for finding in new:
        was = before.get(finding.title, finding.exclusions)
        for reason in dict.fromkeys([*was, *finding.exclusions]):
            if was.get(reason) != finding.exclusions.get(reason):
                yield f"left out ({reason}): {was.get(reason, 'none')} → {finding.exclusions.get(reason, 'none')}"


def _settings(old: list[Released], new: list[Released]) -> Iterator[str]:
    """What was asked of an analysis, where a released result says it: definitions, methods, the end of follow-up."""
    before = {finding.title: finding.settings for finding in old}
    said = (
        f"{name}: {before[finding.title].get(name)} → {value}"
        for finding in new
        if finding.title in before
        for name, value in finding.settings.items()
        if name != "versions" and before[finding.title].get(name) != value
    )
    yield from dict.fromkeys(said)
