"""The command line: campaignbook report, batch, check, new, import, lab, test."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from campaignbook import __version__
from campaignbook.batch_command import batch
from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.report_command import write_all, write_one
from campaignbook.speaking import speaking
from campaignbook.text_files import read_value, write_text

ROOT = Path(__file__).resolve().parents[2]
START = "notebooks/00_start_here.ipynb"
LATER = {
    "workshop": "the code-free room",
}
"""Commands of the design that this version does not have yet."""


class _Commands(click.Group):
    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = ", ".join(self.list_commands(ctx))
            if name in LATER:
                hint = f"is not built in this version; it has {known}"
            else:
                hint = f"is not a command ({nearest(name, self.list_commands(ctx))})"
            ctx.fail(f"'{name}' {hint}.")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="campaignbook")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(debug: bool) -> None:
    """Carry a campaign from its goal to the answer: met, not met, or cannot tell."""


@main.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder for the reports.",
)
@click.option("--format", "formats", default="html", help="html (others follow).")
@click.option(
    "-p", "changes", multiple=True, metavar="KEY=VALUE",
    help="Change the plan: goals.registrations.target=0.31",
)  # fmt: skip
@click.option(
    "--template", type=click.Path(path_type=Path), help="Another report notebook."
)
@click.option(
    "--level", type=click.FloatRange(0.5, 1, max_open=True), help="Confidence, 0-1."
)
@speaking
def report(
    plan: Path | None,
    out: Path,
    formats: str,
    changes: tuple[str, ...],
    template: Path | None,
    level: float | None,
) -> None:
    """Write a report for PLAN, or for all shipped examples."""
    _refuse_formats(formats)
    overrides = _overrides(changes)
    if plan is None and changes:
        raise PlanError("-p changes one plan: name it (report PLAN -p ...).")
    options = {"template": template, "level": level, "overrides": overrides}
    if plan is None:
        write_all(sorted((ROOT / "data" / "plans").glob("*.yml")), out, **options)
        return
    write_one(plan, out, **options)


main.add_command(batch)


@main.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("-p", "changes", multiple=True, metavar="KEY=VALUE", help="As in report.")
@speaking
def check(plan: Path, changes: tuple[str, ...]) -> None:
    """Tell every problem of PLAN and its tables at once."""
    from campaignbook.answers import answer
    from campaignbook.open_points import open_points

    results = answer(plan, overrides=_overrides(changes))
    goals = len(results.plan.goals)
    evaluations = len(results.evaluations) + len(results.planned)
    click.echo(
        f"{plan}: in order ({goals} goal{'s' * (goals != 1)}, {evaluations} "
        f"evaluation{'s' * (evaluations != 1)})."
    )
    for evaluation in results.planned:
        click.echo(f"  {evaluation.id}, no data yet: {evaluation.sentence}")
    for account in results.inputs:
        if dropped := account["rows_dropped"]:
            left_out = account["rows_read"] - account["rows_used"]
            why = "; ".join(f"{d['rows']:,}: {d['reason']}" for d in dropped)
            click.echo(
                f"  {account['evaluation']}, {account['outcome']}: {left_out:,} of "
                f"{account['rows_read']:,} rows of {account['file']} are left out "
                f"({why})."
            )
    for point in open_points(results.plan):
        click.echo(f"  still open: {point}")


@main.command()
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["social", "social_media"]), required=True,
    help="Behaviour for the good of people, or awareness, traffic and leads.",
)  # fmt: skip
@speaking
def new(name: str, kind: str) -> None:
    """Write NAME.yml, a commented plan to fill in."""
    target = Path(name).with_suffix(".yml")
    if target.exists():
        raise PlanError(f"{target} is there already; choose another name.")
    text = (ROOT / "data" / "new" / f"{kind}.yml").read_text(encoding="utf-8")
    title = target.stem.replace("_", " ").replace("-", " ").strip().capitalize()
    write_text(target, text.replace("Name of the campaign", title or "My campaign"))
    click.echo(f"{target}: fill it in, then run: campaignbook check {target}")


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="A .csv or .parquet file.")
@click.option(
    "--aliases", type=click.Path(path_type=Path),
    help="YAML: your headers, each with the one it stands for.",
)  # fmt: skip
@click.option(
    "--followers", multiple=True, metavar="PLATFORM=NUMBER",
    help="Of the account; no export of posts tells them.",
)  # fmt: skip
@speaking
def import_(
    files: tuple[Path, ...],
    out: Path | None,
    aliases: Path | None,
    followers: tuple[str, ...],
) -> None:
    """Read platforms' exports as one tidy table; account for every row."""
    from campaignbook import exports, tidy_files
    from campaignbook.kpis import with_followers

    if out is not None:
        tidy_files.refuse_form(out)
    own = exports.read_aliases(aliases) if aliases else None
    given = _followers(followers)
    found = exports.read_exports(files, aliases=own)
    frame = with_followers(found.frame, given)
    for account in found.accounts:
        click.echo(account.sentence())
    if out is not None:
        tidy_files.write_tidy(frame, out)
        click.echo(f"{out}: {len(frame):,} rows.")


def _followers(given: tuple[str, ...]) -> dict[str, float]:
    pairs = {
        k.strip(): v.strip() for k, _, v in (text.partition("=") for text in given)
    }
    odd = [k for k, v in pairs.items() if not v.isdecimal()]
    if odd:
        raise DataError(
            f"--followers {odd[0]}: write a platform and a number, for example "
            "facebook=12000."
        )
    return {k: float(v) for k, v in pairs.items()}


_PASSING = {"ignore_unknown_options": True, "allow_extra_args": True}


@main.command(context_settings=_PASSING)
@click.pass_context
def lab(ctx: click.Context) -> None:
    """Open JupyterLab at the start page; more words go to it (--no-browser)."""
    options = [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{START}",
        # nothing is asked of the network
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    words = [sys.executable, "-P", "-m", "jupyterlab", *options, *ctx.args]
    os.chdir(ROOT)
    if os.name == "posix":
        # in our place, so that what ends us ends the server
        os.execv(words[0], words)
    sys.exit(subprocess.call(words))


@main.command(context_settings=_PASSING)
@click.pass_context
def test(ctx: click.Context) -> None:
    """Run the tests, on all cores; more words go to pytest."""
    words = [sys.executable, "-m", "pytest", "-n", "auto", "--maxprocesses=8"]
    words += ["--dist=loadfile", "--no-loadscope-reorder", *ctx.args]
    # each process has a core, and no more
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    sys.exit(subprocess.call(words, cwd=ROOT, env=env))


def _overrides(changes: tuple[str, ...]) -> dict[str, Any]:
    """Return -p options as a mapping; values are read as YAML."""
    overrides, problems = {}, []
    for change in changes:
        key, equals, text = change.partition("=")
        if not (key.strip() and equals):
            problems.append(f"-p {change}: write KEY=VALUE, for example name=Trial.")
            continue
        try:
            overrides[key.strip()] = read_value(text)
        except yaml.YAMLError:
            problems.append(f"-p {change}: the value cannot be read; put it in quotes.")
    if problems:
        raise PlanError(*problems)
    return overrides


def _refuse_formats(formats: str) -> None:
    asked = [f.strip() for f in formats.split(",")]
    others = [f for f in asked if f != "html"]
    if others:
        raise PlanError(
            f"--format {', '.join(others)}: not built in this version; it writes html."
        )
