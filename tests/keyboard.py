"""Going through a page by keyboard, for the browser tests."""

import pytest


def focused(page, script):
    """Return what a script says of the element `e` that has the focus."""
    return page.evaluate(f"(e => {script})(document.activeElement)")


def press_until(page, key, script, *, most=120):
    """Press a key until the focused element answers yes."""
    for _ in range(most):
        if focused(page, script):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {script}; at " + focused(page, "e.outerHTML"))
