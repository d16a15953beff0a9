"""The lesson on strategies: tables, figures and forms, without browser and kernel."""

import ast
import json
import re

import pandas as pd
import pytest
from conftest import ROOT
from matplotlib.backends.backend_agg import FigureCanvasAgg

from campaignbook import lesson_strategies as lesson
from campaignbook.allocation import allocate
from campaignbook.allocation_doubt import difference, doubt, uses_of
from campaignbook.best_split import Use
from campaignbook.fitted_curves import fit_curves
from campaignbook.forms import plan_form
from campaignbook.kpi_tree import Branch, leaves
from campaignbook.naive_answers import false_alarms
from campaignbook.perceptual_map import perceptual_map
from campaignbook.strategies import Response
from campaignbook.strategy_figures import (
    curves_picture,
    map_picture,
    marginals_picture,
    shares_picture,
)
from campaignbook.voices import (
    Opportunity,
    content_gaps,
    rank_opportunities,
    share_of_voice,
)

POSTS = pd.read_csv(ROOT / "data" / "tables" / "quit_posts.csv")
WORDS = {"currency": "GBP", "unit": "enrolments"}


CELLS = json.loads(
    (ROOT / "notebooks" / "05_strategies.ipynb").read_text(encoding="utf-8")
)["cells"]


def written(name):
    """Return a literal as a cell of the notebook writes it."""
    code = ["".join(c["source"]) for c in CELLS if c["cell_type"] == "code"]
    for node in ast.walk(ast.parse("\n".join(code))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"the notebook no longer writes {name}")


def states(said, *sentences):
    for sentence in sentences:
        assert sentence in said, f"the notebook no longer says: {sentence}"


@pytest.fixture(scope="module")
def said():
    texts = ["".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown"]
    return " ".join(texts).replace("*", "")


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


def test_the_words_beside_the_other_forms_are_true(fits, best, said):
    spending = pd.read_csv(ROOT / "data" / "tables" / "channel_spending.csv")

    def misfit(found):
        return sum(f.dispersion * f.df for f in found)

    gains = {}
    for form, least, most in (("log", 0.99, 1.01), ("power", 1.05, 1.15)):
        other = fit_curves(spending, response="enrolments", form=form, **WORDS)
        assert least < misfit(other) / misfit(fits) < most
        gains[form] = allocate(uses_of(other), **WORDS).gain
    assert 1.1 < gains["log"] / best.gain < 1.3
    assert 1.9 < gains["power"] / best.gain < 2.1
    states(said, "fits the weeks as well as ours, and promises a little more")
    states(said, "fits a little worse, and promises twice as much")


def test_a_bound_keeps_money_from_what_would_bring_more(fits, said):
    seen = {f.channel: (f.spend.min(), f.spend.max()) for f in fits}
    inside = allocate(uses_of(fits, bounds=seen), **WORDS)
    held = [a for a in inside.allocations if a.at == "most"]
    assert [a.name for a in held] == ["pharmacies"]
    assert held[0].marginal > 1.1 * inside.marginal
    assert all(c.answer == "yes" for c in inside.checks)
    states(said, "The pharmacies are now at their most", "Karush, Kuhn and Tucker")


def test_topics_are_opportunities_too(said):
    gaps = content_gaps(
        pd.crosstab(POSTS["topic"], POSTS["voice"]), written("asked"), own="our service"
    )
    topics = [
        Opportunity(name=g.topic, need=g.asked, served=min(1.0, g.told / g.asked))
        for g in gaps
    ]
    table, ranking = rank_opportunities(topics, seed=1)
    assert table["opportunity"].tolist()[:2] == ["relapse", "cravings"]
    assert 0.5 < ranking.items[0].first_any < 0.7
    harms = next(g for g in gaps if g.topic == "harms")
    assert harms.own > 0.4 and harms.asked == 0.05
    states(said, "Two topics are left", "Our own posts spend 43% on harms")


def test_the_trees_say_what_the_text_says(said):
    clicks = Branch(name="visits from posts", level="step", value=600)
    enrol = Branch(name="of them enrol", level="step", value=0.1, unit="share")
    counter = Branch(name="visits from pharmacies", level="step", value=60)
    both = Branch(name="visits", level="step", parts=(clicks, counter), how="plus")
    kept = Branch(name="kept", level="behaviour", value=0.25, unit="share")
    tree = Branch(name="good", level="purpose", parts=(both, enrol, kept))
    needed = {leaf.name: leaf.needed for leaf in leaves(tree, target=25)}
    assert needed["kept"] == pytest.approx(0.38, abs=0.005)
    assert needed["visits from posts"] / 600 == pytest.approx(1.57, abs=0.005)
    assert 600 * 0.15 == pytest.approx(90)
    states(said, "does as much as 57% more posts", "90 addresses are success for")
    assert false_alarms(20).estimate == pytest.approx(0.25, abs=0.01)
    states(said, "with twenty looks in one of four cases")


# --- tables -----------------------------------------------------------------------


def test_the_split_is_told_now_and_best(best):
    said = words_of(lesson.split(best))
    assert "Together 4,123 168 4,123 190" in said and "Per 100 GBP more, now" in said
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
    assert "enrolments per 100 GBP more" in ax.get_xlabel()


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
    inside = picture.figure.axes[0].get_window_extent()
    assert all(inside.x0 < box.x0 and box.x1 < inside.x1 for box in boxes)
