# ruff: noqa: E402
# %% Load the sensor readings
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

raw = pd.read_csv("sensors.csv", parse_dates=["time"])
print(raw.dtypes)
print(
    raw.groupby("sensor").agg(
        n=("celsius", "count"),
        lo=("celsius", "min"),
        hi=("celsius", "max"),
        wh=("energy_wh", "max"),
    )
)

# %% Show it in local time around the change to summer time
raw["local"] = raw["time"].dt.tz_convert("Europe/Berlin")
night = raw[raw["local"].between("2025-03-30 01:15+01:00", "2025-03-30 03:30+02:00")]
print(night.pivot(index="local", columns="sensor", values="celsius"))

# %% How many readings has each local day?
print(raw.groupby([raw["local"].dt.date, "sensor"]).size().unstack())

# %% Readings by local hour on the day of the change
day = raw[(raw["local"].dt.date == datetime(2025, 3, 30).date()) & (raw["sensor"] == "boiler")]
print(day["local"].dt.hour.value_counts().sort_index().to_dict())

# %% Daily mean by local day with resample
wide = raw.pivot(index="local", columns="sensor", values="celsius")
print(wide.resample("D").mean().round(4))

# %% Which values are outliers by more than three standard deviations?
z = (wide - wide.mean()) / wide.std()
found = wide[(z.abs() > 3)].stack()
print(found)

# %% The same with the median absolute deviation
mad = (wide - wide.median()).abs().median()
robust = 0.6745 * (wide - wide.median()) / mad
print((robust.abs() > 3.5).sum(), mad.round(4).to_dict())
clean = wide.mask(robust.abs() > 3.5)

# %% Fill the gaps by interpolation over time
filled = clean.interpolate(method="time", limit=4)
print(clean.isna().sum().to_dict(), filled.isna().sum().to_dict())
print(filled.mean().round(8))

# %% How much energy was used per day?
energy = raw.pivot(index="local", columns="sensor", values="energy_wh")
used = energy.resample("D").last() - energy.resample("D").first()
print(used)
print(energy.max().sum(), energy.dtypes.unique())

# %% Mean power in watts between readings
power = energy["press"].diff() / (15 / 60)
print(power.describe().round(3))

# %% Add up the counters as joules, in plain numpy
wh = np.array(raw["energy_wh"].tolist())
print((wh * 3600).max(), (wh[-1] - wh[0]) * 3600, wh.dtype)

# %% Hours of the day as a profile
profile = filled.groupby(filled.index.hour).mean().round(2)
print(profile.iloc[::4])
print(profile.idxmax().to_dict())

# %% Moving average over three hours, centred
smooth = filled["boiler"].rolling(12, center=True).mean()
print(smooth.iloc[40:46].round(6))

# %% Fit a daily sine curve
from scipy.optimize import curve_fit


def model(t, mean, swing, phase):
    return mean + swing * np.sin(2 * np.pi * (t - phase) / 24)


series = filled["boiler"].dropna()
t = (series.index - series.index[0]).total_seconds().to_numpy() / 3600
parameters, covariance = curve_fit(model, t, series.to_numpy(), p0=[20, 5, 6])
print(parameters.round(5), np.sqrt(np.diag(covariance)).round(5))

# %% Find the main period in hours by a Fourier transform
values = filled["press"].interpolate().bfill().to_numpy()
spectrum = np.abs(np.fft.rfft(values - values.mean()))
periods = 1 / np.fft.rfftfreq(len(values), d=0.25)[1:]
peak = spectrum[1:].argmax()
print(peak, periods[peak], spectrum[1:][peak].round(4))

# %% Autocorrelation at a day
print(round(filled["press"].autocorr(96), 8), round(filled["boiler"].corr(filled["press"]), 8))

# %% Wall-clock arithmetic against elapsed time over the change
berlin = ZoneInfo("Europe/Berlin")
start = datetime(2025, 3, 29, 12, tzinfo=berlin)
wall = start + timedelta(days=1)
elapsed = pd.Timestamp(start) + pd.Timedelta(hours=24)
print(wall.isoformat(), elapsed.isoformat(), wall.timestamp() - start.timestamp())

# %% The same moment in five cities
moment = pd.Timestamp("2025-03-30T01:00:00Z")
for zone in (
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
):
    print(f"{zone:<22}{moment.tz_convert(zone):%Y-%m-%d %H:%M %Z %z}")

# %% Which local times do not exist, or exist twice, in 2025?
hours = pd.date_range("2025-01-01", "2025-12-31 23:00", freq="h")
exist = pd.Series(hours.tz_localize("Europe/Berlin", nonexistent="NaT", ambiguous="NaT"))
print(hours[exist.isna()].tolist())
print(len(hours), exist.isna().sum())

# %% Readings as epoch nanoseconds
ns = raw["time"].dt.as_unit("ns").astype("int64")
print(ns.iloc[0], ns.diff().max(), (ns // 10**9 % 86_400).max())
