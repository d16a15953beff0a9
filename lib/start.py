"""Make the workbook's own environment when needed, then run a command in it.

Standard library only; Python 3.6 can read it, far enough to say what it needs.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from subprocess import PIPE, STDOUT

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WINDOWS = os.name == "nt"


class SetUpError(Exception):
    """Why there is no environment: the exit code and a sentence."""


def refusal(version):
    """Return the sentence that refuses this Python, or None if it will do."""
    if (3, 11) <= tuple(version[:2]) <= (3, 13):
        return None
    example = "py -3.12 lib\\start.py" if WINDOWS else "python3.12 lib/start.py"
    return (
        f"This is Python {version[0]}.{version[1]} and the workbook needs 3.11, 3.12 "
        f"or 3.13: install one of them and start with it, for example: {example}"
    )


def python_of(root):
    """Return the path of the environment's interpreter."""
    inside = ("Scripts", "python.exe") if WINDOWS else ("bin", "python")
    return os.path.join(root, ".venv", *inside)


def fingerprint(root, version=sys.version_info[:2]):
    """Return a hash of what the environment is made from; its place counts too."""
    digest = hashlib.sha256(repr((root, version)).encode())
    for name in ("requirements.lock", "pyproject.toml"):
        with open(os.path.join(root, "lib", name), "rb") as file:
            digest.update(file.read() + b"\0")
    return digest.hexdigest()


def is_ready(root):
    """Tell whether the environment was finished, is up to date and can start."""
    try:
        with open(os.path.join(root, ".venv", ".campaignbook")) as stamp:
            return stamp.read() == fingerprint(root) and os.path.exists(python_of(root))
    except (FileNotFoundError, NotADirectoryError):
        return False


def plan_commands(root, which=shutil.which, has_module=find_spec):
    """Return the commands that make the environment, filled from the lock alone."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    venv, lib = os.path.join(root, ".venv"), os.path.join(root, "lib")
    what = ["--no-deps", "-r", os.path.join(lib, "requirements.lock"), "-e", lib]
    uv, virtualenv = which("uv"), which("virtualenv")
    if uv:
        fill = [uv, "pip", "install", "--python", python_of(root)]
        return [[uv, "venv", "--no-project", "--python", base, venv], fill + what]
    fill = [python_of(root), "-m", "pip", "install", "--no-input"]
    if has_module("ensurepip"):
        return [[base, "-m", "venv", venv], fill + what]
    if virtualenv:
        return [[virtualenv, "--python", base, venv], fill + what]
    sentence = "This Python cannot make environments. On Debian and Ubuntu this helps: "
    raise SetUpError(2, sentence + "sudo apt install python3-venv")


def run_quietly(command):
    """Run an installer, and show the end of what it said only if it fails."""
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never", PIP_USER="0", PYTHONUTF8="1")
    done = subprocess.run(command, env=env, stdout=PIPE, stderr=STDOUT, close_fds=False)
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").splitlines()[-12:]
        said.append("Setting up failed, for the reason above. Check the connection to")
        said.append("the network and start again: it will begin afresh.")
        raise SetUpError(1, "\n".join(said))


def rebuild(root, run):
    """Make the environment anew; the stamp comes last, so half of one never counts."""
    made_from, commands, began = fingerprint(root), plan_commands(root), time.time()
    venv = os.path.join(root, ".venv")
    stamp = os.path.join(venv, ".campaignbook")
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.remove(stamp)
    if os.path.lexists(venv):
        shutil.rmtree(venv)
    for command in commands:
        run(command)
    with open(stamp, "w") as file:
        file.write(made_from)
    print(f"Ready after {time.time() - began:.0f} s.", file=sys.stderr, flush=True)


def prepare(root, run=run_quietly):
    """Make sure that the environment is there; two starts at once take turns."""
    if is_ready(root):
        return
    print("Setting up (once, a minute or two) ...", file=sys.stderr, flush=True)
    with open(os.path.join(root, "lib", "requirements.lock"), "rb") as lock:
        # No lock on Windows. Installers inherit it: the next start waits for them too.
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            os.set_inheritable(lock.fileno(), True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(root):
            rebuild(root, run)


def launch(command):
    """Hand over to the command; its exit code becomes ours."""
    if not WINDOWS:
        os.execv(command[0], command)
    process = subprocess.Popen(command, env=dict(os.environ, PYTHONUTF8="1"))
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # the command got it too
            return process.wait()


def main(arguments):
    """Check, prepare and launch; return an exit code."""
    code, sentence = 2, refusal(sys.version_info)
    try:
        if not sentence:
            prepare(ROOT)
    except SetUpError as error:
        code, sentence = error.args
    except OSError as error:
        code, sentence = 1, f"Setting up failed: {error}. Close what uses .venv."
    except KeyboardInterrupt:
        code, sentence = 130, "Stopped. The next start will set up afresh."
    if sentence:
        print(sentence, file=sys.stderr)
        return code
    # -P: a file in the reader's own folder never takes the place of a library.
    return launch([python_of(ROOT), "-P", "-m", "campaignbook", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["--help"]))
