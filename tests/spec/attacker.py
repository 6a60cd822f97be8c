"""An attacker of released tables: every total, margin, share, rounding and earlier release becomes a linear constraint,
and each withheld count is bounded by linear and by integer programming.

The attacker knows the policy's numbers (what is rounded to what, that a shown count is none of the small ones) and adds
the rows of every table given: those of several results, or of an earlier and a later release of data that did not change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from peereval.disclosure.policy import disclosure_policy, treatment_of

NAMES = ("source", "kind", "outcome", "measure", "round", "term", "time", "group")
COUNTED = ("share", "participation", "part", "answers", "theme", "pattern")
LARGEST = 1000.0


@dataclass
class Attack:
    """Counts above and below the line, and what is known of them."""

    policy: str = "standard"
    variables: dict = field(default_factory=dict)
    low: list = field(default_factory=list)
    high: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    hidden: set = field(default_factory=set)
    system: tuple | None = None

    def variable(self, key):
        if key not in self.variables:
            self.variables[key] = len(self.low)
            self.low.append(0.0)
            self.high.append(LARGEST)
        return self.variables[key]

    def within(self, key, low, high):
        place = self.variable(key)
        self.low[place], self.high[place] = max(self.low[place], low), min(self.high[place], high)

    def add(self, parts, low, high):
        """A weighted sum of counts lies between two numbers."""
        self.rows.append(({self.variable(key): weight for key, weight in parts.items()}, low, high))

    def told(self, key, shown):
        """A rounded count: every whole number that is rounded to it, but for those that are never shown."""
        rule = disclosure_policy(self.policy)
        half = rule.rounding_base / 2
        least = 0.0 if shown == 0 else max(np.ceil(shown - half), rule.threshold)
        self.within(key, least, 0.0 if shown == 0 else np.ceil(shown + half) - 1)

    def see(self, safe, when="", sizes=None):
        """Add a released result; `when` tells releases apart, `sizes` are numbers of persons that the attacker knows."""
        rows = safe.estimates
        counted = rows["measure"].map(treatment_of()).isin(COUNTED) & ~rows["measure"].str.startswith("standardised")
        rows = rows[counted].dropna(axis=1, how="all")
        if rows.empty or "numerator" not in safe.estimates:
            return self
        rows = rows.reindex(
            columns=list(dict.fromkeys([*rows.columns, *NAMES, "estimate", "numerator", "denominator"]))
        )
        keys = [
            (when, *("" if pd.isna(value) else str(value) for value in row))
            for row in rows[list(NAMES)].to_numpy(object)
        ]
        for key, row in zip(keys, rows.to_dict("records"), strict=True):
            self._row(key, row)
        self._sums(keys)
        for key in keys:
            if key[-1] in (sizes or {}):
                self.within(("below", *key), sizes[key[-1]], sizes[key[-1]])
        return self

    def _row(self, key, row):
        above, below = ("above", *key), ("below", *key)
        self.add({above: 1, below: -1}, -np.inf, 0)
        for name, place in (("numerator", above), ("denominator", below)):
            if not pd.isna(row[name]):
                self.told(place, row[name])
        if not pd.isna(row["estimate"]) and not row["withheld"]:
            self.add({above: 1, below: -(row["estimate"] + 0.005)}, -np.inf, 1e-9)
            self.add({above: 1, below: -(row["estimate"] - 0.005)}, -1e-9, np.inf)
        if row["withheld"] and row["measure"] != "invited":
            self.hidden.add(key)

    def _sums(self, keys):
        """Groups add up to all, and parts to those of their group."""
        place = {name: number for number, name in enumerate(NAMES, start=1)}
        kinds = treatment_of()
        by_sum, by_whole = {}, {}
        for key in keys:
            by_sum.setdefault(key[:-1], []).append(key)
            if kinds[key[place["measure"]]] in ("part", "pattern") or key[place["measure"]] == "option":
                by_whole.setdefault((*key[: place["term"]], *key[place["term"] + 1 :]), []).append(key)
        for members in by_sum.values():
            total = [key for key in members if key[-1] == "all"]
            if total and len(members) > 1:
                for side in ("above", "below"):
                    parts = {(side, *key): 1 for key in members if key[-1] != "all"}
                    self.add({**parts, (side, *total[0]): -1}, 0, 0)
        for members in by_whole.values():
            self.add({**{("above", *key): 1 for key in members}, ("below", *members[0]): -1}, 0, 0)
            for key in members[1:]:
                self.add({("below", *key): 1, ("below", *members[0]): -1}, 0, 0)

    def unchanged(self, before, after, but=()):
        """The counts of two releases are the same, but for some groups."""
        for side, when, *name in list(self.variables):
            other = (side, after, *name)
            if when == before and other in self.variables and name[-1] not in (*but, "all"):
                self.add({(side, before, *name): 1, other: -1}, 0, 0)

    def bounds(self, parts, *, whole=True):
        """The least and the most that a sum of counts can be; an error where nothing fits what was released."""
        matrix, limits, part_of = self._system()
        places = [self.variable(key) for key in parts]
        # counts that share no sum with these cannot tell of them
        mine = np.isin(part_of, part_of[places])
        used = np.unique(matrix[:, mine].nonzero()[0])
        cost = np.zeros(len(mine))
        cost[places] = list(parts.values())
        answers = [
            milp(
                sign * cost[mine], integrality=np.full(mine.sum(), int(whole)),
                bounds=Bounds(np.array(self.low)[mine], np.array(self.high)[mine]),
                constraints=LinearConstraint(matrix[used][:, mine], limits[used, 0], limits[used, 1]),
            )
            for sign in (1, -1)
        ]  # fmt: skip
        assert all(answer.success for answer in answers), answers[0].message
        return answers[0].fun, -answers[1].fun

    def _system(self):
        size = (len(self.rows), len(self.low))
        if self.system is None or self.system[0].shape != size:
            cells = [
                (row, column, weight)
                for row, (weights, _, _) in enumerate(self.rows)
                for column, weight in weights.items()
            ]
            rows, columns, weights = zip(*cells, strict=True)
            matrix = csr_array((weights, (rows, columns)), shape=size)
            together = csr_array(abs(matrix).T @ abs(matrix))
            self.system = (matrix, np.array([limits for _, *limits in self.rows]), connected_components(together)[1])
        return self.system

    def narrowest(self, *, whole=True):
        """The withheld count that is bounded most tightly, on either side of the line: width, key, bounds."""
        found = [(np.inf, None, None)]
        for key in sorted(self.hidden):
            for parts in ({("above", *key): 1}, {("below", *key): 1, ("above", *key): -1}):
                low, high = self.bounds(parts, whole=whole)
                found.append((high - low, key, (low, high)))
        return min(found, key=lambda each: each[0])


def report(safe):
    """What the attacker finds in each of several released results: one row a result."""
    rows = []
    for one in safe:
        attack = Attack(one.policy.split()[0]).see(one)
        threshold = disclosure_policy(attack.policy).threshold
        linear, whole = (attack.narrowest(whole=whole)[0] if attack.hidden else np.nan for whole in (False, True))
        rows.append((one.title, int(one.estimates["withheld"].sum()), len(attack.hidden), linear, whole, threshold))
    names = [
        "result",
        "rows withheld",
        "counts attacked",
        "narrowest, linear",
        "narrowest, whole numbers",
        "must be at least",
    ]
    return pd.DataFrame(rows, columns=names)


if __name__ == "__main__":
    # python tests/spec/attacker.py released/rounds
    import sys

    import peereval as pe

    sys.stdout.write(report(pe.read_released(sys.argv[1])).to_string(index=False) + "\n")
