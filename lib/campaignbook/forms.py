"""Forms from the plan's models: anything can be entered, the model stays valid."""

import contextlib
import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import ipywidgets as widgets
import traitlets
from pydantic import BaseModel, ValidationError

from campaignbook.files import yaml_text
from campaignbook.form_drafts import (
    Draft,
    as_data,
    draft_of,
    part_of_draft,
    plain,
    problems_in,
    put,
)
from campaignbook.form_fields import asked, field_of
from campaignbook.form_view import View
from campaignbook.learner_files import NEW, PlanFile, learner_folder
from campaignbook.live import show_live
from campaignbook.plan import CampaignPlan
from campaignbook.plan_words import Path


class Form(traitlets.HasTraits):
    """A form for a frozen pydantic model.

    Parameters
    ----------
    model : BaseModel
        What is in it at first.
    fields : sequence of str
        Keys of the fields that are shown; none: all. The others are kept.
    file : PlanFile, optional
        Where every change is saved.

    Attributes
    ----------
    model : BaseModel
        Always valid. Of a plan: what is entered, with the last valid state of the
        sections in which something is missing or wrong.
    draft : dict
        What is entered, valid or not.
    errors : dict of str to str
        A sentence for each place where something is missing or wrong.

    Raises
    ------
    PlanError
        If there is no such field.
    """

    model = traitlets.Instance(BaseModel)
    draft = traitlets.Dict()
    errors = traitlets.Dict()

    def __init__(
        self,
        model: BaseModel,
        *,
        fields: Sequence[str] = (),
        file: PlanFile | None = None,
        draft: Draft | None = None,
    ) -> None:
        super().__init__(model=model, draft=draft or draft_of(model))
        kind = type(model)
        shown = [field_of(kind, f).name for f in fields]
        self.fields = tuple(shown or [f.name for f in asked(kind)])
        self._file, self._said = file, ""
        self._view: View | None = None
        self._judge()

    def patch(self, **changes: Any) -> None:
        """Change fields as if they were entered; None empties one.

        Raises
        ------
        PlanError
            If there is no such field.
        """
        kind = type(self.model)
        new = {k: part_of_draft(field_of(kind, k), v) for k, v in changes.items()}
        for name, value in new.items():
            self.put((name,), value)
            if self._view:
                self._view.redraw(name)
        self._tell()

    def put(self, place: Path, value: Any) -> None:
        """Change what is entered at one place of the draft; None empties it."""
        self._catch_up(str(place[0]))
        self._said = ""
        self.draft = put(self.draft, place, plain(value))
        self._judge()
        if self._file:
            self._file.write(self.draft, self.model, in_order=not self.errors)
        self._tell()

    def start_over(self, *, now: datetime) -> None:
        """Empty the fields that are shown; a backup of the files stays."""
        kept = self._file.back_up(now) if self._file else None
        fresh = CampaignPlan(name=NEW) if isinstance(self.model, CampaignPlan) else None
        new = draft_of(fresh) if fresh else {}
        for name in self.fields:
            self.put((name,), new.get(name))
            if self._view:
                self._view.redraw(name)
        self._said = f"What was entered before is kept in {kept}." if kept else ""
        self._tell()

    @property
    def view(self) -> widgets.Widget:
        """The widgets, made when they are first asked for."""
        if self._view is None:
            self._view = View(self, type(self.model), self.fields)
            self._tell()
        return self._view.box

    def status(self) -> str:
        """Return in words whether all is in order, and where it is saved."""
        n = len(self.errors)
        state = "All of it is in order."
        if n:
            entries = "1 entry is" if n == 1 else f"{n} entries are"
            state = f"{entries} missing or wrong; all that you entered is kept."
        where = self._file and (self._file.draft if n else self._file.plan)
        if where and where.exists():
            state += f" Saved in {where.parent.name}/{where.name}."
        return f"{state} {self._said}".strip()

    def text(self) -> str:
        """Return what is entered as plain text, for a page without a kernel."""
        shown = {k: v for k, v in self.draft.items() if k in self.fields}
        return f"{FALLBACK}\n{yaml_text(shown)}"

    def page(self) -> str:
        """Return the same as HTML."""
        first, rest = self.text().split("\n", 1)
        return f"<p>{html.escape(first)}</p><pre>{html.escape(rest)}</pre>"

    def _ipython_display_(self) -> None:
        show_live(self.view, page=self.page(), text=self.text())

    def _judge(self) -> None:
        kind = type(self.model)
        told = problems_in(kind, self.draft)
        self.errors = {".".join(map(str, p)): s for p, s in told.items()}
        data = as_data(kind, self.draft)
        if told and not isinstance(self.model, CampaignPlan):
            return
        # a fault in one section does not hold up the others
        last = as_data(kind, draft_of(self.model))
        for name in {str(place[0]) for place in told if place}:
            data.pop(name, None)
            data |= {name: last[name]} if name in last else {}
        with contextlib.suppress(ValidationError):
            self.model = kind.model_validate(data)

    def _catch_up(self, name: str) -> None:
        """Take over what other notebooks have entered in the plan meanwhile."""
        if self._file is None or not self._file.changed():
            return
        mine = self.draft
        theirs, self.model = self._file.read()
        if name in mine:
            theirs = {**theirs, name: mine[name]}
        else:
            theirs.pop(name, None)
        self.draft = theirs
        if self._view:
            for other in self.fields:
                if other != name and mine.get(other) != theirs.get(other):
                    self._view.redraw(other)

    def _tell(self) -> None:
        if self._view:
            self._view.tell()


FALLBACK = "This form works in JupyterLab, with a running kernel. Entered so far:"


def plan_form(*fields: str) -> Form:
    """Return the form of the learner's own plan; every change is saved at once.

    Parameters
    ----------
    *fields : str
        Sections that are shown (``"goals"``); none: the whole plan.

    Raises
    ------
    PlanError
        If there is no such section, or my_campaign/plan.yml is no plan.
    """
    file = PlanFile(learner_folder())
    draft, plan = file.read()
    return Form(plan, fields=fields, file=file, draft=draft)
