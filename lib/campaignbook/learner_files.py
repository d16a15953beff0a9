"""The learner's own files: the plan and its draft, in one folder, written whole."""

import os
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from campaignbook.errors import PlanError
from campaignbook.files import plan_text, read_yaml, write_text, yaml_text
from campaignbook.form_drafts import Draft, as_draft
from campaignbook.plan import CampaignPlan
from campaignbook.reading import parse_plan

ROOT = Path(__file__).resolve().parents[2]


def learner_folder() -> Path:
    """Return the folder with the learner's files, whatever notebook asks.

    It is ``my_campaign`` in the project, or in the folder that the environment
    variable CAMPAIGNBOOK_HOME names.
    """
    return Path(os.environ.get("CAMPAIGNBOOK_HOME") or ROOT) / "my_campaign"


class PlanFile:
    """The learner's plan on disk.

    ``plan.yml`` always holds a plan that is in order; while something entered is not,
    ``draft.yml`` beside it holds all that was entered.

    Parameters
    ----------
    folder : Path
        Made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.plan = folder / "plan.yml"
        self.draft = folder / "draft.yml"
        self._seen: object = None

    def read(self) -> tuple[Draft, CampaignPlan]:
        """Return what was entered, and the last plan that was in order.

        A draft that is older than the plan beside it is set aside, not lost.

        Raises
        ------
        PlanError
            If plan.yml is no YAML file of a plan at all.
        """
        self._seen = self._state()
        raw = read_yaml(self.plan)[0] if self.plan.exists() else {"name": NEW}
        try:
            plan = parse_plan(raw)
        except PlanError as error:
            plan = error.rest or CampaignPlan(name=NEW)
            if not isinstance(raw, Mapping):
                raise
        entered = self._read_draft()
        if entered is None:
            entered = {k: v for k, v in raw.items() if k != "campaignbook"}
        return as_draft(CampaignPlan, entered), plan

    def changed(self) -> bool:
        """Return whether another notebook wrote since this one read or wrote."""
        return self._state() != self._seen

    def write(self, draft: Draft, plan: CampaignPlan, *, in_order: bool) -> None:
        """Save what is entered; the plan when it differs from the file's."""
        text = plan_text(plan)
        if _text_of(self.plan) != text and (in_order or self.plan.exists()):
            self._keep_notes()
            write_text(self.plan, text)
        if in_order:
            self.draft.unlink(missing_ok=True)
        else:
            made = {"campaignbook": 1, "plan": self._mark(), "entered": draft}
            write_text(self.draft, yaml_text(made))
        self._seen = self._state()

    def back_up(self, now: datetime) -> Path:
        """Copy plan and draft into a folder named by date and time, and return it."""
        folder = self.plan.parent / "backups" / f"{now:%Y-%m-%d %H.%M.%S}"
        for path in (self.plan, self.draft):
            if path.exists():
                write_text(folder / path.name, path.read_text(encoding="utf-8"))
        return folder

    def _read_draft(self) -> Draft | None:
        if not self.draft.exists():
            return None
        try:
            made = read_yaml(self.draft)[0]
        except PlanError:
            made = None
        known = isinstance(made, Mapping) and isinstance(made.get("entered"), Mapping)
        if known and made.get("plan") == self._mark():
            return dict(made["entered"])
        self._set_aside(self.draft)
        return None

    def _keep_notes(self) -> None:
        """Set a plan aside that has notes of its own, which YAML would not keep."""
        if "#" in (_text_of(self.plan) or ""):
            self._set_aside(self.plan)

    def _set_aside(self, path: Path) -> None:
        n = 1
        while (other := path.with_name(f"{path.stem}-{n}{path.suffix}")).exists():
            n += 1
        os.replace(path, other)

    def _mark(self) -> str | None:
        text = _text_of(self.plan)
        return None if text is None else sha256(text.encode()).hexdigest()

    def _state(self) -> list[Any]:
        stats = [p.stat() if p.exists() else None for p in (self.plan, self.draft)]
        return [s and (s.st_mtime_ns, s.st_ino, s.st_size) for s in stats]


NEW = "My campaign"
"""The name of a plan that has none yet."""


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
