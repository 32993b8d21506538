"""Golden vectors of crates/study/src/statistics, by SciPy, scikit-learn, statsmodels, krippendorff and pingouin.

Usage: python3 scores.py > scores.json
Made with Python 3.11, numpy, scipy, scikit-learn, statsmodels, krippendorff and pingouin in the versions that the
output names. The intraclass correlations are also made by R, see icc.R.
"""

import json
from importlib.metadata import version

import krippendorff
import numpy as np
import pandas as pd
import pingouin
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.multitest import multipletests

generator = np.random.default_rng(20210801)


def scores(n_units, n_raters, *, noise, lowest=1, halves=False, missing=0.0):
    """Scores of raters who see the same quality with noise of their own; nan where a judgement is missing."""
    quality = generator.normal(3, 1.1, size=(n_units, 1))
    raw = quality + generator.normal(0, noise, size=(n_units, n_raters)) + generator.normal(0, 0.4, size=n_raters)
    table = np.clip(np.round(raw * 2) / 2 if halves else np.round(raw), lowest, 5)
    table[generator.random(table.shape) < missing] = np.nan
    return table


def cells(table):
    return [[None if np.isnan(cell) else float(cell) for cell in row] for row in table]


def pairs(table):
    n_raters = table.shape[1]
    for one in range(n_raters):
        for other in range(one + 1, n_raters):
            both = ~np.isnan(table[:, one]) & ~np.isnan(table[:, other])
            if both.any():
                yield table[both, one], table[both, other]


def kappa(x, y, weights):
    # Doubled, so that halves are categories, too; all categories are named, so that weights are distances of scores.
    double = lambda values: (values * 2).astype(int)
    return cohen_kappa_score(double(x), double(y), weights=weights, labels=list(range(11)))


def alpha(table, level):
    return krippendorff.alpha(reliability_data=table.T, level_of_measurement=level)


def intraclass(table):
    complete = table[~np.isnan(table).any(axis=1)]
    n_units, n_raters = complete.shape
    long = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n_units), n_raters),
            "rater": np.tile(np.arange(n_raters), n_units),
            "score": complete.reshape(-1),
        }
    )
    pingouin.options["round"] = None
    pingouin.options["round.column.CI95"] = None
    result = pingouin.intraclass_corr(long, targets="unit", raters="rater", ratings="score")
    interval = next(name for name in result.columns if name.startswith("CI95"))
    return [[float(row["ICC"]), float(row[interval][0]), float(row[interval][1])] for _, row in result.iterrows()]


def agreement(name, table):
    x, y = next(pairs(table))
    r = stats.pearsonr(x, y)
    interval = r.confidence_interval(0.95)
    mean = lambda statistic: float(np.mean([statistic(x, y) for x, y in pairs(table)]))
    return {
        "name": name,
        "table": cells(table),
        "pearson": [r.statistic, r.pvalue, interval.low, interval.high],
        "pearson_mean": mean(lambda x, y: stats.pearsonr(x, y).statistic),
        "spearman_mean": mean(lambda x, y: stats.spearmanr(x, y).statistic),
        "kappa_linear_mean": mean(lambda x, y: kappa(x, y, "linear")),
        "kappa_quadratic_mean": mean(lambda x, y: kappa(x, y, "quadratic")),
        "within_one_mean": mean(lambda x, y: float(np.mean(np.abs(x - y) <= 1))),
        "alpha": [alpha(table, level) for level in ("nominal", "ordinal", "interval")],
        # ICC(1), ICC(A,1), ICC(C,1), ICC(k), ICC(A,k), ICC(C,k): value, low, high.
        "icc": intraclass(table),
    }


def two_samples(name, x, y):
    u = stats.mannwhitneyu(x, y).statistic
    differences = x - y
    moment = stats.describe(x)
    return {
        "name": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "summary": [float(moment.mean), float(np.sqrt(moment.variance)), float(np.median(x))],
        "cliffs_delta": 2 * u / (len(x) * len(y)) - 1,
        "cohens_d": pingouin.compute_effsize(x, y, eftype="cohen"),
        "cohens_d_paired": float(differences.mean() / differences.std(ddof=1)),
    }


def permutation(name, differences):
    test = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    return {"name": name, "differences": differences.tolist(), "p": test.pvalue}


def bca(name, values, n_draws):
    """SciPy's own interval, whose draws are recorded on their way through the statistic."""
    recorded = []

    def mean(sample, axis=-1):
        result = np.mean(sample, axis=axis)
        recorded.append(np.atleast_1d(result))
        return result

    result = stats.bootstrap(
        (values,), mean, n_resamples=n_draws, confidence_level=0.95, method="BCa", vectorized=True, rng=7
    )
    interval = result.confidence_interval
    n = len(values)
    jackknife = [(values.sum() - value) / (n - 1) for value in values]
    return {
        "name": name,
        "estimate": float(values.mean()),
        "draws": result.bootstrap_distribution.tolist(),
        "jackknife": jackknife,
        "low": interval.low,
        "high": interval.high,
    }


# Krippendorff 2011, example C: four observers, twelve units, missing data.
missing = np.nan
published = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, missing, missing, missing],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, missing, 3],
        [missing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, missing],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, missing],
    ]
).T

golden = {
    "made_with": {
        name: version(name) for name in ("numpy", "scipy", "scikit-learn", "statsmodels", "krippendorff", "pingouin")
    },
    "agreement": [
        agreement("two raters", scores(60, 2, noise=0.7)),
        agreement("three raters, zeros", scores(40, 3, noise=1.0, lowest=0)),
        agreement("two raters, halves", scores(50, 2, noise=0.5, halves=True)),
        agreement("four raters, a fifth missing", scores(80, 4, noise=0.9, missing=0.2)),
        agreement("hardly any agreement", scores(30, 2, noise=6.0)),
        agreement("Krippendorff 2011", published),
    ],
    "two_samples": [
        two_samples("integers", scores(30, 1, noise=0.5)[:, 0], scores(30, 1, noise=0.9)[:, 0]),
        two_samples("halves", scores(41, 1, noise=0.5, halves=True)[:, 0], scores(41, 1, noise=0.2, halves=True)[:, 0]),
    ],
    "permutation": [
        permutation("small", np.array([0.5, -0.5, 1.0, 0.0, 2.0, 0.5, -1.5, 1.0])),
        permutation("one-sided", np.array([1.0, 0.5, 0.5, 2.0, 1.5])),
        permutation("none", np.array([1.0, -1.0, 0.5, -0.5])),
        permutation("twelve", scores(12, 1, noise=0.5, halves=True)[:, 0] - 2.5),
    ],
    "holm": [
        {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}
        for p in ([0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.2], [0.03], [0.001, 0.001, 0.9, 0.02, 0.04, 0.0001])
    ],
    "bca": [
        bca("skewed", generator.exponential(1.0, size=40), 999),
        bca("scores", scores(60, 1, noise=0.5)[:, 0], 1500),
    ],
}
print(json.dumps(golden))
