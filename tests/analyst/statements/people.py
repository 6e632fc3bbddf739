# ruff: noqa: E402, PTH123
# %% Load the people
import unicodedata
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

people = pd.read_csv("people.csv", parse_dates=["born"])
print(people.shape, people["id"].dtype)
print(people.head(6))
print(people["born"].min(), people["born"].max())

# %% How many were born before 1970, and what are their epoch seconds?
before = people[people["born"] < "1970-01-01"]
seconds = (before["born"] - pd.Timestamp(0)) // pd.Timedelta("1s")
print(len(before), seconds.min(), seconds.max(), seconds.dtype)

# %% The same with datetime alone
epoch = datetime(1970, 1, 1)
oldest = people["born"].min().to_pydatetime()
print((oldest - epoch).total_seconds(), (oldest - epoch) // timedelta(milliseconds=1))
print(date.fromordinal(oldest.toordinal()), oldest.strftime("%A %d %B %Y"), oldest.toordinal())

# %% How old was everyone on 1 January 2026?
day = pd.Timestamp("2026-01-01")
had = (people["born"].dt.month, people["born"].dt.day)
age = day.year - people["born"].dt.year - ((had[0] > 1) | (had[1] > 1)).astype(int)
print(age.describe().round(3))
print(np.histogram(age, bins=range(20, 141, 20)))

# %% When does each turn 100? Those after 2038
hundred = people["born"] + pd.DateOffset(years=100)
print((hundred > "2038-01-19").sum(), hundred.max())
print(int(hundred.max().timestamp()), int(hundred.max().timestamp() * 1000))

# %% Clean the names: trim, single spaces, composed form
name = people["name"].str.strip().str.replace(r"\s+", " ", regex=True)
name = name.map(lambda text: unicodedata.normalize("NFC", text))
print((name != people["name"]).sum(), name.nunique(), name.str.len().max())
people["name"] = name


# %% Names without accents, for e-mail addresses
def plain(text):
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


print([plain(each) for each in name.unique()])

# %% Upper, lower, title and casefold of the unusual ones
for each in ("Straße Groß", "Ğülşen İnce", "Αλέξανδρος Παπάς", "O'Brien, Seán", "ŁUKASZ"):
    print(
        each.upper(), "|", each.lower(), "|", each.title(), "|", each.casefold(), len(each.lower())
    )

# %% Sort the names, and by code points of their last word
print(sorted(name.unique())[:6])
print(sorted(name.unique(), key=lambda text: text.split()[-1])[-5:])

# %% Which scripts occur?
scripts = name.map(lambda text: unicodedata.name(text[0]).split()[0])
print(scripts.value_counts())

# %% Characters that occur most often
from collections import Counter

letters = Counter("".join(name).replace(" ", ""))
print(letters.most_common(6))
print(sum(ord(letter) * n for letter, n in letters.items()), max(letters))

# %% Which e-mail addresses are usable?
mail = people["email"].str.strip().str.lower()
good = mail.str.fullmatch(r"[\w.]+@[\w.]+\.\w+").fillna(False).astype(bool)
print(good.value_counts())
print(mail[good].str.split("@").str[1].value_counts())

# %% A stable pseudonym for each person
import hashlib

digest = name.head(4).map(lambda text: hashlib.sha256(text.encode()).hexdigest()[:12])
print(digest.tolist())
print([int(each, 16) % 1000 for each in digest])

# %% A polynomial checksum of the ids with numpy
ids = np.array(people["id"].tolist())
weights = np.arange(1, len(ids) + 1)
print((ids * weights).sum(), (ids * weights % 97).sum(), (weights**5).sum())


# %% Do the ids pass a Luhn check?
def luhn(number):
    digits = [int(d) for d in str(number)][::-1]
    return (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0


print(people["id"].map(luhn).sum(), people.loc[people["id"].map(luhn), "id"].head(3).tolist())

# %% Mean height by generation, with a confidence interval
from scipy import stats

generation = (people["born"].dt.year // 25 * 25).rename("from")
for start, group in people["height_cm"].dropna().groupby(generation):
    low, high = stats.t.interval(0.95, len(group) - 1, group.mean(), stats.sem(group))
    print(f"{start}: n={len(group)} mean={group.mean():.3f} [{low:.3f}, {high:.3f}]")

# %% Read the accounts: fixed width, amounts with a sign behind
accounts = pd.read_fwf(
    "accounts.txt",
    widths=[12, 20, 8, 14, 1, 1],
    names=["account", "name", "opened", "amount", "sign", "class"],
    dtype={"opened": str},
)
accounts["cents"] = accounts["amount"] * np.where(accounts["sign"] == "-", -1, 1)
accounts["opened"] = pd.to_datetime(accounts["opened"], format="%Y%m%d")
print(accounts.dtypes)
print(accounts[["account", "name", "opened", "cents", "class"]].head(8))

# %% Balance of all accounts, and by class
print(accounts["cents"].sum(), accounts["cents"].min(), accounts["cents"].max())
print(accounts.groupby("class")["cents"].agg(["count", "sum", "median"]))

# %% The same by slicing lines, with numpy
with open("accounts.txt", encoding="utf-8") as file:
    lines = file.read().splitlines()
cents = np.array([int(line[54] + line[40:54]) for line in lines])
order = np.argsort(-np.abs(cents))
print(cents.sum(), order[:5], cents[order[:5]], (order * 20_000_000).sum())

# %% Check digits modulo 97 of the account numbers
number = np.array([int(line[:12]) for line in lines])
print((98 - number * 100 % 97)[:10], (number % 97).sum(), number.max())

# %% How many accounts were opened per decade, and what are they worth?
decade = accounts["opened"].dt.year // 10 * 10
print(accounts.groupby(decade)["cents"].agg(["size", "sum"]))
