"""Write instrument_fixtures.json: answers and their scores, by the second reading and plain Python alone.

Run from anywhere: python make_instrument_fixtures.py [where to write]
"""

import json
import sys
from pathlib import Path

import second_reading as source
from second_reading import numbers

HERE = Path(__file__).parent


def range_of(name, coding, item):
    """Lowest and highest code of an item."""
    low, high, _ = source.READING[name][1][coding]
    return source.RANGES.get(name, {}).get(item, (low, high))


def is_answer(name, item, code):
    """Whether something was answered: a code, and none that stands for no answer."""
    no_answer = source.NO_ANSWER.get(name, {})
    return code is not None and not (code in no_answer and item in no_answer[code])


def key(name, coding, answers):
    """One person's answers, item to value, with items turned and codes brought to the first coding."""
    turned = numbers(source.READING[name][1][coding][2])
    first = next(iter(source.READING[name][1]))
    keyed = {}
    for item, code in enumerate(answers, start=1):
        if is_answer(name, item, code):
            low, high = range_of(name, coding, item)
            steps = high - code if item in turned else code - low
            keyed[item] = range_of(name, first, item)[0] + steps
    return keyed


def eq_5d(scale, values):
    """The index of a profile in one of the value sets."""
    chosen = source.EQ_5D[scale]
    score = chosen["start"] + (chosen["any 5"] if 5 in values else 0)
    for level, losses in zip(values, chosen["levels"], strict=True):
        if level > 1:
            score += losses[level - 2]
    return score


def whodas(values, lowest):
    """The complex score of the short form."""
    total = 0
    for item, value in enumerate(values, start=1):
        steps = value - lowest
        total += (0, 1, 1, 2, 2)[steps] if item in source.WHODAS_COLLAPSED else steps
    return total / 36 * 100


def score(name, scale, answers, coding, marks):
    """One person's score on one scale, and how many items were answered: of all where no mark says which count."""
    written, arithmetic, needed, missing, _, _ = source.READING[name][2][scale]
    items = numbers(written)
    keyed = key(name, coding, answers)
    unmarked = marks is not None and 1 not in marks and None in marks
    if marks is not None and not unmarked:
        items = [item for item in items if marks[item - 1] == 1]
    found = {item: keyed[item] for item in items if item in keyed}
    enough = not unmarked and len(found) >= needed and len(keyed) >= source.NEEDED_OVERALL.get(name, 0)
    return (arithmetic_of(name, scale, arithmetic, found, len(items), missing) if enough else None), len(found)


def arithmetic_of(name, scale, arithmetic, found, n_items, missing):
    """The score of the answered items."""
    low, high, _ = next(iter(source.READING[name][1].values()))
    values = list(found.values())
    mean = sum(values) / len(values)
    total = sum(values) if missing == "not counted" else sum(values) * n_items / len(values)
    if arithmetic == "weights":
        return eq_5d(scale, values) if name == "eq-5d-5l" else whodas(values, low)
    if arithmetic == "count":
        return sum(value in source.LONELY[item] for item, value in found.items())
    if arithmetic == "table":
        return source.SWEMWBS[sum(values) - 7]
    return {
        "sum": total,
        "sum x 4": total * 4,
        "mean": mean,
        "mean x 10": mean * 10,
        "percent of the way": (mean - low) / (high - low) * 100,
        "percent of the way, over the items marked important": (mean - low) / (high - low) * 100,
        "percent of the maximum": total / (n_items * high) * 100,
    }[arithmetic]


def irregular(name, coding, seed):
    """Answers without a pattern, the same at each run."""
    state, answers = seed, []
    for item in range(1, source.READING[name][0] + 1):
        state = (state * 1103515245 + 12345) % 2**31
        low, high = range_of(name, coding, item)
        answers.append(low + (state >> 12) % (high - low + 1))
    return answers


def without(answers, items):
    """The answers without those to some items."""
    return [None if item in items else code for item, code in enumerate(answers, start=1)]


def vectors(name, coding):
    """What is answered, by what it shows."""
    n_items, _, scales = source.READING[name]
    every = range(1, n_items + 1)
    yield "all at the lowest code", [range_of(name, coding, item)[0] for item in every]
    yield "all at the highest code", [range_of(name, coding, item)[1] for item in every]
    mixed = irregular(name, coding, seed=2024)
    yield "irregular", mixed
    yield "irregular again", irregular(name, coding, seed=77)
    seen = set()
    for scale, (written, _, needed, _, _, _) in scales.items():
        items = numbers(written)
        if (written, needed) not in seen:
            seen.add((written, needed))
            limit = len(items) - needed
            if limit:
                yield f"{scale}: missing at the limit", without(mixed, items[:limit])
                yield f"{scale}: missing at the limit, other items", without(mixed, items[-limit:])
            yield f"{scale}: one missing past the limit", without(mixed, items[: limit + 1])
            yield f"{scale}: one missing past the limit, other items", without(mixed, items[-limit - 1 :])
    if name in source.NEEDED_OVERALL:
        limit = n_items - source.NEEDED_OVERALL[name]
        # the first items spread over the domains, so that no domain misses more than its own limit
        yield "whole: missing at the limit", without(mixed, [1, 2, 3, 5, 8][:limit])
        yield "whole: one missing past the limit", without(mixed, [1, 2, 3, 5, 8, 20][: limit + 1])
    for code, items in source.NO_ANSWER.get(name, {}).items():
        yield f"the code {code} at one item", [code if item == items[0] else each for item, each in enumerate(mixed, 1)]
        yield f"the code {code} throughout", [code if item in items else each for item, each in enumerate(mixed, 1)]


def case(name, coding, shows, answers, marks=None):
    """Answers with the scores that they give."""
    scored = {scale: score(name, scale, answers, coding, marks) for scale in source.READING[name][2]}
    for scale, (value, _) in scored.items():
        low, high = source.READING[name][2][scale][-2:]
        # codes that count for nothing take a sum below the range of complete answers
        floor = 0 if source.READING[name][2][scale][3] == "not counted" else low
        assert value is None or floor - 1e-9 <= value <= high + 1e-9, (name, scale, shows, value)
    found = {"instrument": name, "coding": coding, "shows": shows, "answers": answers}
    if marks is not None:
        found["important"] = marks
    found["scores"] = {scale: value if value is None else round(value, 12) for scale, (value, _) in scored.items()}
    found["answered"] = {scale: answered for scale, (_, answered) in scored.items()}
    return found


def important_cases(name, coding):
    """Answers with marks of what is important to the person."""
    mixed = irregular(name, coding, seed=2024)
    n_items = len(mixed)
    some = [1 if item % 3 else 0 for item in range(1, n_items + 1)]
    marked = [item for item in range(1, n_items + 1) if some[item - 1]]
    unmarked = [item for item in range(1, n_items + 1) if not some[item - 1]]
    for shows, answers in vectors(name, coding):
        yield case(name, coding, f"all important, {shows}", answers, [1] * n_items)
    yield case(name, coding, "some important, the others not rated", without(mixed, unmarked), some)
    yield case(name, coding, "some important, the others rated too", mixed, some)
    yield case(name, coding, "some important, not all rated", without(mixed, [*unmarked, *marked[:5]]), some)
    yield case(name, coding, "some important, one rated", without(mixed, [*unmarked, *marked[1:]]), some)
    yield case(name, coding, "some important, none rated", without(mixed, range(1, n_items + 1)), some)
    yield case(name, coding, "nothing important", without(mixed, range(1, n_items + 1)), [0] * n_items)
    yield case(name, coding, "no mark at all, yet rated", mixed, [None] * n_items)
    yield case(
        name, coding, "no mark at all, and nothing rated", without(mixed, range(1, n_items + 1)), [None] * n_items
    )
    yield case(name, coding, "a tick list: 1 or nothing", mixed, [mark or None for mark in some])
    yield case(name, coding, "no 1 and some marks missing", mixed, [0] * 5 + [None] * (n_items - 5))


def printed_cases():
    """Answers whose scores are printed in the sources, which the second reading must give."""
    for name, examples in source.PRINTED.items():
        coding = next(iter(source.READING[name][1]))
        n_items = source.READING[name][0]
        for digits, expected in examples:
            answers = [int(digit) for digit in digits] + [None] * (n_items - len(digits))
            found = case(name, coding, f"printed: {digits}", answers)
            for scale, value in expected.items():
                assert abs(found["scores"][scale] - value) < 1e-9, (name, digits, scale, found["scores"][scale])
            yield found


def cases():
    """All cases."""
    for name, (_, codings, scales) in source.READING.items():
        marks = any("marked important" in arithmetic for _, arithmetic, *_ in scales.values())
        for coding in codings:
            if marks:
                yield from important_cases(name, coding)
            else:
                yield from (case(name, coding, shows, answers) for shows, answers in vectors(name, coding))
    yield from printed_cases()


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "instrument_fixtures.json"
    lines = ",\n".join(json.dumps(each) for each in cases())
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
