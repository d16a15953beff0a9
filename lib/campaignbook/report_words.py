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
    "kpis": (
        "Key performance indicators",
        "What the platforms counted, put into figures. They say where the measure "
        "stands; what moved it they cannot say.",
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
    "adjusted": "Adjusted for covariates",
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
    "MOVER": "Zou and Donner (2008), Statistics in Medicine 27, 1693-1702",
    "exact interval given": "Przyborowski and Wilenski (1940), Biometrika 31, 313-323",
    "Welch": "Welch (1947), Biometrika 34, 28-35",
    "Student": "Student (1908), Biometrika 6, 1-25",
    "variance between rows": "Cochran (1977), Sampling Techniques, ch. 6",
    "CR1": "Liang and Zeger (1986), Biometrika 73, 13-22",
    "CR2": (
        "Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky and "
        "Tipton (2018), Journal of Business and Economic Statistics 36, 672-683"
    ),
    "cluster means": "Hayes and Moulton (2017), Cluster Randomised Trials, ch. 10-11",
    "within clusters": "Hayes and Moulton (2017), Cluster Randomised Trials, ch. 10-11",
    "from the start on minus before": (
        "Bertrand, Duflo and Mullainathan (2004), Quarterly Journal of Economics 119, "
        "249-275"
    ),
    "assignments": "Imbens and Rubin (2015), Causal Inference for Statistics, ch. 5",
    "placebo": "MacKinnon and Webb (2020), Journal of Econometrics 218, 435-450",
    "group-time": (
        "Callaway and Sant'Anna (2021), Journal of Econometrics 225, 200-230"
    ),
    "Prais-Winsten": (
        "Prais and Winsten (1954), Cowles Commission Discussion Paper 383"
    ),
    "Poisson regression": (
        "McCullagh and Nelder (1989), Generalized Linear Models, ch. 9; Zeger (1988), "
        "Biometrika 75, 621-629"
    ),
    "Newey-West": "Newey and West (1987), Econometrica 55, 703-708",
    "synthetic control": (
        "Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical "
        "Association 105, 493-505"
    ),
    "inverting the placebo": (
        "Firpo and Possebom (2018), Journal of Causal Inference 6(2)"
    ),
    "AIPW": (
        "Robins, Rotnitzky and Zhao (1994), Journal of the American Statistical "
        "Association 89, 846-866"
    ),
    "Hajek": "Lunceford and Davidian (2004), Statistics in Medicine 23, 2937-2960",
    "g-formula": "Hernan and Robins (2020), Causal Inference: What If, ch. 13",
    "inverse-variance mean": (
        "Borenstein, Hedges, Higgins and Rothstein (2009), Introduction to "
        "Meta-Analysis, ch. 11"
    ),
    "DerSimonian": (
        "DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188"
    ),
    "Hartung": (
        "Hartung and Knapp (2001), Statistics in Medicine 20, 3875-3889; Sidik and "
        "Jonkman (2002), Statistics in Medicine 21, 3153-3159"
    ),
    "Laney": "Laney (2002), Quality Engineering 14, 531-537",
    "Scott and Knott": "Scott and Knott (1974), Biometrics 30, 507-512",
    "Hansen": "Hansen (2000), Econometrica 68, 575-603",
    "HC3": "MacKinnon and White (1985), Journal of Econometrics 29, 305-325",
    "Holm": "Holm (1979), Scandinavian Journal of Statistics 6, 65-70",
    "studentised": (
        "Cook and Weisberg (1982), Residuals and Influence in Regression, ch. 2"
    ),
    "Fieller": "Fieller (1954), Journal of the Royal Statistical Society B 16, 175-185",
}
"""Published sources, by a word of the method texts."""
