"""The design kpis: from exports and a plan to levels, checks and findings."""

from unittest.mock import patch

import pandas as pd
import pytest
import yaml

from campaignbook import kpi_files
from campaignbook.answers import answer
from campaignbook.campaign import as_document
from campaignbook.errors import CampaignError
from campaignbook.evaluation.proportions import wilson
from campaignbook.files import DATA
from campaignbook.platforms import METRICS

EXACT = 1e-9  # rounding of sums
ADS = (
    "Reporting starts,Reporting ends,Campaign name,{}Reach,Impressions,"
    "Amount spent (EUR),Link clicks,Leads"
)
QUIT_PAGE = DATA / "plans" / "quit_page.yml"
MONTH = {"start": "2026-03-02", "end": "2026-03-29"}


def ads(days, *, ad="Ad ID", clicks=50, leads=2, currency="EUR"):
    """Return an export of two campaigns, one row a day and campaign."""
    named = f"{ad}," if ad else ""
    lines = [ADS.format(named).replace("EUR", currency)]
    for day in pd.date_range(*days):
        for i, name in enumerate(("Stories", "Feed")):
            own = f"12020{i}," if ad else ""
            lines.append(
                f"{day:%Y-%m-%d},{day:%Y-%m-%d},{name},{own}800,1000,25.00,{clicks},"
                f"{leads + i}"
            )
    return "\n".join(lines) + "\n"


TWO_MONTHS = ("2026-02-02", "2026-03-29")


@pytest.fixture
def campaign(tmp_path):
    """Return a function that writes exports and a plan, and gives the answers."""

    def campaign(files, *, goal=None, plan=None, **spec):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        goal = {
            "id": "leads", "type": "leads", "measure": "leads per link click",
            "unit": "share", "direction": "increase", "target": 0.03, **(goal or {}),
        }  # fmt: skip
        own = {
            "id": "march", "goal": "leads", "design": "kpis", "exports": list(files),
            "kpis": ["lead_rate"], **spec,
        }  # fmt: skip
        raw = {
            "name": "Quit page", "kind": "social_media", "period": MONTH,
            "currency": "EUR", "goals": [goal], "evaluations": [own], **(plan or {}),
        }  # fmt: skip
        raw = {k: v for k, v in raw.items() if v is not None}
        path = tmp_path / "plan.yml"
        path.write_text(yaml.safe_dump(raw), encoding="utf-8")
        return answer(path)

    return campaign


# --- levels -----------------------------------------------------------------------


def test_the_first_kpi_over_the_period_is_the_level(campaign):
    found = campaign({"ads.csv": ads(TWO_MONTHS)}, by=["campaign"])
    (evaluation,), (verdict,) = found.evaluations, found.verdicts
    # 28 days of 2 + 3 leads of 50 + 50 clicks, each the same: Wilson's own interval
    assert verdict.level == pytest.approx(0.05)
    ends = (evaluation.level.ci_low, evaluation.level.ci_high)
    assert ends == pytest.approx(wilson(140, 2800, level=0.95))
    assert (verdict.verdict, verdict.due_to_campaign) == ("met", "unknown")
    assert [(e.name, e.group) for e in evaluation.estimates] == [
        ("lead_rate", None), ("lead_rate", "campaign: Feed"),
        ("lead_rate", "campaign: Stories"),
    ]  # fmt: skip
    assert all(e.null_value is None and not e.assumptions for e in evaluation.estimates)


@pytest.mark.parametrize("overrides", [{}, {"evaluations.spring.kpis": ["lead_rate"]}])
def test_a_report_reads_every_metric_that_it_looks_at(overrides):
    some = as_document(answer(QUIT_PAGE, overrides=overrides))
    with patch.object(kpi_files, "metrics_of", lambda *_: METRICS):
        assert as_document(answer(QUIT_PAGE, overrides=overrides)) == some


def test_rows_outside_the_period_are_counted_as_such(campaign):
    (account,) = campaign({"ads.csv": ads(("2026-02-28", "2026-04-01"))}).inputs
    assert (account["rows_read"], account["rows_used"]) == (66, 56)
    assert {d["reason"][:16]: d["rows"] for d in account["rows_dropped"]} == {
        "before the perio": 4, "after the period": 6,
    }  # fmt: skip


def test_a_file_of_one_period_counts_where_the_period_holds_it(campaign):
    row = "2026-03-02,2026-03-29,{0},{0},800,1000,25.00,50,3\n"
    one = ADS.format("Ad ID,") + "\n" + row.format(1) + row.format(2)
    assert campaign({"ads.csv": one}).verdicts[0].level == pytest.approx(0.06)
    with pytest.raises(CampaignError, match="no row lies in the period"):
        campaign({"ads.csv": one.replace("2026-03-29", "2026-03-30")})


def test_without_a_period_all_days_count(campaign):
    found = campaign({"ads.csv": ads(TWO_MONTHS)}, plan={"period": None})
    assert found.inputs[0]["rows_used"] == 112
    assert found.evaluations[0].details["period"]["days"] == 56


def test_people_are_not_added_up_and_the_bounds_are_told(campaign):
    found = campaign(
        {"ads.csv": ads(TWO_MONTHS)},
        kpis=["reach"],
        goal={"unit": "count", "type": "awareness", "target": 900},
    )
    assert found.verdicts[0].verdict == "cannot tell"
    said = [c.sentence for c in found.evaluations[0].checks if c.answer == "no"]
    assert any("between 800 and 44,800" in s for s in said)


def test_a_benchmark_stands_beside_with_its_date(campaign):
    found = campaign(
        {"ads.csv": ads(TWO_MONTHS)}, kpis=["lead_rate", "ctr"],
        benchmarks=["facebook_leads_ctr_2024"],
    )  # fmt: skip
    (said,) = found.evaluations[0].details["kpis"][1]["benchmarks"]
    assert "5% beside the published 2.53% of 2024" in said


# --- refusals ---------------------------------------------------------------------

CASES = [
    ({"kpis": ["led_rate"]}, {}, "no 'led_rate'.*did you mean 'lead_rate'"),
    ({"kpis": ["emv"]}, {}, "'emv' is not computed"),
    ({"by": ["platfrom"]}, {}, "'platfrom' is not known.*did you mean 'platform'"),
    ({"exports": ["nothing.csv"]}, {}, "nothing.csv"),
    ({"kpis": ["roas"]}, {"unit": "ratio"}, "would be in an export of Meta Ads"),
    ({"kpis": ["engagement_rate_followers"]}, {}, "followers: {facebook: 12000}"),
    ({"followers": {"facebok": 100}}, {}, "no post is of 'facebok'"),
    ({"kpis": ["cpl"]}, {}, r"'cpl' in money.*write unit: EUR"),
    ({"kpis": ["leads"]}, {}, "'leads' in count"),
    ({"benchmarks": ["rival_iq_2024_tiktok"]}, {}, "followers.*not compared"),
    ({"benchmarks": ["rival_2024"]}, {}, "there is no 'rival_2024'"),
    ({"kpis": ["ctr"]}, {"type": "behaviour"}, "cannot decide a goal of type behav"),
]


@pytest.mark.parametrize(("spec", "goal", "words"), CASES)
def test_what_does_not_fit_is_refused_in_a_sentence(campaign, spec, goal, words):
    with pytest.raises(CampaignError, match=words):
        campaign({"ads.csv": ads(TWO_MONTHS)}, goal=goal, **spec)


def test_a_period_without_rows_is_refused_with_the_days_there_are(campaign):
    with pytest.raises(CampaignError, match="2026-02-02 to 2026-03-29"):
        campaign({"ads.csv": ads(TWO_MONTHS)}, plan={"period": {
            "start": "2027-01-01", "end": "2027-01-31"}})  # fmt: skip


def test_the_same_numbers_by_ad_and_by_campaign_are_refused(campaign):
    files = {"ads.csv": ads(TWO_MONTHS), "sums.csv": ads(TWO_MONTHS, ad="")}
    with pytest.raises(CampaignError, match=r"by ad \(ads.csv\) and by camp"):
        campaign(files)


def test_a_platform_that_tells_a_kpi_twice_is_refused(campaign):
    """X tells impressions and engagements of each post and of each day."""
    content = (
        "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,Bookmarks,"
        "Shares,New follows,Replies,Reposts,Profile visits,Detail Expands,URL Clicks,"
        'Hashtag Clicks,Permalink Clicks\n1,"Tue, Mar 3, 2026",Hello,x,900,9,20,1,1,0,'
        "1,0,0,0,3,0,0\n"
    )
    overview = (
        "Date,Impressions,Likes,Engagements,Bookmarks,Shares,New follows,Unfollows,"
        'Replies,Reposts,Profile visits,Create Post,Video views,Media views\n"Tue, Mar '
        '3, 2026",950,9,21,1,1,0,0,1,0,0,1,0,0\n'
    )
    files = {"content.csv": content, "overview.csv": overview}
    goal = {"unit": "share", "type": "awareness"}
    twice = "by day .overview.csv. and by post .content.csv."
    with pytest.raises(CampaignError, match=twice):
        campaign(files, goal=goal, kpis=["engagement_rate_impressions"])
    assert campaign(files, goal=goal, kpis=["ctr"]).verdicts[0].level == 3 / 900


def test_two_currencies_are_refused(campaign):
    other = ads(("2026-03-02", "2026-03-05"), currency="USD").replace("12020", "9")
    with pytest.raises(CampaignError, match=r"EUR in a.csv; USD in b.csv"):
        campaign({"a.csv": ads(TWO_MONTHS), "b.csv": other})


def test_a_currency_other_than_the_plans_is_refused(campaign):
    with pytest.raises(CampaignError, match="the plan is in USD"):
        campaign({"ads.csv": ads(TWO_MONTHS)}, plan={"currency": "USD"})


# --- checks -----------------------------------------------------------------------


def answers(found):
    return {c.name: c.answer for c in found.evaluations[0].checks}


def test_checks_answer_no_where_something_is_amiss(campaign):
    good = answers(campaign({"ads.csv": ads(TWO_MONTHS)}))
    assert set(good.values()) == {"yes"}
    few = ads(("2026-03-02", "2026-03-10"), clicks=3, leads=0)
    few = few.replace("120200", "1.22158E+17")
    period = {"start": "2026-03-02", "end": "2026-03-27"}
    bad = answers(campaign({"ads.csv": few}, plan={"period": period}))
    assert bad == {
        "enough counted": "no", "whole period": "no", "complete last week": "no",
        "same definition": "yes", "ids whole": "no",
    }  # fmt: skip


def test_a_figure_that_is_told_from_a_day_on_only_is_another_figure(campaign):
    lines = ads(TWO_MONTHS).splitlines()
    cut = [x.rsplit(",", 1)[0] + "," if "2026-02" in x else x for x in lines]
    found = campaign({"ads.csv": "\n".join(cut) + "\n"})
    assert answers(found)["same definition"] == "no"
    said = [c.sentence for c in found.evaluations[0].checks]
    assert any("tells leads only from 2026-03-01 on" in s for s in said)


def test_what_kpis_could_see_is_told_in_a_sentence(campaign):
    found = campaign({"ads.csv": ads(TWO_MONTHS)}, power={"n": 100})
    assert "KPIs are counted, not sampled" in found.evaluations[0].checks[-1].sentence


def test_rows_that_two_files_tell_count_once(campaign):
    whole, part = ads(TWO_MONTHS), ads(("2026-03-02", "2026-03-08"))
    one = campaign({"ads.csv": whole}).evaluations[0]
    two = campaign({"part.csv": part, "ads.csv": whole})
    assert two.evaluations[0].estimates[0] == one.estimates[0]
    assert two.inputs[0]["rows_used"] == 0
    assert two.inputs[0]["rows_dropped"] == [
        {"reason": "the same row stands in another file", "rows": 14}
    ]
    assert two.evaluations[0].checks == one.checks


@pytest.mark.parametrize(
    "other",
    [
        ads(("2026-03-02", "2026-03-08"), leads=3),
        ADS.format("Ad ID,") + "\n2026-03-02,2026-03-29,Stories,120200,9,10,2.50,5,1\n",
    ],
    ids=["other numbers", "one row of the whole time"],
)
def test_numbers_that_may_stand_in_two_files_are_told(campaign, other):
    found = campaign({"ads.csv": ads(TWO_MONTHS), "other.csv": other}).evaluations[0]
    (check,) = [c for c in found.checks if c.name == "told by one file"]
    assert check.answer == "unknown"
    assert check.sentence.startswith(
        "ads.csv and other.csv (meta_ads) tell the same ad"
    )


# --- beside the exports -------------------------------------------------------------

MESSAGES = "received,answered,needs_answer,topic\n"
GOOD = "2026-03-03 10:00,2026-03-03 12:00,true,costs\n2026-03-04 10:00,,true,help\n"
ACCOUNTS = "name,platform,followers\nann,Instagram,20000\n"


def test_messages_of_the_period_are_counted(campaign, tmp_path):
    late = "2026-04-01 10:00,,true,help\n"
    (tmp_path / "m.csv").write_text(MESSAGES + GOOD + late, encoding="utf-8")
    found = campaign({"ads.csv": ads(TWO_MONTHS)}, enquiries={"file": "m.csv"})
    whole = found.evaluations[0].details["enquiries"][0]
    assert (whole["messages"], whole["answered"], whole["backlog"]) == (2, 1, 1)
    assert whole["first_reply"]["estimate"] == pytest.approx(2.0)
    assert any("(1 of 2 messages)" in s for s in found.next_steps)
    assert [i["file"] for i in found.inputs] == ["ads.csv", "m.csv"]


@pytest.mark.parametrize(
    ("key", "name", "text", "words"),
    [
        ("enquiries", "m.csv", MESSAGES + GOOD.replace("true", "maybe"),
         "'maybe' in 'needs_answer' is neither true nor false"),
        ("enquiries", "m.csv", MESSAGES + GOOD.replace("2026-03-04 10:00", "noon"),
         "'noon' in 'received' is no time"),
        ("enquiries", "m.csv", "received,topic\nx,a\n", "no column 'answered'"),
        ("enquiries", "n.csv", GOOD, "enquiries: .*m.csv"),
        ("accounts", "a.csv", ACCOUNTS + "ben,TikTok,many\n", "'many' in 'followers'"),
        ("accounts", "a.csv", ACCOUNTS + "ben,TikTok,-5\n", "followers is -5"),
        ("accounts", "a.csv", "name,fee\nann,10\n",
         "march: influencers: accounts: a.csv: the table has no column 'followers'"),
        ("accounts", "a.csv", ACCOUNTS + "ben,TikTok,-5\n", "march.influencers: 'ben'"),
        ("accounts", "a.csv", "account\nann\n", "no column 'name'"),
        ("accounts", "b.csv", ACCOUNTS, "influencers: accounts: .*a.csv"),
    ],
)  # fmt: skip
def test_tables_beside_the_exports_are_refused_in_a_sentence(
    campaign, tmp_path, key, name, text, words
):
    (tmp_path / name).write_text(text, encoding="utf-8")
    spec = {"enquiries": {"file": "m.csv"}} if key == "enquiries" else {
        "influencers": {"accounts": "a.csv"}}  # fmt: skip
    with pytest.raises(CampaignError, match=words):
        campaign({"ads.csv": ads(TWO_MONTHS)}, **spec)
