"""The quick form of the quality benchmark: every bar holds, every break is seen."""

from dataclasses import replace

import numpy as np
import pytest
import validity
from validity_mutations import MUTATIONS
from validity_rows import Bar, Row, Setting, rows_of

from campaignbook.evaluation.spec import DESIGN_KEYS

LEFT_OUT = {"kpis", "pre_post"}  # they claim no effect; pre_post's shares are a trial's
WITHOUT_A_DESIGN = {"power", "ratio", "different start dates"}


@pytest.fixture(scope="module")
def quick():
    return validity.measure(
        validity.SETTINGS.values(), MUTATIONS.values(), draws=validity.QUICK, workers=2
    )


def row(**changes):
    plain = {"design": "d", "setting": "s", "measure": "m", "bar": Bar(high=0.07)}
    return Row(**plain | {"hits": 5, "compared": 100, "draws": 100} | changes)


def test_every_row_is_inside_its_bar(quick):
    rows, breaks = quick
    assert validity.failures(rows, breaks) == []
    asked = [(s.design, s.name, m) for s in validity.SETTINGS.values() for m in s.bars]
    assert [(r.design, r.setting, r.measure) for r in rows] == asked
    assert all(r.compared == r.draws == (1 if r.exact else 200) for r in rows)
    assert {r.design for r in rows} - WITHOUT_A_DESIGN == set(DESIGN_KEYS) - LEFT_OUT


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_break_is_caught(quick, name):
    rows, calls = quick[1][name]
    assert validity.fate(rows, calls) == "caught" and calls >= 200


def test_workers_and_chunks_change_nothing(quick, monkeypatch):
    keys = [
        "ratio, Fieller, 10 a side, paired",
        "pooled, 5 studies, effects vary by 0.1",
    ]
    settings = [validity.SETTINGS[k] for k in keys]
    monkeypatch.setattr(validity, "CHUNK", 7)
    rows, _ = validity.measure(settings, [], draws=validity.QUICK)
    assert [r for r in quick[0] if r in rows] == rows and len(rows) == 2
    assert 0 < rows[0].hits < validity.QUICK and rows[0].hits != rows[1].hits


def test_a_break_is_undone_and_a_harmless_one_survives(monkeypatch):
    key = "proportion, Wilson, n 20-2000, p .002-.5"
    harmless = replace(MUTATIONS["Wald for Wilson"], instead=lambda original: original)
    unused = replace(
        harmless, name="unused", function="evaluation.clusters:two_sample_t"
    )
    for mutation in (harmless, unused):
        monkeypatch.setitem(MUTATIONS, mutation.name, mutation)
    rows, breaks = validity.measure(
        [validity.SETTINGS[key]], [harmless, unused], draws=1
    )
    assert all(r.inside for r in rows)
    assert [how for _, how in validity.fates(breaks)] == ["survived", "not reached"]
    assert len(validity.failures(rows, breaks)) == 2


@pytest.mark.parametrize(
    ("changes", "inside"),
    [
        ({}, True),
        ({"hits": 14}, True),  # .07 and three errors of .0255
        ({"hits": 15}, False),
        ({"hits": 8, "exact": True}, False),
        ({"compared": 99}, False),
        ({"compared": 0, "hits": 0}, False),
        ({"compared": 0, "hits": 0, "draws": 0}, False),
        ({"bar": Bar(low=0.12)}, True),
        ({"bar": Bar(low=0.16)}, False),
    ],
)
def test_a_row_is_inside_only_what_was_compared(changes, inside):
    assert row(**changes).inside is inside
    assert bool(validity.failures([row(**changes)], {})) is not inside


def test_measures_that_vanish_or_have_no_bar_are_failures():
    def setting(draw):
        return Setting(design="d", name="s", draw=draw, bars={"m": Bar(low=0)})

    drawn = [setting(lambda rng: {}), setting(lambda rng: {"m": None})]
    drawn.append(setting(lambda rng: {"m": True, "other": True}))
    for one in drawn:
        rows = rows_of(one, [one.draw(np.random.default_rng(0))] * 3)
        assert not all(r.inside for r in rows)


def test_nothing_compared_is_an_exit_code(capsys):
    assert validity.main(["--only", "no such setting", "--workers", "1"]) == 1
    assert "Nothing was compared." in capsys.readouterr().out


def test_the_table_tells_each_row(capsys):
    asked = ["--only", "Fieller, 10 a side, paired", "--draws", "50", "--workers", "1"]
    assert validity.main(asked) == 0
    out = capsys.readouterr().out
    for words in ("design", "MC error", "inside?", "coverage of the ratio", "yes"):
        assert words in out
    assert "0.93 to 0.97" in out and "0 failures" in out
