"""Wrong inputs: one clear sentence a problem, exit code 2, nothing written."""

import re

import pytest
from click.testing import CliRunner

from campaignbook.cli import main

PLAN = """\
campaignbook: 1
id: base
name: Base
kind: social
currency: EUR
period: {start: 2020-01-01, end: 2024-12-31}
goals:
  - {id: g, type: behaviour, measure: rate,
    unit: share, direction: increase, baseline: 0.2,
    target: 0.3, deadline: 2024-12-31}
costs:
  - {item: Posters, amount: 100}
evaluations:
  - {id: panel, goal: g, design: difference_in_differences,
    data: {file: panel.csv}, outcome: rate, unit: town, cluster: town,
    treated: {column: town, values: [A, B, C]}, time: {column: year, start: 2022}}
  - {id: trial, goal: g, design: randomized_trial,
    data: {file: people.csv}, outcome: quit, outcome_type: binary, cluster: village,
    arms: {column: arm, control: none, treated: [letter]}, covariates: [age]}
  - {id: sums, goal: g, design: randomized_trial, allocation: {control: 0.5, A: 0.5},
    counts: {control: {n: 100, events: 10}, A: {n: 100, events: 20}}}
"""
PANEL = "town,year,rate,land\n" + "".join(
    f"{town},{year},{0.2 + i / 100 + (7 * i + 3 * year) % 5 / 200:.3f},X\n"
    for i, town in enumerate("ABCDEF")
    for year in range(2020, 2024)
)
PEOPLE = "arm,village,quit,age\n" + "".join(
    f"{'letter' if i % 2 else 'none'},V{i % 8},{i % 3 // 2},{20 + i % 9}\n"
    for i in range(48)
)
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(9 * ['*' + a])}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
NO_CELL = (
    '{"cells": [], "metadata": {"kernelspec": {"name": "x", "language": "python"}},'
    ' "nbformat": 4, "nbformat_minor": 5}'
)

# fmt: off
# What is edited in the plan (first match of a pattern), and words of the sentence.
PLAN_EDITS = {
    "misspelt key": ("target:", "taget:", "line 10|goals.g|'taget'|'target'?"),
    "misspelt section": ("costs:", "csots:", "line 11|'csots'|'costs'?"),
    "key twice": ("unit: share", "unit: share, unit: m", "line 9|'unit'|twice"),
    "key is a list": ("name:", "? [a]\n:", "line 3|key"),
    "YAML syntax": ("Base", "[Base", "line 4|YAML"),
    "tab": ("  - {item", "\t- {item", "line 12|YAML"),
    "tag that runs code": ("Base", "!!python/object/apply:os.abort []", "line 3|tag"),
    "NUL": ("Base", "\0", "plan.yml|YAML"),
    "name missing": ("name: Base\n", "", "'name'|missing|name:"),
    "format 2": ("campaignbook: 1", "campaignbook: 2", "line 1|campaignbook|2|1"),
    "kind": ("social", "sozial", "line 4|kind|'sozial'|'social'?"),
    "percent for a share": ("0.3,", "30,", "goals.g|30|0.3"),
    "target on the wrong side": ("0.3,", "0.1,", "goals.g|target 0.1|baseline 0.2"),
    "target no number": ("0.3,", ".nan,", "goals.g.target|nan"),
    "vanity": ("rate,", "video views,", "line 8|goals.g|37 million|148,700|behaviour"),
    "deadline before start": ("deadline: 2024", "deadline: 2019",
        "goals.g.deadline|2019-12-31|on or after|2020-01-01"),
    "end before start": ("end: 2024", "end: 2019", "period|2019-12-31|2020-01-01"),
    "German date": ("2024-12-31}$", "31.12.24}", "line 6|period.end|'31.12.24'"),
    "no such date": ("2024-12-31}$", "2024-02-30}", "line 6|2024-02-30"),
    "negative cost": ("100}", "-100}", "costs[1].amount|-100|0"),
    "no currency": ("currency: EUR\n", "", "currency|costs|EUR"),
    "currency in words": ("EUR", "euro", "currency|'euro'"),
    "id with a slash": ("id: base", "id: a/b", "id|'a/b'"),
    "id leads elsewhere": ("id: base", "id: ../x", "id|'../x'"),
    "id of dots": ("id: base", "id: ..", "id|'..'"),
    "two goals with one id": ("costs:", "  - {id: g, type: sales, measure: m,"
        " unit: u, direction: increase}\ncosts:", "goals|'g'|2 times"),
    "two evaluations with one id": ("id: trial", "id: panel", "'panel'|2 times"),
    "no such goal": ("goal: g", "goal: gg", "evaluations.panel.goal|'gg'|'g'"),
    "unknown design": ("difference_in_diff", "diff_in_diff",
        "panel.design|'diff_in_differences'|'difference_in_differences'?"),
    "kpis": (r"(?s)difference_in_differences.*2022}", "kpis, exports: [a], kpis: [b]",
        "evaluations.panel|exports|no file a"),
    "start_column": (r"treated.*", "time: {column: year, start_column: land}}",
        "evaluations.panel.time.start_column|'X'|first treated period"),
    "start and start_column": ("start: 2022", "start: 2022, start_column: land",
        "evaluations.panel.time|either start or start_column"),
    "key of another design": ("unit: town", "unit: town, season: 12",
        "evaluations.panel|difference_in_differences|'season'"),
    "unknown evidence": (
        "deadline: 2024-12-31}", "deadline: 2024-12-31, evidence: {key: snyder_2077}}",
        "line 10|goals.g.evidence.key|'snyder_2077'|'snyder_2007'?|{text: ...}"),
    "offset of a share": ("outcome_type: binary", "outcome_type: binary, offset: age",
        "evaluations.trial|offset|outcome_type: count"),
    "half a person": ("control: {n: 100", "control: {n: 99.5",
        "evaluations.sums.counts.control.n|whole number|99.5"),
    "percent for a change": ("id: sums,", "id: sums, power: {change: 5},",
        "evaluations.sums.power.change|-1 and 1|5|0.05"),
    "address": ("panel.csv", "https://example.org/a.csv",
        "evaluations.panel.data.file|'https://example.org/a.csv'|beside the plan"),
    "level in percent": ("unit: town", "unit: town, level: 95",
        "evaluations.panel.level|95|0.95"),
    "values not a list": (r"\[A, B, C\]", "A", "evaluations.panel.treated.values|[A]"),
    "no control in counts": ("{control: {n", "{B: {n", "evaluations.sums|'control'"),
    "more events than people": ("events: 10", "events: 110",
        "evaluations.sums|counts.control|110 events|100 people"),
    "nobody": ("A: {n: 100", "A: {n: 0", "evaluations.sums.counts.A.n|0"),
    "shares in percent": ("control: 0.5, A: 0.5", "control: 50, A: 0.5",
        "evaluations.sums|allocation.control|50|0.5"),
    "share of no arm": ("0.5, A: 0.5", "0.5, B: 0.5", "evaluations.sums|'A'|'B'"),
    "missing file": ("panel.csv", "pannel.csv", "evaluations.panel|'panel.csv'?"),
    "file is a folder": ("panel.csv", ".", "evaluations.panel|folder"),
    "no workbook": ("panel.csv", "panel.xlsx", "evaluations.panel|panel.xlsx|.xlsx"),
    "form not read": ("panel.csv", "panel.ods", "evaluations.panel|panel.ods|.xlsx"),
    "sheet of a csv": ("panel.csv", "panel.csv, sheet: a", "evaluations.panel|sheet"),
    "missing column": ("outcome: rate", "outcome: Rates",
        "evaluations.panel|panel.csv|'Rates'|'rate'?"),
    "missing period column": ("column: year", "column: yaer",
        "evaluations.panel|panel.csv|'yaer'|'year'?"),
    "formula as covariate": (r"\[age\]", "['C(age)**2']",
        "evaluations.trial|people.csv|'C(age)**2'|No formula"),
    "start not in the data": ("2022", "2030", "evaluations.panel.time.start|'2030'"),
    "start is the first": ("2022", "2020", "evaluations.panel|time.start|'2020'"),
    "end before the start": ("2022", "2022, end: 2021",
        "evaluations.panel|time.end|'2021'|'2022'"),
    "order misses a period": ("2022", "2022, order: [2020, 2021, 2022]",
        "evaluations.panel.time.order|'2023'|every period"),
    "order by text": ("2022", "2022, order: town", "panel.time.order|'town'|number"),
    "no treated unit": ("A, B, C", "Z", "evaluations.panel|treated|'Z'"),
    "a treated value unknown": ("A, B, C", "A, B, Z", "evaluations.panel|treated|'Z'"),
    "all units treated": ("A, B, C", "A, B, C, D, E, F", "evaluations.panel|control"),
    "one cluster": ("cluster: town", "cluster: land", "evaluations.panel|cluster|'X'"),
    "no such arm": ("letter", "leter", "evaluations.trial.arms|'leter'|'letter'?"),
    "no such control": ("control: none, ", "", "evaluations.trial.arms|'control'"),
}
# The table, what is edited in it everywhere (or the whole file), words of the sentence.
TABLE_EDITS = {
    "empty table": ("panel.csv", b"", "evaluations.panel|panel.csv|empty"),
    "header only": ("panel.csv", b"town,year,rate,land\n", "panel.csv|no data rows"),
    "latin-1": ("panel.csv", PANEL.replace("A", "Ä").encode("latin-1"),
        "evaluations.panel|panel.csv|treated|'A'"),
    "no text": ("panel.csv", PANEL.encode() + b"\0", "panel.csv|text|UTF-8"),
    "ragged": ("panel.csv", ("B,2021", "B,b,2021"), "panel.csv|line 7|5 columns|4"),
    "column twice": ("panel.csv", ("land", "year"), "panel.csv|'year'|twice"),
    "text in numbers": ("panel.csv", ("A,2021,", "A,2021,ca. "),
        "evaluations.panel|panel.csv|'rate'|data row 2|'ca. 0.2"),
    "text in a covariate": ("people.csv", (",20$", ",old"),
        "evaluations.trial|people.csv|'age'|'old'"),
    "decimal commas": ("panel.csv", (r"0\.(\d+)", r'"0,\1"'), "panel.csv|'rate'|'0,2"),
    "percent in the table": ("panel.csv", (r"0\.(\d\d)", r"\1."),
        "evaluations.panel|'rate'|share|0.35"),
    "duplicates": ("panel.csv", ("A,2021", "A,2020"), "evaluations.panel|'A'|'2020'"),
    "text periods": ("panel.csv", (",20(..),", r",y\1,"),
        "evaluations.panel.time.order|'y20'|[y20, y21, y22, y23]"),
    "constant outcome": ("panel.csv", (r"0\.\d+", "0.2"), "evaluations.panel|outcome"),
    "no outcome in an arm": ("people.csv", (r"(letter,V\d),\d", r"\1,"),
        "evaluations.trial.arms|'letter'|no value in 'quit': 24 rows"),
    "no clusters": ("people.csv", (r"V\d", ""), "evaluations.trial|'village'|48 rows"),
    "one cluster of people": ("people.csv", (r"V\d", "V"), "evaluations.trial|cluster"),
    "number too large": ("panel.csv", ("A,2021,0", "A,2021,1e308"),
        "evaluations.panel|panel.csv|'rate'|data row 2|'1e308"),
    "binary with 2": ("people.csv", (",1,", ",2,"), "evaluations.trial|'quit'|0 and 1"),
}
# The command ({} is the folder), and words of the sentence.
CHECK = "check {}/plan.yml"
REPORT = "report {}/plan.yml --out {}/out "
COMMANDS = {
    "no plan": ("check {}/plna.yml", "plna.yml|'plan.yml'?"),
    "plan is a folder": ("check {}", "folder"),
    "-p to no goal": (REPORT + "-p goals.gg.target=1", "goals.gg.target|'gg'|'g'"),
    "-p to a whole goal": (REPORT + "-p goals.g=1", "goals.g"),
    "-p below a text": (REPORT + "-p name.x=1", "name.x|'name'"),
    "-p without =": (REPORT + "-p goals.g.target", "goals.g.target|KEY=VALUE"),
    "-p no such date": (REPORT + "-p period.end=2024-02-30", "period.end"),
    "no such template": (REPORT + "--template {}/t.ipynb", "template|t.ipynb"),
    "no parameters": (REPORT + "--template {}/no_cell.ipynb", "no_cell|'parameters'"),
    "no notebook": (REPORT + "--template {}/panel.csv", "panel.csv|notebook"),
    "format not built": (REPORT + "--format html,pdf", "--format|pdf|html"),
}
PLANS = {
    "empty plan": (b"", "plan|empty"),
    "plan is a list": (b"- a\n- b\n", "mapping|['a', 'b']"),
    "plan is a text": (b"hello\n", "mapping|name: My campaign|'hello'"),
    "plan is binary": (bytes(range(256)), "plan.yml|UTF-8"),
    "plan in latin-1": (PLAN.replace("Base", "Bäse").encode("latin-1"), "UTF-8"),
    "10 MB": (PLAN.encode() + b"#" * 10_000_000, "plan.yml|10,000,|2,000,000"),
    "YAML bomb": (BOMB.encode(), "200,000|aliases"),
    "alias of itself": (b"name: &a [*a]\n", "refers to itself"),
    "two documents": (PLAN.encode() + b"---\n" + PLAN.encode(), "document"),
}
# fmt: on
CASES = {n: ("plan.yml", (old, new), w) for n, (old, new, w) in PLAN_EDITS.items()}
CASES |= TABLE_EDITS
CASES |= {n: ("", b"", words, command) for n, (command, words) in COMMANDS.items()}
CASES |= {n: ("plan.yml", whole, words) for n, (whole, words) in PLANS.items()}


def fill(folder, file, change):
    """Write the base files, one of them changed: a new whole, or (pattern, new)."""
    texts = {"plan.yml": PLAN, "panel.csv": PANEL, "people.csv": PEOPLE}
    texts |= {"no_cell.ipynb": NO_CELL, "panel.xlsx": "PK"}
    for name, text in texts.items():
        whole = text.encode()
        if name == file and isinstance(change, bytes):
            whole = change
        elif name == file:
            once = int(name == "plan.yml")
            whole = re.sub(*change, text, count=once, flags=re.MULTILINE).encode()
            assert whole != text.encode(), f"the base has no {change[0]!r}"
        (folder / name).write_bytes(whole)


def run(folder, command=CHECK):
    """Return exit code and lines told; nothing may have been written."""
    before = {p: p.is_file() and p.read_bytes() for p in folder.rglob("*")}
    result = CliRunner().invoke(main, command.replace("{}", str(folder)).split())
    after = {p: p.is_file() and p.read_bytes() for p in folder.rglob("*")}
    assert before == after, "something was written"
    text = result.stderr.replace(str(folder), "TMP")
    return result.exit_code, text.removesuffix("\n").split("\n") if text else []


def assert_sentences(lines):
    assert len(set(lines)) == len(lines), "told twice"
    for line in lines:
        assert "Traceback" not in line and "our fault" not in line
        assert re.search(r"[.)\]'\"]$", line), f"not a sentence: {line!r}"
        assert 0 < len(line) < 400
        assert not re.search(r"'([^']+)'.*did you mean '\1'", line), line
        # the words of our tools
        assert not re.search(r"pydantic|NoneType|codec|unicode string|Errno|\^\[", line)


def test_the_base_is_in_order(tmp_path):
    fill(tmp_path, "", b"")
    assert run(tmp_path) == (0, [])


def assert_told(folder, words, command=CHECK):
    code, lines = run(folder, command)
    told = "\n".join(lines)
    assert code == 2, told
    assert [w for w in words.split("|") if w not in told] == [], told
    assert_sentences(lines)
    assert len(lines) == 1, f"one problem, told as more:\n{told}"


@pytest.mark.parametrize("name", CASES)
def test_wrong_input_is_told_in_one_sentence(tmp_path, name):
    file, change, words, *command = CASES[name]
    fill(tmp_path, file, change)
    assert_told(tmp_path, words, *command)


@pytest.mark.notebook
@pytest.mark.parametrize("name", ["missing file", "missing column", "no treated unit"])
def test_report_of_wrong_input_writes_nothing(tmp_path, name):
    file, change, words = CASES[name]
    fill(tmp_path, file, change)
    assert_told(tmp_path, words, REPORT)


def edited(*edits):
    plan = PLAN
    for old, new in edits:
        assert old in plan
        plan = plan.replace(old, new, 1)
    return plan.encode()


def test_an_arm_that_lost_every_outcome_is_told_with_the_reason(tmp_path):
    fill(tmp_path, "plan.yml", edited((", treated: [letter]", "")))
    lost = re.sub(r"(letter,V\d),\d", r"\1,", PEOPLE)
    (tmp_path / "people.csv").write_text(lost)
    assert_told(tmp_path, "trial.arms|treated []|no value in 'quit': 24 rows")


@pytest.mark.parametrize(("value", "row"), [("0.5", 3), ("-1", 3), ("1.0", 0)])
@pytest.mark.parametrize("unit", [0, 1])
def test_what_is_no_count_is_refused_though_its_sums_are_whole(
    tmp_path, value, row, unit
):
    """Two halves in a cell sum to 1; a trial's rows and those of a series alike."""
    counted = edited(
        ("outcome_type: binary", "outcome_type: count"),
        ("unit: share", f"unit: {['share', 'count'][unit]}"),
    )
    fill(tmp_path, "plan.yml", counted)
    fill_in = re.sub(",1,", f",{value},", PEOPLE)
    if unit:
        rows = "".join(
            f"{2000 + i // 2},{value if i in (2, 3) else i % 7}\n" for i in range(60)
        )
        fill_in = f"year,quit\n{rows}"
        plan = counted.decode()
        start = plan.index("  - {id: panel")
        plan = f"""{plan[:start]}  - {{id: trial, goal: g, outcome: quit,
    design: interrupted_time_series, data: {{file: people.csv}},
    outcome_type: count, time: {{column: year, start: 2015}}}}
"""
        plan = plan.replace("baseline: 0.2,\n    target: 0.3,", "")
        (tmp_path / "plan.yml").write_text(plan)
    (tmp_path / "people.csv").write_text(fill_in)
    words = f"evaluations.trial|'quit'|counts|data row {row}|'{value}'|mean"
    if row:
        assert_told(tmp_path, words)
    else:
        assert run(tmp_path) == (0, [])


def test_all_problems_of_a_plan_are_told_at_once_in_order(tmp_path):
    edits = "social=sozial|0.3,=30,|100}=-1}|2022}=22, x: 1}|d: trial, goal: g="
    edits += "d: trial, goal: h|events: 20=events: 200"
    faults = [edit.split("=") for edit in edits.split("|")]
    fill(tmp_path, "plan.yml", edited(*faults))
    _, lines = run(tmp_path)
    assert_sentences(lines)
    assert len(lines) == 6, lines
    found = "\n".join(lines)
    for place in ("kind:", "goals.g:", "costs[1].amount", "time", "trial.goal", "sums"):
        assert found.count(place) == 1, found
    numbers = [int(re.match(r"line (\d+): ", line)[1]) for line in lines]
    assert numbers == [4, 8, 12, 16, 17, 20]


def test_an_unknown_effect_is_told_beside_other_faults_of_its_goal(tmp_path):
    faults = [("0.3,", "0.1,"), ("31}\ncosts", "31, evidence: {key: x}}\ncosts")]
    fill(tmp_path, "plan.yml", edited(*faults, ("quit", "qit")))
    _, lines = run(tmp_path)
    assert_sentences(lines)
    told = ("target 0.1", "no published effect 'x'", "'qit'")
    assert [t in line for t, line in zip(told, lines, strict=True)] == [True] * 3, lines


@pytest.mark.parametrize(
    "edits",
    [
        [("[A, B, C]", "[Z]"), ("letter", "leter")],
        [("column: year", "column: yaer"), ("quit", "qit")],
        [("column: year", "column: yaer"), ("letter", "leter")],
        [("social", "sozial"), ("quit", "qit")],
    ],
)
def test_all_problems_of_plan_and_tables_are_told_at_once(tmp_path, edits):
    """Design, section 5: check tells every problem of plan and data at once."""
    fill(tmp_path, "plan.yml", edited(*edits))
    _, lines = run(tmp_path)
    assert_sentences(lines)
    assert len(lines) == 2, lines


def test_the_same_fault_in_two_evaluations_is_told_for_both(tmp_path):
    panel = PLAN[PLAN.index("  - {id: panel") : PLAN.index("  - {id: trial")]
    second = panel.replace("id: panel", "id: second").replace("A, B, C", "Z")
    fill(tmp_path, "plan.yml", edited(("A, B, C", "Z")) + second.encode())
    _, lines = run(tmp_path)
    assert_sentences(lines)
    assert "evaluations.panel" in lines[0] and "evaluations.second" in lines[1]
