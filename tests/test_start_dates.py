"""Start dates from a column: what is refused, how they may be written, laws."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_staggered import PERIODS, rows_of, run, to_cells

from campaignbook.errors import DataError
from campaignbook.tables import Cells


def one_unit_late(rows):
    return rows.assign(start=rows["start"].where(rows.index != 3, "2005"))


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: t[t["start"] != ""], {}, "every unit is treated at some time"),
        (lambda t: t.assign(start=""), {}, "nothing starts between '2000' and '2009'"),
        (
            lambda t: t.assign(start=t["start"].replace("2003", "203")),
            {},
            "start '203'",
        ),
        (
            lambda t: t.assign(start=t["start"].replace("", "0")),
            {},
            "nothing for never",
        ),
        (
            lambda t: t.assign(start=t["start"].where(t["start"] == "", "2000")),
            {},
            "every treated unit starts in '2000', the first period",
        ),
        (one_unit_late, {}, "'c00' has the starts '2003' and '2005'"),
        (lambda t: t, {"end": "2001"}, "nothing starts between '2000' and '2001'"),
        (lambda t: t, {"end": "2011"}, "time.end: '2011' is not among"),
        (lambda t: t[:0], {}, "no usable row is left"),
        (lambda t: t, {"periods": PERIODS[1:]}, "the period '2000' of the table"),
        (lambda t: t.drop(columns="start"), {}, "no column 'start'"),
        (lambda t: t.assign(y=2.0), {}, "every row has the same value"),
        (lambda t: pd.concat([t, t[:3]]), {}, "a panel has one row a unit and period"),
    ],
)
def test_refusals(change, options, words):
    rows = to_cells(rows_of(15), unit="cluster")
    changed = change(rows.frame.assign(y=rows_of(15)["y"]))
    if "start" in changed and len(changed):
        frame = to_cells(changed, unit="cluster").frame
    else:
        frame = changed
    with pytest.raises(DataError, match=words):
        run(Cells(frame=frame, rows_read=1), **options)


def test_never_and_numbers_as_other_software_writes_them():
    cells = to_cells(rows_of(16), unit="cluster")
    other = cells.frame.assign(
        start=cells.frame["start"].map(lambda s: f"{s}.0" if s else None)
    )
    before = other.copy(deep=True)
    found = run(Cells(frame=other, centre=cells.centre, rows_read=1))[0]
    assert found == run(cells)[0] and "group:2003" in found
    pd.testing.assert_frame_equal(other, before)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-50, 50))
def test_laws(seed, shift):
    """A constant and the order of rows change nothing; cells are their rows."""
    rows = rows_of(seed, (2, 3, 1, 5), most=4)
    one = run(to_cells(rows))[0]
    keys = ["cluster", "period", "start"]
    summed = to_cells(rows).frame.groupby(keys, as_index=False).sum()
    moved = rows.assign(y=rows["y"] + shift).sample(frac=1, random_state=seed)
    for other in (
        run(to_cells(moved))[0],
        run(Cells(frame=summed, rows_read=1))[0],
    ):
        assert list(other) == list(one)
        for name, e in one.items():
            assert other[name].estimate == pytest.approx(e.estimate, abs=1e-8)
            assert other[name].p_value == pytest.approx(e.p_value, abs=1e-7)
            assert other[name].n == e.n
