"""The lesson on evaluation: designs, naive answers, money, and the own report."""

from collections.abc import Sequence
from os.path import relpath
from pathlib import Path
from typing import Literal

import ipywidgets as widgets
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from campaignbook.charts import BLUE, GREY
from campaignbook.design_choice import DesignChoice, Situation, choose_design
from campaignbook.errors import CampaignError, DataError, nearest
from campaignbook.evaluation_framework import framework_steps
from campaignbook.figures import Picture, show_figure
from campaignbook.files import read_data, read_plan
from campaignbook.forms import Form, plan_form
from campaignbook.learner_files import learner_folder
from campaignbook.live import show_live
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.naive_answers import ClicksAndLift, before_and_after, false_alarms
from campaignbook.open_points import open_points
from campaignbook.plan import CampaignPlan
from campaignbook.power_check import can_see
from campaignbook.reading import parse_data
from campaignbook.recomputed import RecomputedBook
from campaignbook.report_words import DESIGNS
from campaignbook.results import Evaluation, say, say_number
from campaignbook.series import Responding, respond


def design_for(**answers: Literal["yes", "no"]) -> HTML:
    """Return the design for a situation (fields of `design_choice.Situation`).

    Raises
    ------
    DataError
        If there is no such question.
    """
    known = tuple(Situation.model_fields)
    for name in answers:
        if name not in known:
            raise DataError(f"there is no question '{name}' ({nearest(name, known)}).")
    return shown(_choice(choose_design(Situation(**answers))))


def choose_by_questions() -> Responding:
    """Return the seven questions as a form; the design follows."""
    return respond(Form(Situation()), lambda s: _choice(choose_design(s)))


def _choice(choice: DesignChoice) -> str:
    can = "yes, as far as its assumptions hold" if choice.causal else "no"
    keys = ", ".join(choice.keys) or "counts, or data with its columns"
    rows = [
        ["Why", choice.why],
        ["What it leaves open", choice.weakness],
        ["What would be stronger", choice.better],
        ["Can it say that the campaign did it?", can],
        ["In the plan", f"design: {choice.design}; it needs {keys}"],
    ]
    told = [[name, esc(text)] for name, text in rows]
    return table(DESIGNS[choice.design][0], ["Question", "Answer"], told)


def four_means(evaluation: Evaluation) -> HTML:
    """Return both sides before and after, and the difference of their changes."""
    rows = [
        [esc(name.capitalize()), r["before"], r["after"], esc(r["change"])]
        for name, r in zip(
            ("with the campaign", "without it", "difference of the two changes"),
            before_and_after(evaluation), strict=True,
        )
    ]  # fmt: skip
    head = ["Group", "Before", "After", "Change"]
    return shown(table("Before and after, on both sides (rounded)", head, rows))


def looks_picture(looks: Sequence[int]) -> Picture:
    """Return how often nothing is called an effect, by the number of looks."""
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    found = draw_looks(looks, ax=figure.subplots())
    said = "; ".join(f"{n}: {100 * share:.0f}%" for n, share in found.items())
    return show_figure(
        figure, alt=f"False alarms of 100 tests of nothing, by looks. {said}.",
        caption="Each look is another chance for luck to look like an effect.",
    )  # fmt: skip


def draw_looks(looks: Sequence[int], *, ax: Axes) -> dict[int, float]:
    """Draw false alarms by looks, and return their shares (0-1)."""
    found = {n: false_alarms(n) for n in looks}
    shares = {n: e.estimate for n, e in found.items()}
    ends = [[e.estimate - e.ci_low, e.ci_high - e.estimate] for e in found.values()]
    ax.errorbar(
        list(shares), list(shares.values()), yerr=list(zip(*ends, strict=True)),
        fmt="o-", color=BLUE, capsize=3,
    )  # fmt: skip
    ax.axhline(0.05, color=GREY, linestyle="--")
    ax.annotate("what was promised: 5%", (max(looks), 0.05), (0, 4), ha="right",
                textcoords="offset points")  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set(
        xlabel="looks at the running result", ylim=(0, None),
        ylabel="tests of nothing\ncalled an effect",
    )  # fmt: skip
    ax.set_xticks(list(looks))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return shares


def clicks_beside_lift(
    found: ClicksAndLift, *, cost: float, per_order: float, currency: str
) -> HTML:
    """Return what clicks claim beside what chance shows, with the return of each."""
    by_clicks, (by_lift, low, high) = found.return_on(cost, per_order=per_order)
    rows = [
        ["Who is compared", "those who clicked with those who did not",
         "those shown it with those whom chance held back"],
        *_told_twice(found, "Share who bought", "Orders put down to it"),
        [f"Return on {say_number(cost)} {esc(currency)}", f"{100 * by_clicks:+.0f}%",
         f"{100 * by_lift:+.0f}% (95% interval {100 * low:+.0f}% to "
         f"{100 * high:+.0f}%)"],
    ]  # fmt: skip
    caption = "One advertisement, two answers (simulated)"
    return shown(table(caption, ["Question", "By clicks", "By chance"], rows))


def course_beside_lift(found: ClicksAndLift, *, cost: float, currency: str) -> HTML:
    """Return what those who came claim beside what chance shows, with cost by quit."""
    each, most, least = (
        say_number(cost / n) if n > 0 else "no end" for n in found.added
    )
    rows = [
        ["Who is compared", "those who came with those who did not",
         "those invited with those whom chance did not invite"],
        *_told_twice(found, "Share who quit", "Quits put down to it"),
        [f"Cost of one quit ({say_number(cost)} {esc(currency)} in all)",
         say_number(cost / found.by_clicks),
         f"{each} (95% interval {least} to {most})"],
    ]  # fmt: skip
    caption = "One course, two answers (simulated)"
    return shown(table(caption, ["Question", "By who came", "By chance"], rows))


def _told_twice(found: ClicksAndLift, shares: str, number: str) -> list[list[str]]:
    pairs = ((found.clicked, found.not_clicked), (found.shown, found.held_back))
    against = (
        " against ".join(say(c.events / c.n, "share") for c in pair) for pair in pairs
    )
    added, least, most = (say_number(n) for n in found.added)
    by_chance = f"{added} (95% interval {least} to {most})"
    return [[shares, *against], [number, say_number(found.by_clicks), by_chance]]


def read_recomputed() -> RecomputedBook:
    """Return the published figures that can be computed again."""
    return parse_data(RecomputedBook, read_data("recomputed"))


def recomputed_cases() -> HTML:
    """Return published figures beside the same computed again from what was printed."""
    book = read_recomputed()
    rows = []
    for case in book.cases:
        cited = "; ".join(book.sources[s].cite() for s in case.sources)
        here = say_number(case.value, digits=2 if case.value < 10 else 0)
        fits = "✓ yes" if case.agrees else "✗ no"
        rows.append([
            f"{esc(case.campaign)}<br><small>{esc(cited)}</small>", esc(case.what),
            esc(case.says), f"{here} {esc(case.unit)}", say_number(case.published),
            f'<span class="{"yes" if case.agrees else "no"}">{fits}</span>',
        ])  # fmt: skip
    head = ["Campaign", "What", "Printed numbers that go in", "Computed here",
            "As printed", "Fits"]  # fmt: skip
    return shown(table("Published figures, computed again", head, rows))


def framework_checklist(plan: CampaignPlan | str | None = None) -> HTML:
    """Return the framework's six steps with what a plan holds of each.

    `plan` is a plan, a plan's file, or None for the learner's own.
    """
    if isinstance(plan, str):
        plan = read_plan(plan)
    return shown(_checklist(plan or plan_form().model))


def _checklist(plan: CampaignPlan) -> str:
    rows = []
    for number, step in enumerate(framework_steps(plan), start=1):
        answer, word = ("yes", "✓ yes") if step.done else ("no", "✗ not yet")
        rows.append([
            f"{number}. {esc(step.name)}<br><small>{esc(step.question)}</small>",
            f'<span class="{answer}">{word}</span>', esc("; ".join(step.there)),
            esc("; ".join(step.missing)),
        ])  # fmt: skip
    head = ["Step", "Done", "What is there", "What to write"]
    return table(f"{plan.name}: the six steps", head, rows)


def plan_evaluations() -> Responding:
    """Return the own plan's evaluations, money and RE-AIM as a form, with its steps."""
    form = plan_form("evaluations", "costs", "value", "re_aim")
    return respond(form, _evaluated)


def _evaluated(plan: CampaignPlan) -> str:
    goals = {g.id: g for g in plan.goals}
    told = [
        can_see(goals[s.goal], s).sentence
        for s in plan.evaluations
        if s.goal in goals and (s.planned or s.counts) and s.design != "kpis"
    ]
    seen = bullets(told, "No evaluation says yet how many people are planned.")
    points = bullets(open_points(plan), "Nothing else in the plan is open.")
    return f"{seen}{_checklist(plan)}<p>Still open:</p>{points}"


class OwnReport:
    """A button that writes the report of the learner's own plan.

    Attributes
    ----------
    said : str
        What stands below the button, as HTML.
    """

    def __init__(self) -> None:
        self._button = widgets.Button(
            description="Make the report", layout=widgets.Layout(width="max-content")
        )
        self._said, self._told = "", widgets.Output()
        self._button.on_click(lambda _: self.make())
        self.view = widgets.VBox([self._button, self._told])
        self._tell(nothing("Nothing is made yet."))

    @property
    def said(self) -> str:
        """What stands below the button, as HTML."""
        return self._said

    def make(self) -> None:
        """Write the report beside the learner's plan, and tell where it is."""
        # it brings much along that the lesson does without
        from campaignbook.report import ReportFailed, write_report

        folder = learner_folder()
        if not (folder / "plan.yml").exists():
            self._tell(nothing("You have no plan yet: write one in the form above."))
            return
        self._tell(nothing("The report is being made; this takes some seconds."))
        try:
            report = write_report(folder / "plan.yml", folder / "reports")
        except (CampaignError, ReportFailed) as error:
            problems = getattr(error, "problems", [str(error)])
            said = "The plan is not ready for a report:"
            self._tell(f"<p>{said}</p>{bullets(problems, '')}")
            return
        page = report.folder / "report.html"
        goals = [f"{g['id']}: {g['sentence']}" for g in report.document["goals"]]
        link = f'<a href="{esc(Path(relpath(page)).as_posix())}">Open the report</a>'
        where = esc(page.relative_to(folder.parent).as_posix())
        self._tell(
            bullets(goals, "The plan has no goals yet.") + f"<p>{link} ({where})</p>"
        )

    def _tell(self, body: str) -> None:
        self._said = f'<div role="status">{shown(body).data}</div>'
        # an output, as JupyterLab leads links of files to their place in outputs only
        data = {"text/html": self._said, "text/plain": "The report of the own plan."}
        one = {"output_type": "display_data", "data": data, "metadata": {}}
        self._told.outputs = (one,)

    def _ipython_display_(self) -> None:
        text = (
            "In JupyterLab a button here writes the report of your own plan. Without "
            "it: python3 lib/start.py report my_campaign/plan.yml"
        )
        show_live(self.view, page=f"<p>{esc(text)}</p>", text=text)


def own_report() -> OwnReport:
    """Return a button that writes the report of the learner's own plan."""
    return OwnReport()
