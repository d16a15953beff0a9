"""The lesson on strategies: tables, figures and forms, without browser and kernel."""

import re

import pandas as pd
import pytest
from conftest import ROOT
from matplotlib.backends.backend_agg import FigureCanvasAgg

from campaignbook import lesson_strategies as lesson
from campaignbook.allocation import allocate
from campaignbook.allocation_doubt import difference, doubt, uses_of
from campaignbook.best_split import Use
from campaignbook.forms import plan_form
from campaignbook.kpi_tree import Branch
from campaignbook.perceptual_map import perceptual_map
from campaignbook.strategies import Response
from campaignbook.strategy_figures import (
    curves_picture,
    map_picture,
    marginals_picture,
    shares_picture,
)
from campaignbook.voices import content_gaps, share_of_voice

POSTS = pd.read_csv(ROOT / "data" / "tables" / "quit_posts.csv")
WORDS = {"currency": "GBP", "unit": "enrolments"}


def words_of(shown):
    text = getattr(shown, "data", shown)
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def fits():
    return lesson.fitted_channels()


@pytest.fixture(scope="module")
def best(fits):
    return allocate(uses_of(fits), **WORDS)


# --- what the notebook says -------------------------------------------------------


def test_the_words_beside_the_shares_are_true():
    by_day = POSTS.groupby(["voice", "day"]).size().rename("mentions").reset_index()
    ours = share_of_voice(by_day, period="day")[-1]
    assert ours.group == "our service" and ours.ci_low < 2 / 16.5 < ours.ci_high
    assert ours.words() == ("12.4%", "95% interval 9.8% to 15.7%")
    alone = share_of_voice(by_day)[-1]
    narrower = (alone.ci_high - alone.ci_low) / (ours.ci_high - ours.ci_low)
    assert narrower == pytest.approx(0.7, abs=0.03)


def test_the_words_beside_the_split_are_true(fits, best):
    by_name = {a.name: a for a in best.allocations}
    assert 100 * by_name["pharmacies"].marginal_now == pytest.approx(5.1, abs=0.05)
    assert 100 * by_name["local radio"].marginal_now == pytest.approx(1.1, abs=0.05)
    seen = {f.channel: (f.spend.min(), f.spend.max()) for f in fits}
    inside = allocate(uses_of(fits, bounds=seen), **WORDS)
    found = doubt(fits, inside, seed=1, bounds=seen)
    assert found.gain.ci_low > 0
    for share, use in zip(found.shares, uses_of(fits), strict=True):
        now = use.current / inside.budget
        assert not share.ci_low <= now <= share.ci_high


def test_social_media_are_worth_their_place(fits):
    without = dict.fromkeys(lesson.SOCIAL_MEDIA, (0.0, 0.0))
    both = allocate(uses_of(fits), budget=4000, **WORDS)
    alone = allocate(uses_of(fits, bounds=without), budget=4000, **WORDS)
    more = difference(fits, both, alone, seed=1)
    assert more.estimate == pytest.approx(both.response - alone.response)
    assert 0 < more.ci_low < more.estimate < more.ci_high


def test_niche_first_then_broad():
    adverts = [
        Use(name="niche", curve=Response(form="saturation", scale=3000, shape=600)),
        Use(name="broad", curve=Response(form="saturation", scale=20_000, shape=8000)),
    ]
    said = words_of(lesson.niche_and_broad(adverts, [200, 10_000], "smokers reached"))
    assert re.search(r" 200 +200 +0 +100.0%", said)
    assert "11.8%" in said


# --- tables -----------------------------------------------------------------------


def test_the_split_is_told_now_and_best(best):
    said = words_of(lesson.split(best))
    assert (
        "Together 4,123 168 4,123 190" in said and "The next 100 GBP bring now" in said
    )
    given = [Use(name=n, curve=Response(form="log", scale=1, shape=9)) for n in "ab"]
    said = words_of(lesson.split(allocate(given, budget=5)))
    assert "Now" not in said and "Best" in said


def test_a_bound_is_told(fits):
    held = allocate(uses_of(fits, bounds={"pharmacies": (0, 500)}), **WORDS)
    assert "500 (at its most)" in words_of(lesson.split(held))
    assert "held by a bound" in words_of(lesson.checks(held.checks, "?"))


def test_gaps_and_tools_are_tables():
    topics = pd.crosstab(POSTS["topic"], POSTS["voice"])
    asked = dict.fromkeys(topics.index, 1)
    said = words_of(lesson.gaps(content_gaps(topics, asked, own="our service")))
    assert "relapse 16.7%" in said and "newspapers, vape shops" in said
    assert "prompt at the place" in words_of(lesson.tools())


def test_a_tree_is_set_in():
    low = Branch(name="a < b", level="daily", value=2)
    page = lesson.tree(Branch(name="top", level="purpose", parts=(low,))).data
    assert "a &lt; b" in page and page.index("0em") < page.index("1.2em")


# --- forms ------------------------------------------------------------------------


def test_a_diagnosis_follows_the_answers():
    form = lesson.try_a_diagnosis(physical_opportunity="no")
    assert "Lacking: physical opportunity" in words_of(form.said)
    form.form.patch(physical_opportunity="not known")
    assert "Nothing is known yet" in words_of(form.said)


def test_a_budget_follows_its_bounds():
    form = lesson.try_a_budget()
    with_all = words_of(form.said)
    form.form.patch(social_media="without", pharmacies=1000)
    said = words_of(form.said)
    assert "0 (fixed)" in said and "1,000 (at its most)" in said != with_all
    form.form.patch(budget=100_000)
    assert "Outside what was ever spent" in words_of(form.said)


def test_the_plan_is_answered_while_it_is_written():
    form = lesson.plan_strategy()
    assert "Give two channels a budget and a response" in words_of(form.said)
    response = {"form": "saturation", "scale": 90, "shape": 400}
    channels = [
        {"name": n, "budget": b, "response": response}
        for n, b in (("x", 10), ("y", 90))
    ]
    form.form.patch(strategy={"channels": channels})
    said = words_of(form.said)
    assert "Together 100" in said and "x 10" in said and "50" in said
    plan = plan_form("strategy").model
    assert [c.budget for c in plan.strategy.channels] == [10, 90]
    steep = {"form": "power", "scale": 1, "shape": 1.5}
    form.form.patch(strategy={"channels": [{"name": "x", "response": steep}]})
    assert "shape 1.5 is convex" in " ".join(form.form.errors.values())


# --- figures ----------------------------------------------------------------------


def test_curves_show_now_and_best_where_they_are(fits, best):
    picture = curves_picture(fits, best)
    axes = picture.figure.axes[: len(fits)]
    assert [ax.get_title(loc="left") for ax in axes] == [f.channel for f in fits]
    for ax, split in zip(axes, best.allocations, strict=True):
        marks = {line.get_label(): line.get_xdata()[0] for line in ax.lines}
        assert marks["now"] == split.current and marks["best split"] == split.optimal
        assert any(len(line.get_xdata()) == 52 for line in ax.lines)
    assert "pharmacies: from 673 to 1,743" in picture.alt


def test_marginals_meet_in_one_line(best):
    ax = marginals_picture(best, money=100).figure.axes[0]
    at_best = next(line for line in ax.lines if line.get_label() == "best split")
    assert at_best.get_xdata() == pytest.approx([100 * best.marginal] * 5)
    assert "enrolments for the next 100 GBP" in ax.get_xlabel()


def test_shares_and_map_mark_our_own():
    counts = POSTS.groupby("voice").size().rename("mentions").reset_index()
    voices = share_of_voice(counts)
    picture = shares_picture(voices, label="share", caption="c", own="our service")
    ax = picture.figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == [e.group for e in voices]
    assert sum(line.get_marker() == "D" for line in ax.lines) == 1
    found = perceptual_map(pd.crosstab(POSTS["voice"], POSTS["image"]))
    picture = map_picture(found, own="our service")
    texts = picture.figure.axes[0].texts
    assert {t.get_text() for t in texts} == {*found.rows.index, *found.columns.index}
    assert "lies nearest to" in picture.alt
    FigureCanvasAgg(picture.figure).draw()
    boxes = [t.get_window_extent() for t in texts]
    meet = [a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert not any(meet)
