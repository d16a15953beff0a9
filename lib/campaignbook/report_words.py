"""The fixed words of a report: verdicts, kinds, designs and estimates by name."""

MARKS = {"met": "✓", "not met": "✗", "cannot tell": "?"}
ANSWERS = {"yes": "✓ yes", "no": "✗ no", "unknown": "? unknown"}
KINDS = {
    "social": "Social marketing",
    "social_media": "Social media marketing",
    None: "Campaign",
}
DESIGNS = {
    "proportion": (
        "Proportion",
        "People were counted once. That says how many there are, not why.",
    ),
    "randomized_trial": (
        "Randomised trial",
        "Chance decided who got what. The groups were therefore alike at the start, "
        "apart from chance, and what differs at the end is due to what they got.",
    ),
    "difference_in_differences": (
        "Difference in differences",
        "The change in the treated group is compared with the change in a comparison "
        "group over the same time. What would have changed anyway is taken off.",
    ),
    "interrupted_time_series": (
        "Interrupted time series",
        "The series before the start says how it would have gone on. What the series "
        "does differently from the start on is the effect, if nothing else changed at "
        "that time.",
    ),
    "synthetic_control": (
        "Synthetic control",
        "A weighted mix of places without the campaign is made to follow the treated "
        "place before the start. Where the two part after it is the effect.",
    ),
    "observational": (
        "Observational comparison",
        "People chose for themselves. Those who took part are compared with those who "
        "did not, after allowing for the differences that were measured.",
    ),
    "pooled": (
        "Pooled studies",
        "Several studies of the same question are averaged; the more precise ones "
        "count for more.",
    ),
    "pre_post": (
        "Before and after",
        "One group is measured before and after. Whatever else happened in between is "
        "part of the difference: on its own it cannot say what caused it.",
    ),
}
"""Name of each design and what it does, for a reader with no statistics."""

NAMES = {
    "effect": "Effect (headline)",
    "difference": "Difference (headline)",
    "rate_difference": "Difference of rates (headline)",
    "change": "Change (headline)",
    "share": "Share",
    "risk_ratio": "Ratio of shares",
    "rate_ratio": "Ratio of rates",
    "cr1": "Regression, clustered (CR1)",
    "collapsed_t": "Cluster averages, t-test",
    "placebo": "Placebo test",
    "randomisation_inference": "Randomisation inference",
    "effect_during": "Effect during the campaign (headline)",
    "effect_after": "Effect after the campaign",
    "level_change": "Change of level",
    "slope_change": "Change of slope, a period",
    "ols": "Ordinary regression",
    "newey_west": "Newey-West regression",
    "average_effect": "Average effect (headline)",
    "did": "Difference in differences",
    "aipw": "Doubly robust (headline)",
    "unadjusted": "Unadjusted difference",
    "ipw": "Inverse probability weighting",
    "g_formula": "Standardisation",
    "pooled": "Pooled (headline)",
    "share_left": "Share of the change that is left",
    "change_beyond_trend": "Change beyond the trend before",
}

REFERENCES = {
    "Wilson": (
        "Wilson (1927), Journal of the American Statistical Association 22, 209-212"
    ),
    "Newcombe": "Newcombe (1998), Statistics in Medicine 17, 873-890",
    "Katz": "Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474",
    "Garwood": "Garwood (1936), Biometrika 28, 437-442",
    "CR2": (
        "Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky and "
        "Tipton (2018), Journal of Business and Economic Statistics 36, 672-683"
    ),
    "placebo": "MacKinnon and Webb (2020), Journal of Econometrics 218, 435-450",
    "group-time": (
        "Callaway and Sant'Anna (2021), Journal of Econometrics 225, 200-230"
    ),
    "synthetic": (
        "Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical "
        "Association 105, 493-505"
    ),
    "DerSimonian": (
        "DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188"
    ),
}
"""Published sources, by a word of the method texts."""
