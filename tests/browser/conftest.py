"""A system Chromium for the browser tests; in CI its absence is a failure."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium_path():
    """Return the path of a Chromium, or skip with the reason."""
    found = next((path for n in NAMES if (path := shutil.which(n))), None)
    if found is None:
        reason = f"no Chromium on this machine (looked for {', '.join(NAMES)})"
        if os.environ.get("CAMPAIGNBOOK_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, chromium_path):
    """Start the system's Chromium, quietly and offline."""
    quiet = ["background-networking", "component-update", "sync"]
    args = [f"--disable-{word}" for word in quiet]
    args += ["--no-first-run", "--disable-quic"]
    args += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": args}
