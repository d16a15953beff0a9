"""The lesson on influencers: rates beside published ones, signals, prices, sets."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from campaignbook.markup import bullets, esc, shown, table
from campaignbook.net_reach import NetReach, share_reached
from campaignbook.results import say, say_apart, say_number


def rated(rates: pd.DataFrame) -> HTML:
    """Return accounts with tier and engagement rate, beside what is published."""
    rows = []
    for one in rates.to_dict("records"):
        low, high = (say(one[f"published_{e}"], "share") for e in ("low", "high"))
        own = [one["rate"], one["low"], one["high"]]
        rate, *ends = say_apart(own, "share", change=False)
        rows.append(
            [esc(one["name"]), esc(one["platform"]), f"{one['followers']:,.0f}",
             esc(one["tier"]), f"{rate} ({' to '.join(ends)})",
             low if low == high else f"{low} to {high}"]
        )  # fmt: skip
    head = ["Account", "Platform", "Followers", "Tier",
            "Engagement rate by followers (95% interval)", "Published"]  # fmt: skip
    return shown(table("Twelve accounts (simulated)", head, rows))


def signals(explained: pd.DataFrame) -> HTML:
    """Return how many signals of each account need an explanation, or are not known."""
    rows = [
        [esc(one.name), f"{one.signals}", f"{one.open}", esc(one.sentence)]
        for one in explained.itertuples(index=False)
        if one.signals or one.open
    ]
    head = ["Account", "To be explained", "Not known yet", "Which"]
    return shown(
        table("Which of five signals need an explanation (simulated)", head, rows)
    )


def prices_of(costs: pd.DataFrame, *, currency: str = "GBP") -> HTML:
    """Return what an engagement costs, and an authentic one, the dearest first."""
    rows = []
    for one in costs.sort_values("per_authentic", ascending=False).itertuples():
        ends = f"{say_number(one.low)} to {say_number(one.high)}"
        rows.append(
            [esc(one.name), say_number(one.fee), say_number(one.per_engagement),
             f"{say_number(one.per_authentic)} ({ends})"]
        )  # fmt: skip
    head = ["Account", f"Fee, {currency}", f"An engagement, {currency}",
            f"An authentic one, {currency} (95% interval)"]  # fmt: skip
    return shown(table("What an engagement costs (simulated)", head, rows))


def sets_beside(
    audience: pd.DataFrame, found: Mapping[str, NetReach], *, currency: str = "GBP"
) -> HTML:
    """Return sets of accounts with their fee and the people they reach, each once."""
    rows = []
    for name, one in found.items():
        share = share_reached(audience, one.items)
        size, ends = share.words()
        rows.append(
            [esc(name), esc(", ".join(one.items)), say_number(one.cost),
             f"{one.reach:,.0f}", f"{size} ({ends})"]
        )  # fmt: skip
    head = ["Choice", "Accounts", f"Fees, {currency}", "People reached", "Of all"]
    made = table("Net reach among smokers of the town (simulated)", head, rows)
    steps = [o.sentence() for o in found.values() if o.sets is None]
    return shown(made + (bullets(steps, "") if steps else ""))


def added(found: pd.DataFrame, *, currency: str = "GBP") -> HTML:
    """Return what each account of a set adds, the most adding first."""
    names: Sequence[str] = ("item", "alone", "added", "cost_per_additional")
    rows = []
    for item, alone, more, price in found[list(names)].itertuples(index=False):
        told = "nobody is added" if pd.isna(price) else say_number(price)
        rows.append([esc(item), f"{alone:,.0f}", f"{more:,.0f}", told])
    head = ["Account", "Reaches alone", "Adds to those above it",
            f"One additional person costs, {currency}"]  # fmt: skip
    return shown(table("What each account adds (simulated)", head, rows))
