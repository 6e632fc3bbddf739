# ruff: noqa: B018, E402, PTH123, SIM115
# %% Load and aggregate, then show the summary in several text forms
import io
import json

import numpy as np
import pandas as pd

sales = pd.read_csv("sales.csv", parse_dates=["order_date"], dtype={"region": "category"})
summary = sales.groupby("region", observed=True).agg(
    orders=("order_id", "size"), highest=("order_id", "max"), phones=("phone", "sum")
)
print(summary.to_string())
print(summary.to_markdown())

# %% As an HTML table and as LaTeX
print(summary.head(2).to_html(border=0))
print(summary.reset_index().to_csv(index=False, sep="|"))

# %% info and memory of the table
sales.info(memory_usage=False)
print(
    sales.memory_usage(index=False)[["order_id", "quantity", "unit_price_cents", "phone"]].to_dict()
)

# %% describe everything, text too
print(sales.describe(include="all").T.drop(columns=["top"]).to_string())

# %% Write a CSV and read it back: is it the same?
small = sales.head(50).drop(columns="region")
small.to_csv("copy.csv", index=False)
again = pd.read_csv("copy.csv", parse_dates=["order_date"])
print(again.equals(small), again.dtypes.equals(small.dtypes))
print(open("copy.csv").read(180))

# %% And to Excel
small.to_excel("copy.xlsx", index=False, sheet_name="Orders")
excel = pd.read_excel("copy.xlsx")
print(excel.dtypes)
print((excel["phone"] == small["phone"]).all(), excel["order_id"].sum() == small["order_id"].sum())

# %% To JSON in three orientations
tiny = sales.head(2)[["order_id", "order_date", "product", "discount"]]
for orient in ("records", "split", "columns"):
    print(tiny.to_json(orient=orient, date_format="iso"))
print(tiny.to_json(orient="records", date_format="epoch"))

# %% JSON lines and back
tiny.to_json("tiny.jsonl", orient="records", lines=True)
back = pd.read_json("tiny.jsonl", lines=True)
print(back.dtypes, back["order_id"].tolist(), sep="\n")

# %% Plain json with numpy numbers needs a hand
print(json.dumps({"max": int(sales["order_id"].max()), "mean": float(sales["order_id"].mean())}))
try:
    print(json.dumps({"max": np.max([1, 2])}))
except TypeError as error:
    print("TypeError:", error)
print(json.loads('{"n": 12345678901234567890, "x": 1e400, "f": 0.1}'))

# %% Arrays to text and to binary files, and back
array = np.array([[1, 2**31], [3, 2**40]])
np.savetxt("array.txt", array, fmt="%d", delimiter=",")
print(open("array.txt").read(), np.loadtxt("array.txt", delimiter=",", dtype=int))
np.savez("array.npz", ids=array, floats=array / 3)
with np.load("array.npz") as loaded:
    print(loaded["ids"].dtype, (loaded["ids"] == array).all(), loaded["floats"])

# %% Pickle a table and compare
sales.to_pickle("sales.pkl")
print(pd.read_pickle("sales.pkl").equals(sales))
import pickle

print(pickle.loads(pickle.dumps({"ids": array, "when": sales["order_date"].max()})))

# %% Pack numbers in binary records
import struct

packed = struct.pack("<qIhd", -(2**40), 4_000_000_000, -5, 2.5)
print(packed.hex(), struct.unpack("<qIhd", packed), struct.calcsize("<qIhd"))
records = np.frombuffer(packed[:8] * 2, dtype="<i8")
print(records, records.sum())

# %% Read a CSV with comments, quotes and thousands from text
text = '# units\nname,amount\n"Smith, J.","1,234,567,890,123"\n"He said ""no""",7\n'
frame = pd.read_csv(io.StringIO(text), comment="#", thousands=",")
print(frame, frame.dtypes, sep="\n")

# %% How do floats print?
floats = pd.Series([0.1 + 0.2, 1e-10, 123456789.123, 1e22, np.nan, -0.0, 2 / 3])
print(floats)
print(
    floats.tolist(), np.array([0.1 + 0.2, 1e-10, 2 / 3]), repr(np.float64(2 / 3)), np.float32(0.1)
)
print(np.array([1.5, 1e10]), np.array([1e-5, 1e5]), f"{2 / 3:.3e} {1e9:,.0f} {12345.678:g}")

# %% How do integer arrays print?
print(np.array([1, 2**31, -5]), np.arange(2000), np.zeros(3, dtype=int), sep="\n")
print(repr(np.array([1, 2, 3])), repr(np.arange(3) * 10**10), repr(np.int64(5)))
np.array([[1, 2], [3, 4]])

# %% And as the last expression, a wide table
wide = pd.DataFrame(np.arange(60).reshape(3, 20) * 10**8, columns=[f"c{i}" for i in range(20)])
wide

# %% Series of results as a last expression
wide.sum(axis=1)

# %% A long table is shortened
pd.DataFrame({"n": np.arange(100), "square": np.arange(100) ** 2 * 10**6})

# %% Tuple of numbers and arrays as a last expression
np.arange(4).sum(), np.array([1, 2]).mean(), np.argmax([1, 3, 2]), len(wide), wide["c3"].max()

# %% Group a long text by words: the ten most frequent, letters only
import re
from collections import Counter

notes = open("notes.txt", encoding="utf-8").read()
words = re.findall(r"[^\W\d_]+(?:['-]\w+)*", notes.lower())
print(len(words), Counter(words).most_common(10))

# %% Lengths of lines in characters and bytes
lines = pd.Series(notes.splitlines())
lengths = pd.DataFrame({"chars": lines.str.len(), "bytes": lines.map(lambda x: len(x.encode()))})
print(lengths.agg(["min", "mean", "max", "sum"]).round(3))
print(lines[lines.str.contains("東京")].head(3).tolist())

# %% A table of contents of word lengths by first letter
frame = pd.DataFrame({"word": words})
frame["first"], frame["len"] = frame["word"].str[0], frame["word"].str.len()
print(frame.pivot_table(index="first", columns="len", values="word", aggfunc="count", fill_value=0))

# %% Term frequencies by scikit-learn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

vectorizer = CountVectorizer().fit(lines)
matrix = vectorizer.transform(lines)
totals = np.asarray(matrix.sum(axis=0)).ravel()
best = totals.argsort(kind="stable")[::-1][:5]
print(
    matrix.shape, matrix.dtype, matrix.sum(), vectorizer.get_feature_names_out()[best], totals[best]
)
print(TfidfVectorizer().fit_transform(lines).sum().round(8))
