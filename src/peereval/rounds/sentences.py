"""What a comparison may claim and how it says so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from peereval.rounds.rules import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rules import Choice


def sentences_for(
    asked: Comparison, choices: Sequence[Choice], *, adjust: str, notes: Sequence[str], measures: Iterable[str] = ()
) -> dict[str, Any]:
    """Give method sentence, claim, estimand, assumptions, sensitivity and references of a comparison.

    Parameters
    ----------
    asked : Comparison
        What was compared.
    choices : sequence of Choice
        The methods used, each once.
    adjust : str
        How p values were adjusted.
    notes : sequence of str
        Which further sentences hold: keys of the table ``said``.
    measures : iterable of str
        Measures of the result, of which some are sensitivity analyses.

    Returns
    -------
    dict
        The parts of a `Result` of these names.

    Examples
    --------
    >>> from peereval.rounds.comparison import Comparison
    >>> from peereval.rounds.rows import Rounds
    >>> from peereval.rounds.rules import Choice
    >>> asked = Comparison(design="panel", rounds=Rounds(["start", "end"], "start"))
    >>> found = sentences_for(asked, [Choice("paired-t", "", "response")], adjust="holm", notes=[])
    >>> found["claim"], found["method"][:28]
    ('change', 'Changes of the persons who a')
    """
    said, comparison = _sentences(), asked.allocation or "none"
    methods = [wording(choice.method) for choice in choices]
    who = list(dict.fromkeys(one["who"] for one in methods))
    arms = "none" if asked.allocation is None else "arms"
    without_unit = ["no-unit"] if asked.design == "cross-section" and asked.unit is None else []
    grounds = [*who, asked.design, *without_unit, comparison]
    words = said["words"][asked.measurement]
    words = {**words, "Change": words["change"].capitalize()}
    named = {"names": ", ".join(asked.covariates), "unit": asked.unit or ""}
    parts = [
        one["sentence"].replace("{rule}", choice.rule) if choice.rule else one["sentence"].replace(" (rule {rule})", "")
        for one, choice in zip(methods, choices, strict=True)
    ]
    parts += [
        *dict.fromkeys(said["baseline"][choice.baseline] for choice in choices),
        *(said["said"][note].format(**named) for note in notes),
        said["adjust"][adjust],
    ]
    return {
        "method": " ".join(part for part in parts if part),
        "claim": said["claim"][f"{asked.design}-{comparison}"],
        "estimand": " ".join(said["estimand"][f"{each}-{arms}"].format(**words) for each in who),
        "sensitivity": tuple(said["sensitivity"][each] for each in dict.fromkeys(measures) if each in said["sensitivity"]),
        "assumptions": tuple(text for ground in grounds for text in said["assumptions"][ground]),
        "references": tuple(dict.fromkeys((*(text for one in methods for text in one["references"]), *said["adjust_references"][adjust]))),
    }  # fmt: skip


@cache
def _sentences() -> dict[str, Any]:
    return tomllib.loads((files("peereval.rounds") / "sentences.toml").read_text(encoding="utf-8"))
