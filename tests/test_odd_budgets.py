"""Money, voices and trees that make no sense: a sentence each, no empty number."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from campaignbook.allocation import allocate
from campaignbook.allocation_doubt import difference, doubt, uses_of
from campaignbook.best_split import Use
from campaignbook.errors import CampaignError
from campaignbook.exchange import Offer, diagnose, exchange
from campaignbook.fitted_curves import fit_curves
from campaignbook.kpi_tree import Branch, leaves, tree_frame
from campaignbook.perceptual_map import perceptual_map
from campaignbook.strategies import FORMS, Response
from campaignbook.strategy_figures import draw_map
from campaignbook.voices import (
    Opportunity,
    content_gaps,
    gap_sentence,
    rank_opportunities,
    share_of_voice,
)

SPEND = np.tile([10.0, 25, 50, 75, 100], 8)
CURVE = Response(form="saturation", scale=10, shape=5)


def channel(response, name="a", spend=SPEND):
    return pd.DataFrame({"channel": name, "spend": spend, "response": response})


def two_channels(seed=1):
    rng = np.random.default_rng(seed)
    made = [
        channel(rng.poisson(a * SPEND / (b + SPEND)), name)
        for name, a, b in (("a", 30, 20), ("b", 50, 60))
    ]
    return fit_curves(pd.concat(made))


def use(name="a", **given):
    return Use(name=name, curve=CURVE, **given)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "response",
    [np.full(40, 5.0), 200 - SPEND, np.random.default_rng(1).poisson(20 - SPEND / 20)],
)
def test_a_channel_whose_response_does_not_rise_is_refused(form, response):
    with pytest.raises(
        CampaignError, match="from 10 to 100 its response does not rise"
    ):
        fit_curves(channel(response), form=form)


def test_no_curve_of_a_flat_channel_claims_to_be_sure():
    rng, fitted = np.random.default_rng(3), 0
    for _ in range(30):
        try:
            found = fit_curves(channel(rng.poisson(20, 40)))[0]
        except CampaignError:
            continue
        fitted += 1
        shape = found.estimates[1]
        assert shape.ci_high > 1.5 * shape.ci_low, "sure of what no data show"
    assert 0 < fitted < 30


def test_exact_data_on_a_straight_line_have_no_bend():
    with pytest.raises(CampaignError, match="shows no bend"):
        fit_curves(channel(2 * SPEND))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: allocate([use()], budget="100"), "budget: it is '100'; write"),
        (lambda: allocate([use()], budget=-5), "budget: it is -5; write"),
        (lambda: allocate([use(low="5")], budget=9), "it may take '5' to inf"),
        (lambda: allocate([use(current=math.nan)]), "nan spent; write 0 or more"),
        (lambda: fit_curves(channel(SPEND), level=95), "Write 95% as 0.95"),
        (
            lambda: fit_curves(channel(SPEND).assign(channel=[None, *["a"] * 39])),
            "'channel': 1 rows name none",
        ),
        (
            lambda: share_of_voice(
                pd.DataFrame({"voice": [None, "b"], "mentions": [1, 2]})
            ),
            "'voice' is missing in some rows",
        ),
        (
            lambda: share_of_voice(
                pd.DataFrame({"voice": ["a", "b"], "mentions": [1, 2]}), level=95
            ),
            "Write 95% as 0.95",
        ),
        (
            lambda: content_gaps(
                pd.DataFrame({"us": [1, 2]}, index=["t", "t"]), {"t": 1}, own="us"
            ),
            "topic 't' stands twice",
        ),
        (
            lambda: content_gaps(
                pd.DataFrame({"us": ["x"]}, index=["t"]), {"t": 1}, own="us"
            ),
            "posts: write counts",
        ),
        (
            lambda: content_gaps(
                pd.DataFrame({"us": [1]}, index=["t"]), {"t": math.nan}, own="us"
            ),
            "questions: write 0 or more",
        ),
        (
            lambda: rank_opportunities(
                [Opportunity(name="a", need=n, served=0.1) for n in (0.3, 0.5)], seed=1
            ),
            "'a' stands 2 times",
        ),
        (
            lambda: rank_opportunities(
                [Opportunity(name="a", need="much", served=0.1)], seed=1
            ),
            "got 'much'; write 35% as 0.35",
        ),
        (
            lambda: exchange(
                Offer(name="a", benefits={"x": "7"}, barriers={}),
                [Offer(name="b", benefits={}, barriers={})],
            ),
            "'x' weighs '7'; write 0 to 10",
        ),
        (
            lambda: diagnose({"physical capability": "no"}),
            "physical capability: 'no'; write True, False, or None",
        ),
        (
            lambda: tree_frame(Branch(name="a", level="daily", value="x")),
            "'a' is 'x'; write 0 or more",
        ),
        (
            lambda: leaves(Branch(name="a", level="daily", value=1), target="x"),
            "target: it is 'x'",
        ),
        (
            lambda: leaves(
                Branch(name="a", level="daily", value=0.2, unit="share"), target=35
            ),
            "a share of 35; write 35% as 0.35",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(asked, said):
    with pytest.raises(CampaignError, match=said):
        asked()


def test_parts_of_a_share_make_no_more_than_all():
    parts = tuple(
        Branch(name=n, level="step", value=0.7, unit="share") for n in ("a", "b")
    )
    whole = Branch(name="t", level="purpose", how="plus", unit="share", parts=parts)
    with pytest.raises(CampaignError, match=r"'t' is a share and its parts make 1\.4"):
        tree_frame(whole)


def test_doubt_is_that_of_the_split_that_is_given():
    fits = two_channels()
    best = allocate(uses_of(fits))
    with pytest.raises(CampaignError, match="best split of 'a' lies outside"):
        doubt(fits, best, seed=1, bounds={"a": (1e5, 1e6)})
    with pytest.raises(CampaignError, match="draws: 0"):
        doubt(fits, best, seed=1, draws=0)
    with pytest.raises(CampaignError, match="Write 95% as"):
        doubt(fits, best, seed=1, level=95)
    turned = allocate(uses_of(fits)[::-1], budget=best.budget)
    with pytest.raises(CampaignError, match="of other channels"):
        difference(fits, best, turned, seed=1)


def test_all_spent_and_nothing_left_over():
    full = allocate([use(high=4), use("b", high=6)], budget=10)
    assert full.sentence().endswith("every use is at its most.")
    rest = allocate([use(high=4), use("b", high=5)], budget=10)
    assert "money is left over" in rest.sentence()


def test_a_nearly_straight_curve_is_split_without_a_warning():
    steep = Use(name="a", curve=Response(form="power", scale=1, shape=0.999999))
    found = allocate([steep, use("b")], budget=10)
    assert sum(a.optimal for a in found.allocations) == pytest.approx(10)


def test_no_gaps_are_no_gap():
    assert gap_sentence([]).startswith("Every topic is spoken of")


def test_both_axes_of_a_map_have_one_scale():
    counts = pd.DataFrame(
        [[30, 5, 2], [4, 20, 9], [3, 8, 40]], index=list("abc"), columns=list("xyz")
    )
    ax = draw_map(perceptual_map(counts), ax=Figure().subplots())
    assert ax.get_aspect() == 1
