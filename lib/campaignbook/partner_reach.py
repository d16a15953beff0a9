"""What partners reach: places covered, and what one more adds, overlap not known."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.reach_bounds import Overlap, overlap_ends, reach_bounds
from campaignbook.results import say, say_number
from campaignbook.tables import require_columns


def coverage(
    organisations: pd.DataFrame, audience: pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Return how much of the audience organisations reach by place, and with trust.

    Parameters
    ----------
    organisations : pandas.DataFrame
        One row an organisation and place: `name`, `place`, `reach` (people of the
        audience there), and as far as known `trust` (share of those people who trust
        it, 0-1) and `asked` (how many of them were asked for it).
    audience : pandas.DataFrame
        One row a place: `place`, `people`.
    level : float
        Confidence level of the share that trusts, 0-1.

    Returns
    -------
    pandas.DataFrame
        One row a place, in the order of `audience`: `place`, `people`, `organisations`
        (how many), `low`, `high` (share reached, 0-1), `trusted_low`, `trusted_high`
        (share reached by somebody they trust), `sentence`.

    Raises
    ------
    DataError
        Every impossible number, unknown place, and name that stands twice in a place.

    Notes
    -----
    Who is reached by several is not known: between the largest reach of one, and the
    sum (not more than all people). For trust the ends are those of Wilson's interval
    where the number asked is told; a trust that is not told may be none or all.
    """
    require_columns(organisations, "name", "place", "reach")
    require_columns(audience, "place", "people")
    rows = organisations.copy()
    for column in ("trust", "asked"):
        if column not in rows:
            rows[column] = math.nan
    _refuse(rows, audience)
    found = []
    for place, people in zip(audience["place"], audience["people"], strict=True):
        own = rows[(rows["place"] == place) & (rows["reach"] > 0)].to_dict("records")
        ends = [_trusting(one, level) for one in own]
        row = {
            "place": place, "people": people, "organisations": len(own),
            "low": max((o["reach"] for o in own), default=0) / people,
            "high": min(sum(o["reach"] for o in own) / people, 1.0),
            "trusted_low": max((low for low, _ in ends), default=0) / people,
            "trusted_high": min(sum(high for _, high in ends) / people, 1.0),
        }  # fmt: skip
        reached, trusted = (
            _range(row[f"{p}low"], row[f"{p}high"]) for p in ("", "trusted_")
        )
        told = f"{place}: nobody reaches any of {say_number(people)} people."
        if own:
            noun = "organisation reaches" if len(own) == 1 else "organisations reach"
            told = (
                f"{place}: {len(own)} {noun} {reached} of {say_number(people)} people; "
                f"{trusted} are reached by one they trust."
            )
        found.append({**row, "sentence": told})
    return pd.DataFrame(found)


def added_bounds(
    partners: Sequence[tuple[str, float | None, float | None]],
    *,
    population: float | None = None,
    overlaps: Mapping[tuple[str, str], Overlap] | None = None,
    currency: str = "",
) -> pd.DataFrame:
    """Return between which numbers each partner adds people to all the others.

    Parameters
    ----------
    partners : sequence of (name, people, cost)
        For example ``[(p.name, p.reach, p.cost) for p in plan.partners]``.
    population, overlaps
        See `reach_bounds.reach_bounds`.
    currency : str
        Of the costs, for the sentences.

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `reach`, `cost`, `added_low`, `added_high` (people whom no other
        reaches), `cost_low`, `cost_high` (for each of them; infinite where it may add
        nobody; empty without a cost), `sentence`.

    Raises
    ------
    PlanError
        As `reach_bounds`; or a cost is below 0.

    Notes
    -----
    At most: its reach less its largest known overlap, and the most that all reach less
    the least that the others do. At least: its reach less all its overlaps, unknown
    ones as large as they can be, and the least of all less the most of the others.

    Examples
    --------
    >>> made = added_bounds([("a", 100, 50), ("b", 60, 60)], overlaps={("a", "b"): 0.5})
    >>> made[["added_low", "added_high", "cost_low"]].to_numpy().tolist()
    [[70.0, 70.0, 0.7142857142857143], [30.0, 30.0, 2.0]]
    """
    reaches = [(name, reach) for name, reach, _ in partners]
    whole = reach_bounds(reaches, population=population, overlaps=overlaps)
    problems = [
        f"the cost of '{name}' is {cost}; write a number of 0 or more."
        for name, _, cost in partners
        if cost is not None and not 0 <= cost < math.inf
    ]
    if problems:
        raise PlanError(*problems)
    size = {name: float(reach) for name, reach in reaches}
    known = {frozenset(p): overlap_ends(share) for p, share in (overlaps or {}).items()}
    rows = []
    for name, _, cost in partners:
        others = [n for n in size if n != name]
        small = {n: min(size[n], size[name]) for n in others}
        both = {n: known.get(frozenset((n, name)), (0.0, 1.0)) for n in others}
        least, most = ([small[n] * both[n][e] for n in others] for e in (0, 1))
        left = {pair: s for pair, s in (overlaps or {}).items() if name not in pair}
        rest = (0.0, 0.0)
        if others:
            kept = [(n, size[n]) for n in others]
            held = reach_bounds(kept, population=population, overlaps=left)
            rest = (held.low, held.high)
        low = max(size[name] - sum(most), whole.low - rest[1], 0.0)
        high = min(size[name] - max(least, default=0.0), whole.high - rest[0])
        row = {"name": name, "reach": size[name],
               "cost": math.nan if cost is None else float(cost),
               "added_low": low, "added_high": max(high, low)}  # fmt: skip
        row["cost_low"] = row["cost"] / high if high > 0 else math.inf
        row["cost_high"] = row["cost"] / low if low > 0 else math.inf
        rows.append({**row, "sentence": _added_said(row, currency)})
    columns = ["name", "reach", "cost", "added_low", "added_high", "cost_low",
               "cost_high", "sentence"]  # fmt: skip
    made = pd.DataFrame(rows, columns=columns)
    free = made["cost"].isna()
    return made.assign(**{c: made[c].mask(free) for c in ("cost_low", "cost_high")})


def _added_said(row: Mapping[str, float], currency: str) -> str:
    low, high = (say_number(row[f"added_{e}"]) for e in ("low", "high"))
    told = f"{row['name']} reaches {say_number(row['reach'])} people and adds "
    told += f"{high}" if low == high else f"{low} to {high}"
    if math.isnan(row["cost"]) or row["cost"] == 0:
        return f"{told}."
    ends = [say_number(row[f"cost_{e}"]) for e in ("low", "high")]
    if math.isinf(row["cost_low"]):
        return f"{told}: its cost buys nobody new."
    price = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    if math.isinf(row["cost_high"]):
        price = f"at least {ends[0]}"
    return f"{told}; each of these costs {price} {currency}".rstrip() + "."


def _trusting(one: Mapping[str, float], level: float) -> tuple[float, float]:
    if math.isnan(one["trust"]):
        return 0.0, one["reach"]
    ends = one["trust"], one["trust"]
    if one["asked"] > 0:
        ends = wilson(one["trust"] * one["asked"], one["asked"], level=level)
    return one["reach"] * ends[0], one["reach"] * ends[1]


def _range(low: float, high: float) -> str:
    texts = [say(v, "share") for v in (low, high)]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _refuse(rows: pd.DataFrame, audience: pd.DataFrame) -> None:
    people = dict(zip(audience["place"], audience["people"], strict=True))
    problems = [
        f"audience: '{place}' stands twice; write each place once."
        for place in audience.loc[audience["place"].duplicated(), "place"]
    ]
    problems += [
        f"audience: '{place}' has {n} people; write a number above 0."
        for place, n in people.items()
        if not 0 < n < math.inf
    ]
    seen = set()
    for one in rows.to_dict("records"):
        where = f"'{one['name']}' in {one['place']}"
        if one["place"] not in people:
            problems.append(f"{where}: the audience has no such place.")
        elif not 0 <= one["reach"] <= people[one["place"]]:
            problems.append(
                f"{where} reaches {one['reach']} of {people[one['place']]} people; "
                "write those of the audience there, 0 or more."
            )
        if not (math.isnan(one["trust"]) or 0 <= one["trust"] <= 1):
            problems.append(
                f"{where}: the trust is {one['trust']}; write a share between 0 and 1."
            )
        if (one["name"], one["place"]) in seen:
            problems.append(f"{where} stands twice; write it once.")
        seen.add((one["name"], one["place"]))
    if problems:
        raise DataError(*problems)
