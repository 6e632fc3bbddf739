# ruff: noqa: E402
# %% Load the bonds
import calendar
from datetime import UTC, datetime

import numpy as np
import pandas as pd

bonds = pd.read_csv("bonds.csv", parse_dates=["issued", "due"])
bonds.info()
print(bonds.head())

# %% How long do they run, in days?
term = (bonds["due"] - bonds["issued"]).dt.days
print(term.describe().round(2))
print(term.dtype, (term * 86_400).max(), (term * 86_400).sum())

# %% What is the face value of all, and by length of term?
print(bonds["face_cents"].sum(), np.array(bonds["face_cents"].tolist()).sum())
years = bonds["due"].dt.year - bonds["issued"].dt.year
print(bonds.groupby(years)["face_cents"].agg(["size", "sum"]))

# %% Which are due after the 32-bit epoch ends?
late = bonds[bonds["due"] > pd.Timestamp("2038-01-19 03:14:07")]
print(len(late), late["due"].min(), late["due"].max())
stamps = late["due"].map(lambda moment: int(moment.timestamp()))
print(stamps.min(), stamps.max(), stamps.dtype)

# %% Calendar arithmetic with the last one
last = bonds["due"].max().to_pydatetime().replace(tzinfo=UTC)
print(
    last.timestamp(),
    datetime.fromtimestamp(last.timestamp(), UTC),
    calendar.timegm(last.timetuple()),
)
print(last.isocalendar(), calendar.isleap(last.year), last.timetuple().tm_yday)

# %% Yearly coupon in cents, and the sum of all coupons until due
coupon = bonds["face_cents"] * bonds["coupon_bp"] // 10_000
print(coupon.sum(), (coupon * years).sum())
face = np.array([int(each) for each in bonds["face_cents"]])
basis = np.array([int(each) for each in bonds["coupon_bp"]])
print((face * basis).max(), (face * basis // 10_000 * years.to_numpy()).sum())

# %% Present value at 3 % on 2026-01-01 of those still running
day = pd.Timestamp("2026-01-01")
running = bonds[bonds["due"] > day]
t = (running["due"] - day).dt.days / 365.25
value = running["face_cents"] * 1.03**-t
print(len(running), round(value.sum(), 2), value.idxmax())

# %% Duration weighted by face value, in years
print(round(np.average(t, weights=running["face_cents"]), 8))

# %% Issues per decade, with the decades that have none
decades = pd.Series(1, index=bonds["issued"]).resample("10YS").sum()
print(decades)

# %% Which weekday were they issued on?
print(bonds["issued"].dt.day_name().value_counts().reindex(list(calendar.day_name)))
print(bonds["issued"].dt.is_month_end.sum(), bonds["issued"].dt.quarter.value_counts().to_dict())


# %% Check digits of the numbers: digits summed, letters as two-digit numbers
def value_of(text):
    return int("".join(str(int(letter, 36)) for letter in text))


numbers = [value_of(isin) for isin in bonds["isin"]]
print(numbers[:2], sum(numbers) % 97, max(numbers).bit_length())

# %% What is the yield if a bond is bought at 92.5, found by a root finder
from scipy.optimize import brentq


def price(rate, coupon=0.04, n=30):
    return sum(coupon / (1 + rate) ** k for k in range(1, n + 1)) + 1 / (1 + rate) ** n


print(round(brentq(lambda rate: price(rate) - 0.925, 0.001, 0.2), 10))

# %% Compound a debt of 1 cent for 99 years at 25 %, exactly and in floating point
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 40
print(int(Fraction(5, 4) ** 99), Decimal("1.25") ** 99, 1.25**99)
print(np.cumprod(np.full(8, 25))[-4:], np.prod([25] * 8))

# %% A schedule of payments until 2124 with numpy dates
due = np.arange("2024-12", "2125-01", 12, dtype="datetime64[M]")
print(len(due), due[-1], due[-1].astype("datetime64[s]").astype(int))
print(np.diff(due.astype("datetime64[D]")).astype(int).sum())
