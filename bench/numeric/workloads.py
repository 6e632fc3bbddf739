"""The work that is timed, run as it is here on every side, which has numpy, pandas and the others.

Each function makes its data and returns what is to be timed, whose result is compared between the
sides. Types are named where a side without 64-bit integers would have others.
"""

import io
import platform
import time
from importlib import metadata

import numpy as np
import pandas as pd

N = 1_000_000
WORK = {}


def work(title):
    def add(make):
        WORK[title] = make
        return make

    return add


def timed(title, seconds):
    """The least time that the work took, repeated for so long, and a number made of its result."""
    run = WORK[title]()
    result = run()
    least, begun = float("inf"), time.perf_counter()
    while True:
        started = time.perf_counter()
        run()
        ended = time.perf_counter()
        least = min(least, ended - started)
        if ended - begun >= seconds:
            return least, _number(result)


def versions(libraries):
    found = {name: metadata.version(name) for name in libraries}
    return {"python": platform.python_version(), **found}


def _number(result):
    if isinstance(result, pd.DataFrame):
        result = result.select_dtypes("number")
    values = np.asarray(result, dtype="float64").ravel()
    return float(np.nan_to_num(values) @ (np.arange(values.size) % 97 + 1.0))


def _random():
    return np.random.default_rng(20)


def _integers(high=N, dtype="int64", size=N):
    return _random().integers(0, high, size, dtype=dtype)


def _distinct(size=N):
    return _random().permutation(size).astype("int64")


def _frame(size=N, groups=1000):
    numbers = _random()
    return pd.DataFrame(
        {
            "key": numbers.integers(0, groups, size, dtype="int64"),
            "value": numbers.random(size),
            "count": numbers.integers(0, 100, size, dtype="int64"),
        }
    )


def _text_keys(frame):
    return frame.assign(key="group" + frame["key"].astype("str"))


# numpy


@work("create: arange, ones and zeros of 10^6 integers")
def _():
    def run():
        np.zeros(N, dtype="int64")
        return np.arange(N, dtype="int64") + np.ones(N, dtype="int64")

    return run


@work("integers: a * 3 + b, a // 7, a % 7")
def _():
    a, b = _integers(), _distinct()
    return lambda: [(a * 3 + b).sum(), (a // 7).sum(), (a % 7).sum()]


@work("floats: sqrt(a * b + 1) / (b + 1)")
def _():
    a, b = _random().random((2, N))
    return lambda: np.sqrt(a * b + 1) / (b + 1)


@work("10,000 times arange(10) + 1")
def _():
    def run():
        for _ in range(10_000):
            last = np.arange(10, dtype="int64") + 1
        return last

    return run


@work("10,000 times argsort of 10")
def _():
    few = _distinct(10)

    def run():
        for _ in range(10_000):
            last = few.argsort()
        return last

    return run


@work("10,000 times few[few_indices]")
def _():
    few, indices = _distinct(10), _distinct(10)

    def run():
        for _ in range(10_000):
            last = few[indices]
        return last

    return run


@work("argsort of 10^6 integers")
def _():
    a = _distinct()
    return lambda: np.argsort(a)


@work("sort of 10^6 integers")
def _():
    a = _distinct()
    return lambda: np.sort(a)


@work("sort of 10^6 floats")
def _():
    a = _random().random(N)
    return lambda: np.sort(a)


@work("a[indices], 10^6 of them, int64")
def _():
    a, indices = _random().random(N), _distinct()
    return lambda: a[indices]


@work("a[a > 0.5] and nonzero")
def _():
    a = _random().random(N)
    return lambda: [a[a > 0.5].sum(), np.nonzero(a > 0.5)[0].sum(dtype="int64")]


@work("searchsorted of 10^5 in 10^6")
def _():
    a, wanted = np.arange(N, dtype="int64"), _integers(size=N // 10)
    return lambda: np.searchsorted(a, wanted)


@work("bincount of 10^6 int32")
def _():
    a = _integers(1000, "int32")
    return lambda: np.bincount(a)


@work("unique of 10^6 with inverse and counts")
def _():
    a = _integers(1000)
    return lambda: np.unique(a, return_inverse=True, return_counts=True)[2]


@work("sum and cumsum of int32, as int64")
def _():
    a = _integers(dtype="int32")
    return lambda: [a.sum(dtype="int64"), a.cumsum(dtype="int64")[-1]]


@work("sum and cumsum of int64")
def _():
    a = _integers()
    return lambda: [a.sum(), a.cumsum()[-1]]


# pandas


@work("group-by of 10^6 rows, integer key: sum")
def _():
    frame = _frame()
    return lambda: frame.groupby("key").sum()


@work("group-by of 10^6 rows: agg of four kinds")
def _():
    frame = _frame()
    return lambda: frame.groupby("key")["value"].agg(["mean", "min", "max", "count"])


@work("group-by of 10^5 rows, text key: sum")
def _():
    frame = _text_keys(_frame(N // 10))
    return lambda: frame.groupby("key").sum()


@work("merge of 10^6 rows with 1,000")
def _():
    frame = _frame()
    other = pd.DataFrame({"key": _distinct(1000), "weight": _random().random(1000)})
    return lambda: frame.merge(other, on="key")


@work("merge of 10^5 rows with 1,000, text key")
def _():
    frame = _text_keys(_frame(N // 10))
    other = pd.DataFrame({"key": _distinct(1000), "weight": _random().random(1000)})
    other = _text_keys(other)
    return lambda: frame.merge(other, on="key")


@work("sort_values of 10^6 rows, two columns")
def _():
    frame = _frame()
    return lambda: frame.sort_values(["key", "value"])


@work("value_counts of 10^6 integers")
def _():
    keys = pd.Series(_integers(1000))
    return lambda: keys.value_counts(sort=False).sort_index()


@work("crosstab of 10^5 rows")
def _():
    frame = _frame(N // 10, groups=20)
    return lambda: pd.crosstab(frame["key"], frame["count"])


@work("rolling mean of 10^6 floats")
def _():
    values = pd.Series(_random().random(N))
    return lambda: values.rolling(50).mean()


@work("1,000 group-bys of 10 rows")
def _():
    frame = _frame(10, groups=3)

    def run():
        for _ in range(1000):
            last = frame.groupby("key")["value"].sum()
        return last

    return run


@work("1,000 times loc, iloc and boolean mask of 10 rows")
def _():
    frame = _frame(10)

    def run():
        for _ in range(1000):
            last = [
                frame.loc[3, "value"],
                frame.iloc[[1, 2]]["count"].sum(),
                frame[frame["count"] > 50]["value"].sum(),
            ]
        return last

    return run


# Regression and a plot


@work("regression by lstsq, 10^5 x 10")
def _():
    x, y = _regression()
    return lambda: np.linalg.lstsq(x, y)[0].round(6)


@work("regression by sklearn, 10^5 x 10")
def _():
    from sklearn.linear_model import LinearRegression

    x, y = _regression()
    return lambda: LinearRegression().fit(x, y).coef_.round(6)


def _regression():
    numbers = _random()
    x = numbers.standard_normal((N // 10, 10))
    return x, x @ np.arange(1.0, 11.0) + numbers.standard_normal(N // 10)


@work("a plot: line and histogram, to PNG")
def _():
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    values = _random().standard_normal(1000)

    def run():
        figure, (left, right) = plt.subplots(1, 2)
        left.plot(values.cumsum())
        counts, _, _ = right.hist(values, bins=30)
        figure.savefig(io.BytesIO(), format="png")
        plt.close(figure)
        return counts

    return run
