"""The lesson on audiences: its tables, results in words, the segments of the plan."""

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd
from IPython.display import HTML
from statsmodels.datasets import anes96

from campaignbook.errors import PlanError
from campaignbook.files import DATA
from campaignbook.forms import plan_form
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.plan import CampaignPlan
from campaignbook.results import Estimate, say, say_number
from campaignbook.scoring import Ranking, rank_items
from campaignbook.segment_choice import (
    COST_TYPE,
    TARPARE,
    criteria_of,
    segment_gaps,
)
from campaignbook.series import Responding, respond

QUESTIONS = (
    "family first", "own boss", "health worry", "part of me", "could stop",
    "goes out", "sport", "online", "money tight", "tries", "smoke free home", "cooks",
)  # fmt: skip
"""Columns of the survey of smokers on values, attitudes and lifestyle."""

BELIEFS = ("body recovers", "help makes it easier", "saves money", "only smoking calms")
REASONS = ("friends smoke", "fears weight", "hopes breath", "hopes for children")
"""Its columns on beliefs about stopping, and on reasons against it and for it."""

HEADS: Mapping[str, str] = {
    "n": "people asked", "ci_low": "from", "ci_high": "to", "p_holm": "p (Holm)",
    "people_low": "from (people)", "people_high": "to (people)",
    "first_near": "first, near yours", "first_any": "first, all weightings",
    "smallest_share": "smallest", "held": "hold it", "holders": "of these",
    "others": "of the others", "doers": "of the doers",
    "above_best": "above the best", "log_likelihood": "log-likelihood", "bic": "BIC",
}  # fmt: skip
"""Columns of results under names for readers."""

SHARES = {
    "share", "ci_low", "ci_high", "held", "holders", "others", "doers", "everybody",
    "smallest_share", "first_near", "first_any", "explained", "addressed", "meant",
    "found", "meant from", "meant to",
}  # fmt: skip
CHANGES = {"gain", "difference"}
"""Columns of shares, and of differences of shares in percentage points."""


class Told(Protocol):
    """A result that speaks as a sentence and as a table."""

    def sentence(self) -> str:
        """Return it in words."""

    def to_frame(self) -> pd.DataFrame:
        """Return it as a table."""


def smokers() -> pd.DataFrame:
    """Return the simulated survey of smokers; the codebook tells the truth of it.

    Columns as there, with spaces in their names.
    """
    people = pd.read_csv(DATA / "tables" / "smokers.csv")
    return people.rename(columns=lambda name: name.replace("_", " "))


def quitters() -> pd.DataFrame:
    """Return the smokers of 1971 (NHEFS), their groups in words.

    Columns beside those of the codebook: ``age group``, ``gender``, ``school``,
    ``exercise``, ``usual day``, ``cigarettes`` and ``stopped``.
    """
    people = pd.read_csv(DATA / "tables" / "nhefs.csv")
    schools = ["8th grade or less", "some high school", "high school"]
    schools += ["some college", "college or more"]
    ages, smoked = [0, 39, 54, 99], [0, 10, 20, 99]
    made = {
        "age group": pd.cut(people["age"], ages, labels=["25-39", "40-54", "55-74"]),
        "gender": people["sex"].map({0: "men", 1: "women"}),
        "school": people["education"].map(dict(enumerate(schools, start=1))),
        "exercise": people["exercise"].map({0: "much", 1: "moderate", 2: "little"}),
        "usual day": people["active"].map(
            {0: "very active", 1: "active", 2: "inactive"}
        ),
        "cigarettes": pd.cut(
            people["smokeintensity"], smoked, labels=["1-10", "11-20", "over 20"]
        ),
        "stopped": people["qsmk"],
    }
    return people.assign(**made)


def voters() -> pd.DataFrame:
    """Return voters of 1996: age, education, income, attitudes, and their vote.

    Columns: ``age`` (years), ``education`` (1-7), ``income`` (1-24), ``own place``,
    ``Clinton's place``, ``Dole's place`` (1 very liberal to 7 very conservative),
    ``party`` (0 strong Democrat to 6 strong Republican), ``for Dole`` (1 yes, 0 no).

    Notes
    -----
    American National Election Study of 1996, as statsmodels ships it.
    """
    names = {
        "educ": "education", "selfLR": "own place", "ClinLR": "Clinton's place",
        "DoleLR": "Dole's place", "PID": "party", "vote": "for Dole",
    }  # fmt: skip
    people = anes96.load_pandas().data.rename(columns=names)
    return people[["age", "income", *names.values()]]


def told(result: Told, caption: str) -> HTML:
    """Return a result's sentence, and its table with shares in percent."""
    return shown(f"<p>{esc(result.sentence())}</p>{frame_table(result, caption)}")


def frame_table(result: Told | pd.DataFrame, caption: str) -> str:
    """Return a frame as a table in words: shares in percent, heads for readers."""
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    change = bool(CHANGES & set(frame.columns))
    heads = [esc(HEADS.get(c, str(c).replace("_", " "))) for c in frame.columns]
    rows = [
        [
            esc(_words(c, v, change=change))
            for c, v in zip(frame.columns, row, strict=True)
        ]
        for row in frame.itertuples(index=False)
    ]
    return table(caption, heads, rows)


def in_words(frame: pd.DataFrame, caption: str) -> HTML:
    """Return a frame as a notebook shows it, shares in percent."""
    return shown(frame_table(frame, caption))


def targeting_frame(ways: tuple[Any, ...]) -> pd.DataFrame:
    """Return what each way to choose reaches, as one row a way."""
    rows = [
        (w.name, w.reached.estimate, w.found.estimate, w.meant.estimate,
         w.meant.ci_low, w.meant.ci_high,
         _price(w.cost))
        for w in ways
    ]  # fmt: skip
    columns = ["way", "addressed", "found", "meant", "meant from", "meant to"]
    return pd.DataFrame(rows, columns=[*columns, "cost by person meant"])


def _price(cost: Estimate | None) -> str:
    if cost is None:
        return ""
    if cost.estimate is None:
        return "nobody meant was found"
    return f"{cost.words()[0]} ({cost.words()[1]})"


def ranking_told(found: Ranking, caption: str) -> HTML:
    """Return a ranking: its sentence, and each item with the stability of its place."""
    frame = found.to_frame()[["name", "score", "rank", "first_near", "first_any"]]
    return shown(f"<p>{esc(found.sentence())}</p>{frame_table(frame, caption)}")


def criteria_table(method: Mapping[str, str], caption: str) -> HTML:
    """Return the criteria of a method with their meaning."""
    rows = [
        [esc(name), esc(words), "turned round" if name in COST_TYPE else "as it is"]
        for name, words in method.items()
    ]
    return shown(table(caption, ["Criterion", "Asks", "Many points count"], rows))


def meanings(words: Mapping[str, str]) -> pd.DataFrame:
    """Return words with what they mean, one row each."""
    return pd.DataFrame({"word": list(words), "meaning": list(words.values())})


def plan_segments() -> Responding:
    """Return the segments of the learner's plan as a form; what is open follows."""
    return respond(plan_form("segments"), _segments_told)


def _segments_told(plan: CampaignPlan) -> str:
    if not plan.segments:
        return nothing("The plan has no segment that is in order yet.")
    parts = []
    for segment in plan.segments:
        gaps = bullets(segment_gaps(segment), "It says all that a segment has to say.")
        parts.append(f"<p><strong>{esc(segment.name)}</strong></p>{gaps}")
    return "".join(parts) + _ranked(plan)


def _ranked(plan: CampaignPlan) -> str:
    """Return the segments by their points, where each has all six of TARPARE."""
    scored = {s.name: s.scores for s in plan.segments if set(s.scores) == set(TARPARE)}
    if len(scored) < 2:
        words = ", ".join(TARPARE)
        return nothing(
            "Give two segments points from 1 to 5 under Scores, by these names, and "
            f"they are ranked: {words}."
        )
    try:
        found = rank_items(scored, criteria_of(TARPARE), seed=1)
    except PlanError as error:
        return nothing(str(error))
    return f"<p>{esc(found.sentence())}</p>"


def _words(column: str, value: Any, *, change: bool) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if column in CHANGES or (change and column in ("ci_low", "ci_high")):
        size = say_number(100 * value, digits=1)
        return f"{size}\N{NO-BREAK SPACE}points"
    if column in SHARES and not isinstance(value, str):
        return say(value, "share")
    if column == "p_holm":
        return "<\N{NO-BREAK SPACE}0.001" if value < 0.001 else say_number(value)
    if column in ("people", "people_low", "people_high"):
        return say_number(round(value))
    return say_number(value) if isinstance(value, float) else str(value)
