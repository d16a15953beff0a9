"""From a goal to message, channel and resources: a link for each, and none invented."""

import pytest

from campaignbook.errors import PlanError
from campaignbook.plan import CampaignPlan
from campaignbook.relevance import what_follows

GOAL = {
    "id": "g", "type": "behaviour", "measure": "share who cycle", "unit": "share",
    "direction": "increase",
}  # fmt: skip
WHOLE = {
    "name": "Cycle",
    "currency": "EUR",
    "goals": [GOAL],
    "segments": [{"name": "commuters", "barriers": ["rain"], "benefits": ["quick"]}],
    "strategy": {"channels": [{"name": "Posters", "budget": 500}]},
    "activities": [
        {"date": "2027-03-01", "channel": "posters", "behaviour": "cycle once",
         "barrier": "Rain", "content": "A cape for everybody"},
    ],
    "costs": [{"item": "print", "amount": 800}],
}  # fmt: skip


def answers(**changes):
    plan = CampaignPlan.model_validate({**WHOLE, **changes})
    return {c.name: c for c in what_follows(plan, "g")}


def test_a_plan_that_hangs_together():
    assert {n: c.answer for n, c in answers().items()} == dict.fromkeys(
        ["audience", "message", "channel", "resources"], "yes"
    )


@pytest.mark.parametrize(
    ("changes", "name", "answer", "words"),
    [
        ({"segments": []}, "audience", "no", "No segment"),
        ({"segments": [{"name": "all"}]}, "audience", "unknown", "'all'"),
        ({"activities": []}, "message", "no", "calendar is empty"),
        ({"activities": [{"date": "2027-03-01", "channel": "Posters"}]}, "message",
         "unknown", "1 of 1 entries"),
        ({"segments": [{"name": "a", "barriers": ["rain", "hills"]}]}, "message",
         "unknown", "'hills'"),
        ({"strategy": {}}, "channel", "no", "names no channel"),
        ({"strategy": {"channels": ["Radio"]}}, "channel", "unknown", "'posters'"),
        ({"costs": []}, "resources", "yes", "500 EUR"),
        ({"costs": [{"item": "x", "amount": 100}]}, "resources", "no", "come to 500"),
        ({"costs": [], "strategy": {"channels": ["Posters"]}}, "resources", "no",
         "Neither costs nor budgets"),
    ],
)  # fmt: skip
def test_each_missing_link_is_told(changes, name, answer, words):
    found = answers(**changes)[name]
    assert found.answer == answer and words in found.sentence


def test_a_traffic_goal_needs_a_message_not_a_behaviour():
    goal = {**GOAL, "type": "traffic", "measure": "sessions", "unit": "count"}
    bare = [{"date": "2027-03-01", "channel": "Posters", "content": "Look"}]
    assert answers(goals=[goal], activities=bare)["message"].answer == "yes"


def test_an_unknown_goal_is_refused():
    with pytest.raises(PlanError, match="no goal 'gg'"):
        what_follows(CampaignPlan.model_validate(WHOLE), "gg")
