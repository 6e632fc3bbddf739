# ruff: noqa: B905, E402, PTH123
# %% Parse the access log by a regular expression
import re

import numpy as np
import pandas as pd

pattern = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>\w+) (?P<path>\S+) [^"]*" '
    r"(?P<status>\d{3}) (?P<size>\d+|-) (?P<seconds>[\d.]+)"
)
with open("access.log") as file:
    lines = file.read().splitlines()
matches = [pattern.match(line) for line in lines]
print(len(lines), sum(m is None for m in matches))
print([line for line, m in zip(lines, matches) if m is None])

# %% Make a table of it with proper types
log = pd.DataFrame([m.groupdict() for m in matches if m])
log["time"] = pd.to_datetime(log["time"], format="%d/%b/%Y:%H:%M:%S %z")
log["status"] = log["status"].astype(int)
log["size"] = pd.to_numeric(log["size"], errors="coerce").fillna(0).astype(int)
log["seconds"] = log["seconds"].astype(float)
print(log.dtypes)
log.head()

# %% How many bytes did we serve in total?
print(log["size"].sum(), f"= {log['size'].sum() / 2**40:.3f} TiB")
print(np.sum([int(size) for size in log["size"]]))

# %% And with a plain loop over the lines?
total = 0
for line in lines:
    fields = line.split()
    if len(fields) > 9 and fields[9].isdigit():
        total += int(fields[9])
print(total, total.bit_length(), total % 2**32)

# %% Which status codes came how often?
print(log["status"].value_counts().sort_index())
print(log["status"].value_counts(normalize=True).mul(100).round(2).to_dict())

# %% What is the 95th percentile of latency by hour of day?
p95 = log.groupby(log["time"].dt.hour)["seconds"].quantile(0.95)
print((p95 * 1000).round(1).to_string())

# %% Latency percentiles overall
for q in (50, 90, 95, 99, 99.9):
    print(f"p{q}: {np.percentile(log['seconds'], q) * 1000:.2f} ms")

# %% Which ten hosts took the most bytes?
top = log.groupby("host")["size"].agg(["sum", "count", "max"]).nlargest(10, "sum")
print(top)

# %% What is the error rate by path group?
group = log["path"].str.extract(r"^(/[a-z]*)", expand=False).rename("group")
errors = (log["status"] >= 400).groupby(group).agg(["sum", "count", "mean"])
print(errors.round(4))

# %% Which ids of items were asked for most often?
items = log["path"].str.extract(r"id=(\d+)")[0].dropna().astype(int)
counts = np.bincount(items)
print(counts, counts.argmax())
print((counts**2).sum(), (counts * np.arange(len(counts)) * 10**7).sum())

# %% As integers, which host addresses are the lowest and the highest, and what is their mean?
import ipaddress

numbers = np.array([int(ipaddress.ip_address(host)) for host in log["host"].unique()])
print(len(numbers), numbers.min(), numbers.max(), numbers.dtype)
print(ipaddress.ip_address(int(numbers.mean())), numbers.sum())

# %% How many hosts lie in each /8 block of addresses? (shift the integers)
blocks, times = np.unique(numbers >> 24, return_counts=True)
print(dict(zip(blocks.tolist(), times.tolist())))
print([hex(n) for n in (numbers & 0xFFFF0000)[:4].tolist()])

# %% Convert dotted addresses without the module, vectorised
parts = log["host"].drop_duplicates().str.split(".", expand=True).astype(int)
as_number = parts.to_numpy() @ np.array([256**3, 256**2, 256, 1])
print(as_number[:5], np.array_equal(as_number, numbers))

# %% Bytes per hour, and the busiest hour
hourly = log.set_index("time")["size"].resample("h").sum()
print(hourly.head(6))
print(hourly.idxmax(), hourly.max())

# %% What was the mean throughput in bits per second?
span = (log["time"].max() - log["time"].min()).total_seconds()
print(span, round(log["size"].sum() * 8 / span, 3))

# %% Give each host its sessions: a pause of an hour begins a new one
log = log.sort_values(["host", "time"], kind="stable")
new = log.groupby("host")["time"].diff().gt(pd.Timedelta("1h"))
log["session"] = new.groupby(log["host"]).cumsum()
sessions = log.groupby(["host", "session"]).agg(
    hits=("path", "size"), bytes=("size", "sum"), start=("time", "min"), end=("time", "max")
)
print(len(sessions), sessions["hits"].max())
print((sessions["end"] - sessions["start"]).describe())

# %% Epoch milliseconds of the first and last line
epoch = (log["time"].astype("int64") // 10 ** (9 if "ns" in str(log["time"].dtype) else 6)) * 1000
print(epoch.min(), epoch.max(), np.ptp(np.array(epoch.tolist())))
print(pd.to_datetime(epoch.min(), unit="ms", utc=True))

# %% Which minute of the hour sees the most requests? Use numpy only
minute = np.array([int(m["time"].split(":")[2]) for m in matches if m])
hits = np.bincount(minute, minlength=60)
print(hits.argsort()[::-1][:5], np.sort(hits)[::-1][:5])
print(hits.cumsum()[[14, 29, 44, 59]])

# %% Show methods by status as a table with shares of the total
print(pd.crosstab(log["method"], log["status"], normalize="all").mul(100).round(2))

# %% Print the five largest answers as an aligned report
for row in log.nlargest(5, "size").itertuples():
    print(f"{row.host:>15} {row.path:<26} {row.size if isinstance(row.size, int) else 0:>14,}")
