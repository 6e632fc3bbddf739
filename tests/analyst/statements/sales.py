# ruff: noqa: B905
# %% Load the sales and show what we have
import numpy as np
import pandas as pd

sales = pd.read_csv("sales.csv", parse_dates=["order_date"])
print(sales.shape)
print(sales.head())
print(sales.dtypes)

# %% Which columns have missing values, and what share of the rows is that?
missing = sales.isna().sum()
print(pd.DataFrame({"missing": missing, "percent": (missing / len(sales) * 100).round(2)}))

# %% What did each order bring in, in cents?
clean = sales.dropna(subset=["quantity"]).copy()
clean["discount"] = clean["discount"].fillna(0)
clean["quantity"] = clean["quantity"].astype(int)
clean["revenue_cents"] = (
    (clean["quantity"] * clean["unit_price_cents"] * (1 - clean["discount"])).round().astype(int)
)
print(clean[["order_id", "quantity", "unit_price_cents", "discount", "revenue_cents"]].head(8))
print(clean["revenue_cents"].dtype, clean["revenue_cents"].sum())

# %% What is the total revenue per region, in cents and as a share?
by_region = clean.groupby("region")["revenue_cents"].sum().sort_values(ascending=False)
print(by_region)
print((by_region / by_region.sum() * 100).round(2).to_string())

# %% What is the total with plain numpy, and does it agree with Python's own sum?
quantity = np.array(clean["quantity"].tolist())
price = np.array(clean["unit_price_cents"].tolist())
total = (quantity * price).sum()
print("numpy:", total, "python:", sum(q * p for q, p in zip(quantity.tolist(), price.tolist())))
print("equal:", total == sum(q * p for q, p in zip(quantity.tolist(), price.tolist())))

# %% What is the median order value, in cents and in euros?
median = np.median(clean["revenue_cents"].to_numpy())
print(f"median {median:.0f} cents = {median / 100:,.2f} EUR")
print(clean["revenue_cents"].describe().apply(lambda x: f"{x:,.1f}"))

# %% Who are the top 10 customers by revenue?
top = (
    clean.groupby("customer_id")
    .agg(orders=("order_id", "count"), revenue=("revenue_cents", "sum"), last=("order_date", "max"))
    .nlargest(10, "revenue")
)
print(top)

# %% Which region grew fastest from 2023 to 2024?
yearly = clean.pivot_table(
    index="region",
    columns=clean["order_date"].dt.year,
    values="revenue_cents",
    aggfunc="sum",
    fill_value=0,
)
growth = (yearly[2024] / yearly[2023] - 1) * 100
print(yearly)
print(growth.sort_values(ascending=False).round(1))
print("fastest:", growth.idxmax())

# %% How does revenue accumulate over the months?
monthly = clean.set_index("order_date")["revenue_cents"].resample("MS").sum()
print(pd.DataFrame({"month": monthly, "cumulative": monthly.cumsum()}).tail(12))

# %% In which month did we pass three billion cents? (by hand with numpy)
running = np.cumsum([int(v) for v in monthly])
passed = np.searchsorted(running, 3 * 10**9)
print(monthly.index[passed].strftime("%B %Y"), running[passed], running.dtype)

# %% Show the mix of channels per product as row percentages
table = pd.crosstab(clean["product"], clean["channel"], normalize="index") * 100
print(table.round(1))

# %% How many orders per product and region, with totals?
print(pd.crosstab(clean["product"], clean["region"], margins=True, margins_name="Total"))

# %% And the revenue in the same shape?
print(
    pd.crosstab(
        clean["product"], clean["region"], values=clean["revenue_cents"], aggfunc="sum"
    ).fillna(0)
)

# %% What share of revenue comes from the top 20 % of customers?
per_customer = clean.groupby("customer_id")["revenue_cents"].sum().sort_values(ascending=False)
share = per_customer.cumsum() / per_customer.sum()
cut = int(np.ceil(len(per_customer) * 0.2))
print(len(per_customer), cut, round(share.iloc[cut - 1], 4))

# %% Bin the orders by value
edges = [0, 10_000, 100_000, 1_000_000, 10_000_000, 10**10]
labels = ["<100", "100-1k", "1k-10k", "10k-100k", ">100k"]
clean["bin"] = pd.cut(clean["revenue_cents"], bins=edges, labels=labels)
print(clean.groupby("bin", observed=False)["revenue_cents"].agg(["count", "sum", "mean"]).round(2))

# %% Split the customers into quartiles of spending
quartile = pd.qcut(per_customer, 4, labels=["Q4", "Q3", "Q2", "Q1"])
print(per_customer.groupby(quartile, observed=True).agg(["count", "min", "max", "sum"]))

# %% Histogram of quantities: how many units lie in each bin?
counts, edges = np.histogram(quantity, bins=[0, 2, 5, 10, 50, 300])
print(counts, counts.dtype)
weights, _ = np.histogram(quantity, bins=edges, weights=quantity * price)
print(weights)
print(
    "sum of squares of counts:", (counts**2).sum(), "times a million:", (counts * 1_000_000).sum()
)

# %% Are the order numbers unique, and which gaps between them are the largest?
ids = np.sort(np.array(sales["order_id"].tolist()))
gaps = np.diff(ids)
print(len(np.unique(ids)) == len(ids), ids.min(), ids.max(), gaps.max(), np.bincount(gaps))

# %% Assign every order to one of 16 hash buckets by multiplicative hashing
ids = np.array([int(i) for i in sales["order_id"]])
bucket = (ids * 2_654_435_761) % 2**32 >> 28
print(np.bincount(bucket, minlength=16))
print(bucket[:10], bucket.sum())

# %% Who repeats? Orders per customer, and how many customers have that many
orders_per = clean["customer_id"].value_counts()
print(orders_per.head(5))
distribution = orders_per.value_counts().sort_index()
print(distribution.head(12).to_dict())
values, times = np.unique(orders_per.to_numpy(), return_counts=True)
print((values * times).sum(), (times * 10**8 * values).sum())

# %% What is the month-over-month change of revenue in 2024, in percent?
change = monthly.loc["2024"].pct_change().mul(100).round(2)
print(change)

# %% Rolling 7-day mean of the daily revenue in March 2024
daily = clean.set_index("order_date")["revenue_cents"].resample("D").sum()
print(daily.rolling(7).mean().loc["2024-03-01":"2024-03-14"].round(1))

# %% Cohort retention: of the customers first seen in a quarter, how many came back later?
quarter = clean["order_date"].dt.to_period("Q")
first = quarter.groupby(clean["customer_id"]).transform("min")
age = (quarter - first).apply(lambda offset: offset.n)
cohorts = clean.groupby([first, age])["customer_id"].nunique().unstack(fill_value=0)
print(cohorts.iloc[:6, :8])
print((cohorts.div(cohorts[0], axis=0) * 100).round(1).iloc[:4, :6])

# %% Is the discount related to the quantity?
print(clean[["quantity", "unit_price_cents", "discount", "revenue_cents"]].corr().round(6))
print(clean[["quantity", "discount"]].corr(method="spearman").round(6))

# %% Which orders are outliers by the 1.5 IQR rule, per product?
q = clean.groupby("product")["revenue_cents"].quantile([0.25, 0.75]).unstack()
limit = (q[0.75] + 1.5 * (q[0.75] - q[0.25])).rename("limit")
joined = clean.join(limit, on="product")
odd = joined[joined["revenue_cents"] > joined["limit"]]
print(odd.groupby("product").size())
print(odd.nlargest(3, "revenue_cents")[["order_id", "product", "revenue_cents", "limit"]])

# %% What is the checksum of all phone numbers, and do any share their last seven digits?
phones = np.array(sales["phone"].tolist())
print(phones.sum(), phones.max() - phones.min(), np.bitwise_xor.reduce(phones))
tails = pd.Series(phones % 10**7)
print(tails.duplicated().sum(), tails.head(3).tolist())

# %% What is the best weekday for each channel?
day = clean["order_date"].dt.day_name().rename("day")
week = clean.groupby([day, "channel"])["revenue_cents"].sum().unstack()
print(week.loc[["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]])
print(week.idxmax())
