"""The set-up: refusals, the stamp, and that its lists of packages agree."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
START = ROOT / "lib" / "start.py"
LOCK = (ROOT / "lib" / "requirements.lock").read_text().splitlines()
PROJECT = tomllib.loads((ROOT / "lib" / "pyproject.toml").read_text())["project"]
DECLARED = [
    *PROJECT["dependencies"],
    *(
        declared
        for extra in PROJECT["optional-dependencies"].values()
        for declared in extra
        if not declared.startswith(f"{PROJECT['name']}[")  # an extra in another
    ),
]
# Every system and Python that the workbook promises to run on.
MACHINES = [
    {
        "sys_platform": platform,
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_system": system,
        "python_version": python,
        "python_full_version": f"{python}.7",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for platform, system in [
        ("linux", "Linux"),
        ("darwin", "Darwin"),
        ("win32", "Windows"),
    ]
    for python in ["3.11", "3.12", "3.13"]
]


def load_start():
    spec = importlib.util.spec_from_file_location("start", START)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


start = load_start()


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class FakeRunner:
    """Stands in for the installers: makes the interpreter's file, counts the calls."""

    def __init__(self, root, fail_at=None):
        self.root, self.fail_at, self.commands = root, fail_at, []

    def __call__(self, command):
        self.commands.append(command)
        if len(self.commands) == self.fail_at:
            raise start.SetUpError(1, "no network")
        python = Path(start.python_of(self.root))
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()


@pytest.fixture
def root(tmp_path):
    lib = tmp_path / "lib"
    lib.mkdir()
    (lib / "requirements.lock").write_text("one==1\n")
    (lib / "pyproject.toml").write_text("[project]\n")
    return str(tmp_path)


@pytest.fixture
def ready(root):
    start.prepare(root, FakeRunner(root))
    return root


# --- which Python -----------------------------------------------------------------


def test_old_python_can_read_it():
    ast.parse(START.read_text(), feature_version=(3, 6))


def test_it_needs_the_standard_library_only():
    nodes = [n for n in ast.walk(ast.parse(START.read_text()))]
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    assert names
    assert {n.split(".")[0] for n in names} <= sys.stdlib_module_names


def test_it_stays_short():
    assert len(START.read_text().splitlines()) <= 150


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1)])
def test_right_python_is_taken(version):
    assert start.refusal(version) is None


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13), (3, 14, 0)])
def test_wrong_python_is_refused_with_what_to_do(version):
    sentence = start.refusal(version)
    assert f"This is Python {version[0]}.{version[1]} " in sentence
    assert "3.11, 3.12 or 3.13" in sentence
    assert "start.py" in sentence


def test_refusal_exits_with_2_before_anything_is_made(monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(start, "prepare", lambda root: pytest.fail("was set up"))
    assert start.main(["report"]) == 2
    assert "This is Python 3.10" in capsys.readouterr().err


# --- the stamp --------------------------------------------------------------------


def test_first_start_sets_up_and_says_so(root, capsys):
    runner = FakeRunner(root)
    start.prepare(root, runner)
    assert len(runner.commands) == 2
    assert start.is_ready(root)
    said = capsys.readouterr().err
    assert said.startswith("Setting up (once,")
    assert "Ready after" in said


def test_second_start_does_and_says_nothing(ready, capsys):
    capsys.readouterr()
    runner = FakeRunner(ready)
    start.prepare(ready, runner)
    assert runner.commands == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_list_of_packages_sets_up_afresh(ready, name):
    (Path(ready) / "lib" / name).write_text("two==2\n")
    old = Path(ready) / ".venv" / "left-over"
    old.touch()
    runner = FakeRunner(ready)
    start.prepare(ready, runner)
    assert len(runner.commands) == 2
    assert not old.exists()


def test_other_python_or_place_is_another_environment(ready, tmp_path):
    assert start.fingerprint(ready, (3, 11)) != start.fingerprint(ready, (3, 12))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (Path(ready) / "lib").rename(elsewhere / "lib")
    (Path(ready) / ".venv").rename(elsewhere / ".venv")
    assert not start.is_ready(str(elsewhere))


def test_lost_interpreter_heals(ready):
    os.remove(start.python_of(ready))
    runner = FakeRunner(ready)
    start.prepare(ready, runner)
    assert len(runner.commands) == 2


@pytest.mark.parametrize("fail_at", [1, 2])
def test_half_made_environment_has_no_stamp_and_heals(ready, fail_at):
    lock = Path(ready) / "lib" / "requirements.lock"
    before = lock.read_text()
    lock.write_text("two==2\n")
    with pytest.raises(start.SetUpError, match="no network"):
        start.prepare(ready, FakeRunner(ready, fail_at=fail_at))
    # Not even when the lock goes back to what the old stamp stood for.
    lock.write_text(before)
    assert not start.is_ready(ready)
    start.prepare(ready, FakeRunner(ready))
    assert start.is_ready(ready)


def test_lock_changed_while_installing_is_not_taken_as_installed(root):
    def run(command):
        FakeRunner(root)(command)
        (Path(root) / "lib" / "requirements.lock").write_text("two==2\n")

    start.prepare(root, run)
    assert not start.is_ready(root)


def test_second_start_waits_for_the_first(root):
    fcntl = pytest.importorskip("fcntl", reason="no file lock on Windows")
    runner, lock = FakeRunner(root), Path(root) / "lib" / "requirements.lock"

    def run(command):
        with lock.open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        runner(command)

    start.prepare(root, run)
    assert len(runner.commands) == 2


# --- the installers ---------------------------------------------------------------


def found(*names):
    return lambda name: f"/bin/{name}" if name in names else None


@pytest.mark.parametrize(
    ("tools", "modules", "maker"),
    [
        (["uv", "virtualenv"], ["ensurepip"], "uv venv"),
        (["virtualenv"], ["ensurepip"], "-m venv"),
        (["virtualenv"], [], "virtualenv --python"),
    ],
)
def test_first_tool_that_is_there_makes_it(root, tools, modules, maker):
    make, fill = start.plan_commands(root, found(*tools), found(*modules))
    assert maker in " ".join(make)
    assert fill[-5:] == [
        "--no-deps",
        "-r",
        str(Path(root, "lib", "requirements.lock")),
        "-e",
        str(Path(root, "lib")),
    ]
    assert start.python_of(root) in fill


def test_without_any_tool_the_line_that_helps(ready, monkeypatch):
    with pytest.raises(start.SetUpError, match="sudo apt install python3-venv") as e:
        start.plan_commands(ready, found(), found())
    assert e.value.args[0] == 2


def test_failed_installer_is_shown_by_its_last_lines():
    noisy = "print(*range(100), sep='\\n'); print('disk full'); raise SystemExit(3)"
    with pytest.raises(start.SetUpError, match="disk full") as e:
        start.run_quietly([sys.executable, "-c", noisy])
    code, sentence = e.value.args
    assert code == 1
    assert "99\ndisk full\nSetting up failed" in sentence
    assert "80" not in sentence


def test_uv_fetches_no_interpreter_and_installers_stay_quiet(capfd):
    code = (
        "import os; print('noise'); assert os.environ['UV_PYTHON_DOWNLOADS']=='never'"
    )
    start.run_quietly([sys.executable, "-c", code])
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="the fake environment is a shell script")
def test_arguments_and_exit_code_go_through(root):
    copy = Path(root, "lib", "start.py")
    copy.write_text(START.read_text())
    start.prepare(root, FakeRunner(root))
    python = Path(start.python_of(root))
    python.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    python.chmod(0o755)
    for given, passed in [(["check", "a b.yml"], "check a b.yml"), ([], "--help")]:
        done = subprocess.run(
            [sys.executable, copy, *given], capture_output=True, text=True, check=False
        )
        assert done.stdout == f"-P -m campaignbook {passed}\n"
        assert done.stderr == ""
        assert done.returncode == 7


# --- the lists of packages --------------------------------------------------------


def test_lock_is_names_and_versions_only():
    assert LOCK
    for line in LOCK:
        entry, _, marker = line.partition(" ; ")
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!+]*", entry), line
        assert "://" not in line and "/" not in line and "\\" not in line, line
        assert "--" not in line and "sha256" not in line, line
        if marker:
            Marker(marker)


@pytest.mark.parametrize("declared", DECLARED)
def test_lock_holds_what_the_package_declares(declared):
    wanted = Requirement(declared)
    entries = [Requirement(line) for line in LOCK]
    same = [e for e in entries if plain(e.name) == plain(wanted.name)]
    for machine in MACHINES:
        if wanted.marker and not wanted.marker.evaluate(machine):
            continue
        here = [e for e in same if not e.marker or e.marker.evaluate(machine)]
        assert len(here) == 1, f"{declared}: {len(here)} entries for {machine}"
        (pin,) = here[0].specifier
        assert wanted.specifier.contains(pin.version), f"{here[0]} is not {declared}"


def test_conda_takes_the_same_lock():
    made = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert made["name"] == PROJECT["name"]
    assert made["channels"] == ["conda-forge"]
    python, pip, packages = made["dependencies"]
    assert pip == "pip"
    assert packages == {"pip": ["-r lib/requirements.lock", "-e lib"]}
    name, _, version = python.partition("=")
    assert name == "python"
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(
        version
    )


def test_refusal_agrees_with_the_package():
    wanted = Requirement(f"python{PROJECT['requires-python']}").specifier
    for minor in range(6, 20):
        assert wanted.contains(f"3.{minor}.1") == (start.refusal((3, minor)) is None)
