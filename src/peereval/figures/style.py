"""What all figures have in common: colours, marks, counts, and the word that data are made up."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.transforms import offset_copy

from peereval.displays import MARKED_AS
from peereval.errors import DesignError
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from peereval.results import Result

# Okabe and Ito's colours, told apart by colour-blind readers; marks and dashes tell them apart in grey
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++")
_RC: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "legend.frameon": False,
    "svg.hashsalt": "peereval",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the project's style, and leave the caller's settings as they were."""
    # not rc_context: it would also take back that Jupyter's back end, loaded by the first figure, is interactive
    before = {name: mpl.rcParams[name] for name in _RC}
    mpl.rcParams.update(_RC)
    try:
        yield
    finally:
        mpl.rcParams.update(before)


def one_panel(ax: Axes | None, size: tuple[float, float] = (7.0, 4.0)) -> Axes:
    """Give the caller's axes, or those of a new figure.

    Parameters
    ----------
    ax : Axes or None
        The caller's axes.
    size : tuple of float
        Width and height of a new figure in inches.

    Returns
    -------
    Axes
        Where to draw.
    """
    return plt.subplots(figsize=size)[1] if ax is None else ax


def without_axes(ax: Axes | None, what: str) -> None:
    """Refuse given axes where a figure has several panels.

    Parameters
    ----------
    ax : Axes or None
        What the caller gave.
    what : str
        What has several panels, as the beginning of a sentence.

    Raises
    ------
    DesignError
        Axes were given.
    """
    if ax is not None:
        msg = f"{what}, more than the given axes."
        raise DesignError(msg, hint="Draw without ax.")


def mark_origin(ax: Axes, finding: Result | Released, *, above: float = 0) -> None:
    """Write on the panel that its data are synthetic or reconstructed.

    Parameters
    ----------
    ax : Axes
        The panel.
    finding : Result or Released
        What is drawn.
    above : float
        How many points above the panel's edge, so that a title of the panel stays readable.
    """
    write_origin(ax, finding.origin, above=above)


def write_origin(ax: Axes, origin: str, *, above: float = 0) -> None:
    """Write on the panel that data are synthetic or reconstructed.

    Parameters
    ----------
    ax : Axes
        The panel.
    origin : {"observed", "synthetic", "reconstructed"}
        Where they come from; nothing is written on observed data.
    above : float
        How many points above the panel's edge.
    """
    if origin != "observed":
        place = offset_copy(ax.transAxes, ax.figure, y=above, units="points")  # type: ignore[arg-type]
        ax.text(
            1.0,
            1.01,
            MARKED_AS[origin],
            transform=place,
            ha="right",
            va="bottom",
            fontsize=8,
            style="italic",
            color="#555555",
        )


def nothing(words: str, finding: Result | Released, ax: Axes | None) -> Axes:
    """Say in an empty panel that there is nothing to draw.

    Parameters
    ----------
    words : str
        What is said.
    finding : Result or Released
        What would be drawn.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    ax = one_panel(ax, (5.0, 1.5))
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, ha="center", transform=ax.transAxes)
    mark_origin(ax, finding)
    return ax


def count(value: Any, finding: Result | Released) -> str:
    """Write a number of persons: exact in a result, rounded in a released one.

    Parameters
    ----------
    value : float
        The number; missing where it is withheld.
    finding : Result or Released
        What is drawn.

    Returns
    -------
    str
        Such as ``"120"``, ``"≈ 120"`` or ``"not shown"``.
    """
    if value != value or value is None:  # noqa: PLR0124 - not-a-number is unequal to itself
        return "not shown"
    return f"≈ {value:,.0f}" if isinstance(finding, Released) else f"{value:,.0f}"
