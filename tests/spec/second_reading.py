"""The scoring keys of all instruments, read and typed a second time, apart from the catalogue.

Each instrument has its number of items, its codings as (lowest code, highest code, items to be turned), and its scales
as (items, arithmetic, how many must be answered, what a missing item does, lowest score, highest score).

- A missing item either rules a score out ("refuse"), is stood in for by the mean of the person's answered items
  ("person mean"), or adds nothing to the sum ("not counted"). Where no rule was found, nothing may be missing.
- "percent of the way" is the mean on the way from the lowest to the highest code, "percent of the maximum" the sum as
  a share of the highest sum.
- With several codings, the scales are those of the first.
- Items with a range of their own stand in RANGES, codes that are no answer in NO_ANSWER, the answers needed to the
  instrument as a whole in NEEDED_OVERALL, and the tables at the end of the file.
"""


def numbers(text):
    """Item numbers written as "1-5, 9"."""
    runs = [part.split("-") for part in text.split(", ")] if text else []
    return [item for run in runs for item in range(int(run[0]), int(run[-1]) + 1)]


REFUSED = ("basis-24", "copsoq", "imr", "mbi", "mhrm", "rki", "sf-12", "stori-30", "upsides-fidelity-su", "vsss-54")

RANGES = {"eq-5d-5l": {6: (0, 100)}}

NO_ANSWER = {
    "honos": {9: range(1, 13)},
    "gaf": {0: [1]},
    "eq-5d-5l": {999: [6]},
    "rsa-r-32": {6: range(1, 33), 7: range(1, 33)},
}

NEEDED_OVERALL = {"whoqol-bref-position-codes": 21}

LOWER_IS_BETTER = (
    *("ismi-29", "ismi-10", "ismi-9", "mica-4-coded-1-is-strongly-agree", "phq-9", "gad-7", "hads-scored-codes"),
    *("k10-1-5", "k10-0-4", "k6-0-4", "k6-1-5", "cbi-19-coded-0-4", "ucla-3", "ucla-20-v3", "djg-6", "wsas", "honos"),
    *("core-om-position-codes", "core-om-printed-codes", "core-10-position-codes", "core-10-printed-codes"),
    *("whodas-12-coded-1-5", "whodas-12-coded-0-4"),
)

_ROGERS = {
    "total_mean": ("1-28", "mean", 28, "refuse", 1, 4),
    "total_sum": ("1-28", "sum", 28, "refuse", 28, 112),
    "self_esteem": ("5, 6, 9, 12, 14, 18, 19, 24, 26", "mean", 9, "refuse", 1, 4),
    "power": ("7, 8, 10, 16, 17, 21-23", "mean", 8, "refuse", 1, 4),
    "activism": ("3, 11, 20, 25, 27, 28", "mean", 6, "refuse", 1, 4),
    "optimism": ("1, 2, 13, 27", "mean", 4, "refuse", 1, 4),
    "anger": ("4, 7, 10, 15", "mean", 4, "refuse", 1, 4),
}

_CORE_OM = {
    "mean": ("1-34", "mean", 31, "person mean", 0, 4),
    "clinical_x10": ("1-34", "mean x 10", 31, "person mean", 0, 40),
    "non_risk_mean": ("1-5, 7, 8, 10-15, 17-21, 23, 25-33", "mean", 25, "person mean", 0, 4),
    "W": ("4, 14, 17, 31", "mean", 4, "refuse", 0, 4),
    "P": ("2, 5, 8, 11, 13, 15, 18, 20, 23, 27, 28, 30", "mean", 11, "person mean", 0, 4),
    "F": ("1, 3, 7, 10, 12, 19, 21, 25, 26, 29, 32, 33", "mean", 11, "person mean", 0, 4),
    "R": ("6, 9, 16, 22, 24, 34", "mean", 6, "refuse", 0, 4),
}

_CORE_10 = {"total": ("1-10", "sum", 9, "person mean", 0, 40)}
_RSES_0_3 = {"total": ("1-10", "sum", 10, "refuse", 0, 30)}
_RSES_1_4 = {"total": ("1-10", "sum", 10, "refuse", 10, 40)}
_CSQ_8 = {
    "total": ("1-8", "sum", 8, "refuse", 8, 32),
    "csq_3": ("3, 7, 8", "sum", 3, "refuse", 3, 12),
}
_CSQ_3 = {"total": ("1-3", "sum", 3, "refuse", 3, 12)}
_REQOL_10 = {"total": ("1-10", "sum", 10, "refuse", 0, 40)}
_MHI_5 = {
    "sum": ("1-5", "sum", 3, "person mean", 5, 30),
    "score_0_100": ("1-5", "percent of the way", 3, "person mean", 0, 100),
}

READING = {
    # recovery
    "ras-41": (41, {"1-5": (1, 5, "")}, {
        "total": ("1-41", "sum", 41, "refuse", 41, 205),
        "confidence_hope": ("11, 14, 15, 16, 20, 22, 24, 25, 36", "mean", 9, "refuse", 1, 5),
        "ask_help": ("30-32", "mean", 3, "refuse", 1, 5),
        "goal_success": ("1-5", "mean", 5, "refuse", 1, 5),
        "reliance": ("6, 37, 39, 40", "mean", 4, "refuse", 1, 5),
        "not_dominated": ("27-29", "mean", 3, "refuse", 1, 5),
    }),
    "ras-24-grouped": (24, {"1-5": (1, 5, "")}, {
        "total": ("1-24", "sum", 24, "refuse", 24, 120),
        "confidence_hope": ("1-9", "mean", 9, "refuse", 1, 5),
        "ask_help": ("10-12", "mean", 3, "refuse", 1, 5),
        "goal_success": ("13-17", "mean", 5, "refuse", 1, 5),
        "reliance": ("18-21", "mean", 4, "refuse", 1, 5),
        "not_dominated": ("22-24", "mean", 3, "refuse", 1, 5),
    }),
    "ras-24-sequential": (24, {"1-5": (1, 5, "")}, {
        "total": ("1-24", "sum", 24, "refuse", 24, 120),
        "confidence_hope": ("7-14, 21", "mean", 9, "refuse", 1, 5),
        "ask_help": ("18-20", "mean", 3, "refuse", 1, 5),
        "goal_success": ("1-5", "mean", 5, "refuse", 1, 5),
        "reliance": ("6, 22-24", "mean", 4, "refuse", 1, 5),
        "not_dominated": ("15-17", "mean", 3, "refuse", 1, 5),
    }),
    "ras-ds": (38, {"1-4": (1, 4, "")}, {
        "total": ("1-38", "sum", 38, "refuse", 38, 152),
        "total_pct_of_max": ("1-38", "percent of the maximum", 38, "refuse", 25, 100),
        "doing_things_i_value": ("1-6", "sum", 6, "refuse", 6, 24),
        "looking_forward": ("7-24", "sum", 18, "refuse", 18, 72),
        "mastering_illness": ("25-31", "sum", 7, "refuse", 7, 28),
        "connecting_belonging": ("32-38", "sum", 7, "refuse", 7, 28),
    }),
    "inspire-support": (20, {"0-4": (0, 4, "")}, {
        "score": ("1-20", "percent of the way, over the items marked important", 1, "person mean", 0, 100),
    }),
    "inspire-relationship": (7, {"0-4": (0, 4, "")}, {
        "score": ("1-7", "percent of the way", 7, "refuse", 0, 100),
    }),
    "brief-inspire": (5, {"0-4": (0, 4, "")}, {
        "score": ("1-5", "percent of the way", 5, "refuse", 0, 100),
    }),
    "brief-inspire-o": (5, {"0-4": (0, 4, "")}, {
        "score": ("1-5", "percent of the way", 5, "refuse", 0, 100),
    }),
    "qpr-15": (15, {"0-4": (0, 4, ""), "1-5": (1, 5, "")}, {
        "total": ("1-15", "sum", 15, "refuse", 0, 60),
    }),
    "qpr-22": (22, {"0-4": (0, 4, "")}, {
        "total": ("1-22", "sum", 22, "refuse", 0, 88),
    }),
    # stigma
    "ismi-29": (29, {"1-4": (1, 4, "7, 14, 24, 26, 27")}, {
        "total_mean": ("1-29", "mean", 1, "person mean", 1, 4),
        "mean_without_SR": ("1-6, 8-13, 15-23, 25, 28, 29", "mean", 1, "person mean", 1, 4),
        "alienation": ("1, 5, 8, 16, 17, 21", "mean", 1, "person mean", 1, 4),
        "stereotype": ("2, 6, 10, 18, 19, 23, 29", "mean", 1, "person mean", 1, 4),
        "discrimination": ("3, 15, 22, 25, 28", "mean", 1, "person mean", 1, 4),
        "withdrawal": ("4, 9, 11, 12, 13, 20", "mean", 1, "person mean", 1, 4),
        "SR_reversed": ("7, 14, 24, 26, 27", "mean", 1, "person mean", 1, 4),
    }),
    "ismi-10": (10, {"1-4": (1, 4, "2, 9")}, {
        "total_mean": ("1-10", "mean", 1, "person mean", 1, 4),
    }),
    "ismi-9": (9, {"1-4": (1, 4, "2, 9")}, {
        "total_mean": ("1-9", "mean", 1, "person mean", 1, 4),
    }),
    "mica-4-coded-1-is-strongly-agree": (16, {"1-6": (1, 6, "1, 2, 4-8, 13-15")}, {
        "total": ("1-16", "sum", 16, "refuse", 16, 96),
    }),
    "ribs-items-5-8": (4, {"1-5": (1, 5, "")}, {
        "total": ("1-4", "sum", 4, "refuse", 4, 20),
    }),
    # empowerment, coherence, hope, self-efficacy, self-esteem
    "rogers-es-4-is-strongly-agree": (28, {"1-4": (1, 4, "4, 7, 8, 10, 16, 17, 21-23")}, _ROGERS),
    "rogers-es-1-is-strongly-agree": (28, {"1-4": (1, 4, "1-3, 5, 6, 9, 11-15, 18-20, 24-28")}, _ROGERS),
    "soc-13": (13, {"1-7": (1, 7, "1-3, 7, 10")}, {
        "total": ("1-13", "sum", 13, "refuse", 13, 91),
        "comprehensibility": ("2, 6, 8, 9, 11", "sum", 5, "refuse", 5, 35),
        "manageability": ("3, 5, 10, 13", "sum", 4, "refuse", 4, 28),
        "meaningfulness": ("1, 4, 7, 12", "sum", 4, "refuse", 4, 28),
    }),
    "soc-29": (29, {"1-7": (1, 7, "1, 4-7, 11, 13, 14, 16, 20, 23, 25, 27")}, {
        "total": ("1-29", "sum", 29, "refuse", 29, 203),
        "comprehensibility": ("1, 3, 5, 10, 12, 15, 17, 19, 21, 24, 26", "sum", 11, "refuse", 11, 77),
        "manageability": ("2, 6, 9, 13, 18, 20, 23, 25, 27, 29", "sum", 10, "refuse", 10, 70),
        "meaningfulness": ("4, 7, 8, 11, 14, 16, 22, 28", "sum", 8, "refuse", 8, 56),
    }),
    "hhi": (12, {"1-4": (1, 4, "3, 6")}, {
        "total": ("1-12", "sum", 12, "refuse", 12, 48),
        "temporality": ("1, 2, 6, 11", "sum", 4, "refuse", 4, 16),
        "readiness": ("4, 7, 10, 12", "sum", 4, "refuse", 4, 16),
        "interconnectedness": ("3, 5, 8, 9", "sum", 4, "refuse", 4, 16),
    }),
    "adult-hope-8pt": (12, {"1-8": (1, 8, "")}, {
        "total": ("1, 2, 4, 6, 8, 9, 10, 12", "sum", 8, "refuse", 8, 64),
        "pathways": ("1, 4, 6, 8", "sum", 4, "refuse", 4, 32),
        "agency": ("2, 9, 10, 12", "sum", 4, "refuse", 4, 32),
    }),
    "adult-hope-4pt": (12, {"1-4": (1, 4, "")}, {
        "total": ("1, 2, 4, 6, 8, 9, 10, 12", "sum", 8, "refuse", 8, 32),
        "pathways": ("1, 4, 6, 8", "sum", 4, "refuse", 4, 16),
        "agency": ("2, 9, 10, 12", "sum", 4, "refuse", 4, 16),
    }),
    "state-hope": (6, {"1-8": (1, 8, "")}, {
        "total": ("1-6", "sum", 6, "refuse", 6, 48),
        "agency": ("2, 4, 6", "sum", 3, "refuse", 3, 24),
        "pathways": ("1, 3, 5", "sum", 3, "refuse", 3, 24),
    }),
    "mhcs": (16, {"1-6": (1, 6, "")}, {
        "total": ("1-16", "sum", 16, "refuse", 16, 96),
        "optimism": ("1-6", "sum", 6, "refuse", 6, 36),
        "coping": ("7-13", "sum", 7, "refuse", 7, 42),
        "advocacy": ("14-16", "sum", 3, "refuse", 3, 18),
    }),
    "gse-10": (10, {"1-4": (1, 4, "")}, {
        "total": ("1-10", "sum", 7, "person mean", 10, 40),
    }),
    "rses-order-a-0-3": (10, {"0-3": (0, 3, "3, 5, 8, 9, 10")}, _RSES_0_3),
    "rses-order-a-1-4": (10, {"1-4": (1, 4, "3, 5, 8, 9, 10")}, _RSES_1_4),
    "rses-order-b-0-3": (10, {"0-3": (0, 3, "2, 5, 6, 8, 9")}, _RSES_0_3),
    "rses-order-b-1-4": (10, {"1-4": (1, 4, "2, 5, 6, 8, 9")}, _RSES_1_4),
    "rses-printed-codes-0-3": (10, {"0-3": (0, 3, "")}, _RSES_0_3),
    "rses-printed-codes-1-4": (10, {"1-4": (1, 4, "")}, _RSES_1_4),
    # well-being, quality of life, functioning
    "who-5": (5, {"0-5": (0, 5, "")}, {
        "raw": ("1-5", "sum", 5, "refuse", 0, 25),
        "score_0_100": ("1-5", "sum x 4", 5, "refuse", 0, 100),
    }),
    "wemwbs": (14, {"1-5": (1, 5, "")}, {
        "total": ("1-14", "sum", 11, "person mean", 14, 70),
    }),
    "swemwbs": (7, {"1-5": (1, 5, "")}, {
        "raw": ("1-7", "sum", 7, "refuse", 7, 35),
        "metric": ("1-7", "table", 7, "refuse", 7, 35),
    }),
    "mansa-subjective12": (12, {"1-7": (1, 7, "")}, {
        "mean": ("1-12", "mean", 12, "refuse", 1, 7),
    }),
    "dialog": (11, {"1-7": (1, 7, "")}, {
        "qol_mean": ("1-8", "mean", 8, "refuse", 1, 7),
        "treatment_mean": ("9-11", "mean", 3, "refuse", 1, 7),
    }),
    "reqol-10-position-codes": (10, {"0-4": (0, 4, "1, 3, 6, 9")}, _REQOL_10),
    "reqol-10-printed-codes": (10, {"0-4": (0, 4, "")}, _REQOL_10),
    "reqol-20-printed-codes": (20, {"0-4": (0, 4, "")}, {
        "total": ("1-20", "sum", 20, "refuse", 0, 80),
    }),
    "whodas-12-coded-1-5": (12, {"1-5": (1, 5, "")}, {
        "simple_sum_12_60": ("1-12", "sum", 11, "person mean", 12, 60),
        "simple_pct": ("1-12", "percent of the way", 11, "person mean", 0, 100),
        "complex_0_100": ("1-12", "weights", 12, "refuse", 0, 100),
    }),
    "whodas-12-coded-0-4": (12, {"0-4": (0, 4, "")}, {
        "simple_sum_0_48": ("1-12", "sum", 11, "person mean", 0, 48),
        "simple_pct": ("1-12", "percent of the way", 11, "person mean", 0, 100),
        "complex_0_100": ("1-12", "weights", 12, "refuse", 0, 100),
    }),
    "wsas": (5, {"0-8": (0, 8, "")}, {
        "total": ("1-5", "sum", 5, "refuse", 0, 40),
        "without_work_item": ("2-5", "sum", 4, "refuse", 0, 32),
    }),
    "eq-5d-5l": (6, {"1-5": (1, 5, "")}, {
        "index_denmark_2021": ("1-5", "weights", 5, "refuse", -0.758, 1),
        "index_norway_2024": ("1-5", "weights", 5, "refuse", -0.453, 1),
        "index_sweden_2022_stated": ("1-5", "weights", 5, "refuse", -0.314, 1),
        "index_sweden_2020_experience": ("1-5", "weights", 5, "refuse", 0.2433, 0.9755),
        "vas": ("6", "sum", 1, "refuse", 0, 100),
    }),
    "whoqol-bref-position-codes": (26, {"1-5": (1, 5, "3, 4, 26")}, {
        "physical": ("3, 4, 10, 15-18", "percent of the way", 5, "person mean", 0, 100),
        "psychological": ("5-7, 11, 19, 26", "percent of the way", 4, "person mean", 0, 100),
        "social": ("20-22", "percent of the way", 2, "person mean", 0, 100),
        "environment": ("8, 9, 12-14, 23-25", "percent of the way", 6, "person mean", 0, 100),
    }),
    "honos": (12, {"0-4": (0, 4, "")}, {
        "total": ("1-12", "sum", 1, "not counted", 0, 48),
    }),
    "gaf": (1, {"1-100": (1, 100, "")}, {
        "score": ("1", "sum", 1, "refuse", 1, 100),
    }),
    "swls": (5, {"1-7": (1, 7, "")}, {
        "total": ("1-5", "sum", 5, "refuse", 5, 35),
    }),
    "mhi-5-coded-6-is-all-of-the-time": (5, {"1-6": (1, 6, "1, 2, 4")}, _MHI_5),
    "mhi-5-coded-1-is-all-of-the-time": (5, {"1-6": (1, 6, "3, 5")}, _MHI_5),
    # symptoms
    "phq-9": (9, {"0-3": (0, 3, "")}, {
        "total": ("1-9", "sum", 7, "person mean", 0, 27),
    }),
    "gad-7": (7, {"0-3": (0, 3, "")}, {
        "total": ("1-7", "sum", 5, "person mean", 0, 21),
    }),
    "k10-1-5": (10, {"1-5": (1, 5, "")}, {
        "total_10_50": ("1-10", "sum", 10, "refuse", 10, 50),
    }),
    "k10-0-4": (10, {"0-4": (0, 4, "")}, {
        "total_0_40": ("1-10", "sum", 10, "refuse", 0, 40),
    }),
    "k6-0-4": (6, {"0-4": (0, 4, "")}, {
        "total": ("1-6", "sum", 6, "refuse", 0, 24),
    }),
    "k6-1-5": (6, {"1-5": (1, 5, "")}, {
        "total_6_30": ("1-6", "sum", 6, "refuse", 6, 30),
    }),
    "core-om-position-codes": (34, {"0-4": (0, 4, "3, 4, 7, 12, 19, 21, 31, 32")}, _CORE_OM),
    "core-om-printed-codes": (34, {"0-4": (0, 4, "")}, _CORE_OM),
    "core-10-position-codes": (10, {"0-4": (0, 4, "2, 3")}, _CORE_10),
    "core-10-printed-codes": (10, {"0-4": (0, 4, "")}, _CORE_10),
    "hads-scored-codes": (14, {"0-3": (0, 3, "")}, {
        "anxiety": ("1, 3, 5, 7, 9, 11, 13", "sum", 7, "refuse", 0, 21),
        "depression": ("2, 4, 6, 8, 10, 12, 14", "sum", 7, "refuse", 0, 21),
    }),
    # social relations and loneliness
    "lsns-6": (6, {"0-5": (0, 5, "")}, {
        "total": ("1-6", "sum", 6, "refuse", 0, 30),
        "family": ("1-3", "sum", 3, "refuse", 0, 15),
        "friends": ("4-6", "sum", 3, "refuse", 0, 15),
    }),
    "ucla-3": (3, {"1-3": (1, 3, "")}, {
        "total": ("1-3", "sum", 3, "refuse", 3, 9),
    }),
    "ucla-20-v3": (20, {"1-4": (1, 4, "1, 5, 6, 9, 10, 15, 16, 19, 20")}, {
        "total": ("1-20", "sum", 20, "refuse", 20, 80),
    }),
    "djg-6": (6, {"1-3": (1, 3, "")}, {
        "total": ("1-6", "count", 5, "not counted", 0, 6),
        "emotional": ("1-3", "count", 3, "refuse", 0, 3),
        "social": ("4-6", "count", 3, "refuse", 0, 3),
    }),
    "mspss": (12, {"1-7": (1, 7, "")}, {
        "total_mean": ("1-12", "mean", 12, "refuse", 1, 7),
        "significant_other": ("1, 2, 5, 10", "mean", 4, "refuse", 1, 7),
        "family": ("3, 4, 8, 11", "mean", 4, "refuse", 1, 7),
        "friends": ("6, 7, 9, 12", "mean", 4, "refuse", 1, 7),
    }),
    "mos-sss": (19, {"1-5": (1, 5, "")}, {
        "score_0_100": ("1-19", "percent of the way", 19, "refuse", 0, 100),
    }),
    # satisfaction
    "csq-8-leftmost-is-1": (8, {"1-4": (1, 4, "1, 3, 6, 7")}, _CSQ_8),
    "csq-8-leftmost-is-4": (8, {"1-4": (1, 4, "2, 4, 5, 8")}, _CSQ_8),
    "csq-8-printed-codes": (8, {"1-4": (1, 4, "")}, _CSQ_8),
    "csq-3-leftmost-is-1": (3, {"1-4": (1, 4, "1, 2")}, _CSQ_3),
    "csq-3-printed-codes": (3, {"1-4": (1, 4, "")}, _CSQ_3),
    "psq-18": (18, {"1-5": (1, 5, "1-3, 5, 6, 8, 11, 15, 18")}, {
        "satisfaction": ("3, 17", "mean", 2, "refuse", 1, 5),
        "technical": ("2, 4, 6, 14", "mean", 4, "refuse", 1, 5),
        "interpersonal": ("10, 11", "mean", 2, "refuse", 1, 5),
        "communication": ("1, 13", "mean", 2, "refuse", 1, 5),
        "financial": ("5, 7", "mean", 2, "refuse", 1, 5),
        "time": ("12, 15", "mean", 2, "refuse", 1, 5),
        "access": ("8, 9, 16, 18", "mean", 4, "refuse", 1, 5),
    }),
    # services and staff
    "rsa-r-32": (32, {"1-5": (1, 5, "")}, {
        "total_mean": ("1-32", "mean", 1, "person mean", 1, 5),
        "life_goals": ("3, 7-9, 12, 16-18, 28, 31, 32", "mean", 1, "person mean", 1, 5),
        "involvement": ("22-25, 29", "mean", 1, "person mean", 1, 5),
        "diversity": ("14, 15, 20, 21, 26", "mean", 1, "person mean", 1, 5),
        "choice": ("4-6, 10, 27", "mean", 1, "person mean", 1, 5),
        "individually_tailored": ("11, 13, 19, 30", "mean", 1, "person mean", 1, 5),
        "inviting": ("1, 2", "mean", 1, "person mean", 1, 5),
    }),
    "cbi-19-coded-0-4": (19, {"0-4": (0, 4, "13")}, {
        "personal": ("1-6", "percent of the way", 3, "person mean", 0, 100),
        "work": ("7-13", "percent of the way", 4, "person mean", 0, 100),
        "client": ("14-19", "percent of the way", 3, "person mean", 0, 100),
    }),
}  # fmt: skip

SWEMWBS = (
    *(7.00, 9.51, 11.25, 12.40, 13.33, 14.08, 14.75, 15.32, 15.84, 16.36, 16.88, 17.43, 17.98, 18.59, 19.25),
    *(19.98, 20.73, 21.54, 22.35, 23.21, 24.11, 25.03, 26.02, 27.03, 28.13, 29.31, 30.70, 32.55, 35.00),
)
"""The score for each sum, from 7 to 35."""

WHODAS_COLLAPSED = (2, 4, 8, 10, 11, 12)
"""Items whose five codes count 0, 1, 1, 2, 2; those of the others count 0, 1, 2, 3, 4. Divided by 36, times 100."""

LONELY = {1: (2, 3), 2: (2, 3), 3: (2, 3), 4: (1, 2), 5: (1, 2), 6: (1, 2)}
"""De Jong Gierveld: the codes that count as lonely."""

EQ_5D = {
    "index_denmark_2021": {
        "start": 1,
        "levels": (
            (-0.041, -0.054, -0.157, -0.220),
            (-0.035, -0.050, -0.144, -0.209),
            (-0.033, -0.040, -0.139, -0.174),
            (-0.048, -0.094, -0.381, -0.537),
            (-0.072, -0.191, -0.430, -0.618),
        ),
        "any 5": 0,
    },
    "index_norway_2024": {
        "start": 1,
        "levels": (
            (-0.03116, -0.064985, -0.158875, -0.205),
            (-0.031312, -0.065302, -0.15965, -0.206),
            (-0.027208, -0.056743, -0.138725, -0.179),
            (-0.059432, -0.123947, -0.303025, -0.391),
            (-0.071744, -0.149624, -0.3658, -0.472),
        ),
        "any 5": 0,
    },
    "index_sweden_2022_stated": {
        "start": 1,
        "levels": (
            (-0.022, -0.026, -0.087, -0.132),
            (-0.019, -0.056, -0.113, -0.159),
            (-0.022, -0.048, -0.131, -0.187),
            (-0.010, -0.047, -0.319, -0.442),
            (-0.031, -0.122, -0.277, -0.394),
        ),
        "any 5": 0,
    },
    "index_sweden_2020_experience": {
        "start": 0.9755,
        "levels": (
            (-0.0287, -0.0346, -0.0523, -0.0523),
            (-0.0254, -0.0817, -0.0824, -0.0824),
            (-0.0549, -0.1143, -0.1639, -0.1639),
            (-0.0108, -0.0428, -0.1024, -0.1974),
            (-0.0325, -0.0868, -0.2002, -0.2339),
        ),
        "any 5": -0.0023,
    },
}
"""Value sets: for mobility, self-care, activities, pain and anxiety what the levels 2 to 5 add to the start."""

PRINTED = {
    "djg-6": [
        ("111111", {"total": 3}),
        ("333333", {"total": 3}),
        ("222222", {"total": 6}),
        ("321132", {"total": 4, "emotional": 2, "social": 2}),
    ],
    "eq-5d-5l": [
        (profile, dict(zip(EQ_5D, indices, strict=True)))
        for profile, indices in {
            "11111": (1, 1, 1, 0.9755),
            "55555": (-0.758, -0.453, -0.314, 0.2433),
            "21342": (0.466, 0.537328, 0.580, 0.6976),
            "12345": (-0.074, 0.13692, 0.220, 0.4972),
            "33333": (0.571, 0.539399, 0.701, 0.6153),
        }.items()
    ],
}
"""Answers and scores printed together in the sources."""
