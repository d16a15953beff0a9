"""Which behaviour to ask for: the product, ties, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.behaviour_choice import BehaviourOption, rank_behaviours
from campaignbook.errors import PlanError


def option(name="walk", impact=1.0, probability=0.5, penetration=0.2):
    return BehaviourOption(
        name=name, impact=impact, probability=probability, penetration=penetration
    )


def test_gain_is_the_product_and_ties_share_a_rank():
    table = rank_behaviours(
        [option("a"), option("b", impact=2.0), option("c", penetration=0.2)]
    )
    assert table["behaviour"].tolist() == ["b", "a", "c"]
    assert table["gain"].tolist() == pytest.approx([0.8, 0.4, 0.4])
    assert table["rank"].tolist() == [1, 2, 2]


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1), st.floats(0, 1)), min_size=1)
)
def test_gains_fall_and_a_behaviour_of_all_gains_nothing(numbers):
    made = [option(str(i), *n) for i, n in enumerate(numbers)]
    table = rank_behaviours([*made, option("everybody", 5.0, 1.0, 1.0)])
    assert table["gain"].is_monotonic_decreasing
    assert table.set_index("behaviour").loc["everybody", "gain"] == 0


def test_every_wrong_number_is_told_at_once():
    wrong = [option("a", impact=-1.0), option("b", probability=35, penetration=-0.1)]
    with pytest.raises(PlanError) as told:
        rank_behaviours(wrong)
    assert len(told.value.problems) == 3
    assert "write 35% as 0.35" in str(told.value)
    with pytest.raises(PlanError, match="at least one"):
        rank_behaviours([])
