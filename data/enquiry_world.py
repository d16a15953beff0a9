"""Simulated messages to a page and when they were answered, with the truth."""

import numpy as np
import pandas as pd
from export_world import DAYS, SEED, stream

# --- true effects; the codebook tells of them -------------------------------------

QUICK, SLOW = 3.0, 6.0  # median business hours to a reply: came on weekdays, weekends
REPLIED, REPLIED_WEEKEND = 0.9, 0.7  # shares of the messages that need a reply


def enquiries(seed: int = SEED, number: int = 400) -> pd.DataFrame:
    """Return messages to the page, and when they were answered (9 to 17, weekdays)."""
    rng = stream("enquiries", seed)
    minutes = np.sort(rng.integers(0, len(DAYS) * 24 * 60, number))
    received = DAYS[0] + pd.to_timedelta(minutes, "min")
    topic = rng.choice(["medicines", "appointments", "costs", "thanks"], number,
                       p=[0.4, 0.3, 0.2, 0.1])  # fmt: skip
    needs = rng.random(number) < np.where(topic == "thanks", 0.1, 0.97)
    weekend = received.day_of_week >= 5
    replied = rng.random(number) < np.where(weekend, REPLIED_WEEKEND, REPLIED)
    hours = np.where(weekend, SLOW, QUICK) * rng.lognormal(0, 0.9, number)
    answered = pd.Series(
        [_open_hours_after(t, h) for t, h in zip(received, hours, strict=True)]
    ).where(needs & replied)
    return pd.DataFrame(
        {"received": received, "answered": answered.to_numpy(), "needs_answer": needs,
         "topic": topic}
    )  # fmt: skip


def _open_hours_after(when: pd.Timestamp, hours: float) -> pd.Timestamp:
    """Return the minute that is so many business hours after another."""
    left = round(hours * 60)
    day = when.normalize()
    while True:
        opens, closes = day + pd.Timedelta(hours=9), day + pd.Timedelta(hours=17)
        start = max(when, opens)
        if day.day_of_week < 5 and start < closes:
            room = (closes - start) // pd.Timedelta(minutes=1)
            if left <= room:
                return start + pd.Timedelta(minutes=left)
            left -= room
        day += pd.Timedelta(days=1)
