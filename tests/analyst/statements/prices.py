# ruff: noqa: E402
# %% Load the prices of the three stocks
import numpy as np
import pandas as pd

prices = pd.read_csv("prices.csv", parse_dates=["date"])
prices.info()
print(prices.groupby("ticker")["close"].agg(["first", "last", "min", "max"]))

# %% Put the tickers side by side
close = prices.pivot(index="date", columns="ticker", values="close")
volume = prices.pivot(index="date", columns="ticker", values="volume")
print(close.head(3))
print(volume.tail(3))

# %% How many shares were traded in total?
print(volume.sum())
print(np.array(prices["volume"].tolist()).sum())
print(f"{int(volume.to_numpy().sum()):,}")

# %% What is the volume-weighted average price per ticker?
vwap = (close * volume).sum() / volume.sum()
print(vwap.round(6))
for ticker in close:
    print(ticker, round(np.average(close[ticker], weights=volume[ticker]), 6))

# %% What are the daily returns and their yearly volatility?
returns = np.log(close / close.shift(1)).dropna()
print(returns.describe().round(6))
print((returns.std() * np.sqrt(252)).round(6))

# %% How strongly are the three correlated?
print(returns.corr().round(6))
print(np.cov(returns.to_numpy().T).round(9))

# %% What was the largest drawdown of each, and when did it end?
drawdown = close / close.cummax() - 1
print(pd.DataFrame({"depth": drawdown.min().round(5), "on": drawdown.idxmin()}))

# %% When did the 10-day mean cross above the 50-day mean for ACME?
fast, slow = close["ACME"].rolling(10).mean(), close["ACME"].rolling(50).mean()
above = (fast > slow).astype(int)
crossings = above.diff()[above.diff() == 1].index
print(len(crossings))
print([day.date().isoformat() for day in crossings])

# %% Exponentially weighted mean and volatility of BOLT, last week
ewm = close["BOLT"].ewm(span=20)
print(pd.DataFrame({"mean": ewm.mean(), "std": ewm.std()}).tail(5).round(5))

# %% What are the monthly open, high, low and close of CRUX?
print(close["CRUX"].resample("ME").ohlc().head(8).round(4))

# %% What is the on-balance volume of each ticker at the end of every quarter?
sign = np.sign(close.diff()).fillna(0).astype(int)
balance = (sign * volume).cumsum()
print(balance.resample("QE").last())

# %% The same with plain numpy for ACME
steps = np.sign(np.diff(close["ACME"].to_numpy())).astype(int)
obv = np.concatenate([[0], np.cumsum(steps * volume["ACME"].to_numpy()[1:])])
print(obv[-5:], obv.dtype, obv.max(), obv.argmax())

# %% Turnover in cents per day: which five days were the busiest?
turnover = (close * 100).round().astype(int) * volume
total = turnover.sum(axis=1)
print(total.nlargest(5))
print(total.sum(), turnover.dtypes.unique())

# %% One-day 95 % value at risk, historic and normal
from scipy import stats

for ticker in returns:
    historic = np.percentile(returns[ticker], 5)
    normal = stats.norm.ppf(0.05, returns[ticker].mean(), returns[ticker].std())
    print(f"{ticker}: {historic:.6f} {normal:.6f}")

# %% Are the returns normal? Skewness, kurtosis and the Jarque-Bera test
for ticker in returns:
    test = stats.jarque_bera(returns[ticker])
    print(ticker, returns[ticker].skew().round(6), returns[ticker].kurt().round(6),
          round(test.statistic, 6), round(test.pvalue, 6))  # fmt: skip

# %% What is the beta of ACME against the mean of the others?
market = returns[["BOLT", "CRUX"]].mean(axis=1)
fit = stats.linregress(market, returns["ACME"])
print(f"beta {fit.slope:.8f} alpha {fit.intercept:.8f} r2 {fit.rvalue**2:.8f} p {fit.pvalue:.6f}")

# %% Simulate 1000 paths of 60 days for ACME with a seeded generator
rng = np.random.default_rng(42)
mu, sigma = returns["ACME"].mean(), returns["ACME"].std()
paths = close["ACME"].iloc[-1] * np.exp(rng.normal(mu, sigma, (1000, 60)).cumsum(axis=1))
print(np.percentile(paths[:, -1], [5, 50, 95]).round(6))
print((paths.min(axis=1) < 30).sum(), (paths.argmax(axis=1) ** 2).sum())

# %% Bootstrap the mean return of CRUX
rng = np.random.default_rng(7)
sample = returns["CRUX"].to_numpy()
picks = rng.integers(0, len(sample), size=(2000, len(sample)))
means = sample[picks].mean(axis=1)
print(picks.dtype, picks.sum(), np.quantile(means, [0.025, 0.975]).round(8))

# %% Rank the days of every ticker by volume: which day has the lowest sum of ranks?
ranks = volume.rank(ascending=False).astype(int)
print(ranks.sum(axis=1).nsmallest(3))
order = np.argsort(np.argsort(-volume["BOLT"].to_numpy()))
print(order[:8], (order * 10**7).sum(), order.dtype)

# %% Which equally weighted monthly rebalanced portfolio value do we end with from 1,000,000 EUR?
monthly = close.resample("ME").last().pct_change().dropna().mean(axis=1)
value = (1 + monthly).cumprod() * 1_000_000
print(value.tail(3).round(2))
