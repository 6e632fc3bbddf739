# ruff: noqa: B018, PTH123, SIM115
# %% Read the events, one JSON object a line
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import numpy as np
import pandas as pd

with open("events.jsonl", encoding="utf-8") as file:
    events = [json.loads(line) for line in file]
print(len(events), events[0])
print(Counter(event["type"] for event in events).most_common())

# %% When did it begin and end?
first, last = events[0]["ts"], events[-1]["ts"]
print(first, datetime.fromtimestamp(first / 1000, UTC).isoformat())
print(last, datetime.fromtimestamp(last / 1000, UTC).isoformat(), last - first)

# %% Put it into a flat table
flat = pd.json_normalize(events)
print(flat.dtypes)
print(flat.describe())

# %% How long between two events, in milliseconds?
ts = np.array([event["ts"] for event in events])
gaps = np.diff(ts)
print(ts.dtype, gaps.min(), gaps.max(), round(gaps.mean(), 3), np.median(gaps))

# %% The mean timestamp, and the sum that it is made of
print(ts.sum(), ts.mean())
print(datetime.fromtimestamp(int(ts.mean()) / 1000, UTC))

# %% Events per day as a table of types
flat["time"] = pd.to_datetime(flat["ts"], unit="ms", utc=True)
print(pd.crosstab(flat["time"].dt.date, flat["type"]))

# %% What did the purchases bring in?
cents = np.array([e["props"]["cents"] for e in events if e["type"] == "buy"])
items = np.array([e["props"]["items"] for e in events if e["type"] == "buy"])
print(len(cents), cents.sum(), cents.max(), (cents * items).sum())
print(cents.cumsum()[-5:])

# %% How many bytes were uploaded, by page?
uploads = flat[flat["type"] == "upload"].groupby("props.page")["props.bytes"].agg(["sum", "max"])
print(uploads.astype("int64"))
print(sum(e["props"].get("bytes", 0) for e in events))

# %% Who are the most active users?
active = flat["user"].value_counts().head(5)
print(active)
print(active.index.dtype, active.index.to_numpy().sum())

# %% Latency by type: mean, median, p95
print(
    flat.groupby("type")["props.ms"]
    .agg(["count", "mean", "median", lambda s: s.quantile(0.95)])
    .set_axis(["count", "mean", "median", "p95"], axis=1)
    .round(3)
)

# %% Build a funnel: viewed, then clicked, then bought
users = {kind: set(flat.loc[flat["type"] == kind, "user"]) for kind in ("view", "click", "buy")}
viewed = users["view"]
clicked = viewed & users["click"]
bought = clicked & users["buy"]
for name, group in (("viewed", viewed), ("clicked", clicked), ("bought", bought)):
    print(f"{name:<8}{len(group):>5}{len(group) / len(viewed):>8.1%}")

# %% Sum per user with a dictionary
spent = defaultdict(int)
for event in events:
    spent[event["user"]] += event["props"].get("cents", 0)
print(sorted(spent.items(), key=lambda pair: (-pair[1], pair[0]))[:5])

# %% Bucket the events into 6-hour windows by integer arithmetic on the timestamps
window = 6 * 3600 * 1000
buckets, counts = np.unique(ts // window * window, return_counts=True)
print(
    len(buckets), buckets[:3], counts[:3], (buckets * counts).sum() == (ts // window * window).sum()
)
print(pd.to_datetime(buckets[:3], unit="ms"))

# %% Shard the users over 7 machines
user = np.array([event["user"] for event in events])
shard = user % 7
print(np.bincount(shard), np.unique(user).size, (user.astype(object) ** 3).sum())

# %% Which error codes were there?
codes = flat.loc[flat["type"] == "error", "props.code"]
print(codes.value_counts(dropna=False))

# %% Does latency depend on the hour?
by_hour = flat.groupby(flat["time"].dt.hour)["props.ms"].mean()
print(by_hour.round(2).to_dict())
print(int(by_hour.idxmax()), round(np.corrcoef(by_hour.index, by_hour)[0, 1], 8))

# %% How many users came back on another day?
days = flat.groupby("user")["time"].agg(lambda s: s.dt.date.nunique())
print(days.value_counts().sort_index().to_dict())

# %% Write a summary as JSON and read it back
summary = flat.groupby("type").agg(n=("ts", "size"), first=("ts", "min"), last=("ts", "max"))
summary.to_json("summary.json", orient="index")
print(open("summary.json").read())
again = pd.read_json("summary.json", orient="index", convert_dates=False)
print(again.equals(summary), again.dtypes.to_dict())
again
