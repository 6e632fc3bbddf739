# ruff: noqa: E402
# %% Load the nested export and look at its shape
import json
from pathlib import Path

import numpy as np
import pandas as pd

export = json.loads(Path("orders.json").read_text(encoding="utf-8"))
print(export.keys(), len(export["customers"]))
print(json.dumps(export["customers"][1], indent=2, ensure_ascii=False)[:600])

# %% Flatten it to one row per item
items = pd.json_normalize(
    export["customers"],
    record_path=["orders", "items"],
    meta=["id", "name", ["orders", "order"], ["orders", "placed"]],
)
print(items.head())
print(items.dtypes)

# %% What is each item worth, and all together?
items["value"] = items["qty"] * items["cents"]
print(items["value"].sum(), items["value"].max(), items["value"].dtype)
items.nlargest(3, "value")[["name", "sku", "qty", "cents", "value"]]

# %% Do it again with numpy arrays made from lists
qty = np.array([i["qty"] for c in export["customers"] for o in c["orders"] for i in o["items"]])
cents = np.array([i["cents"] for c in export["customers"] for o in c["orders"] for i in o["items"]])
print(qty @ cents, np.dot(qty, cents), (qty * cents).max(), np.outer(qty, cents).sum())

# %% Value per customer, those without orders included
customers = pd.DataFrame(export["customers"])[["id", "name", "tags"]]
value = items.astype({"id": "int64"}).groupby("id")["value"].sum().rename("value")
merged = customers.merge(value, how="left", left_on="id", right_index=True, validate="one_to_one")
merged["value"] = merged["value"].fillna(0).astype(int)
print(merged.sort_values("value", ascending=False).head(6))
print((merged["value"] == 0).sum())

# %% Which customers have no address?
cities = [(c["name"], (c["address"] or {}).get("city")) for c in export["customers"]]
print([name for name, city in cities if city is None])
print(pd.Series([city for _, city in cities]).value_counts(dropna=False))

# %% Count the tags
print(customers["tags"].explode().value_counts(dropna=False))
print(pd.get_dummies(customers["tags"].explode()).groupby(level=0).sum().sum())

# %% Which SKU sells most, by pieces and by value?
sku = items.groupby("sku")[["qty", "value"]].sum()
print(sku.idxmax())
print(sku.sort_values(["qty", "value"], ascending=False).head(5))

# %% Orders per month
placed = pd.to_datetime(items.drop_duplicates("orders.order")["orders.placed"])
print(placed.dt.tz_localize(None).dt.to_period("M").value_counts().sort_index())

# %% Is any order number a multiple of 7, and what do they add up to?
numbers = np.array(items["orders.order"].unique().tolist())
print(numbers[numbers % 7 == 0][:6], numbers.sum(), numbers.dtype)

# %% Which items are bought together most often?
from itertools import combinations

letters = items.assign(kind=items["sku"].str[0]).groupby("orders.order")["kind"].agg(set)
pairs = pd.Series([p for kinds in letters for p in combinations(sorted(kinds), 2)]).value_counts()
print(pairs.sort_index().sort_values(ascending=False, kind="stable").head(6))

# %% Add a total to every order and write the JSON out again
for customer in export["customers"]:
    for order in customer["orders"]:
        order["total_cents"] = sum(i["qty"] * i["cents"] for i in order["items"])
Path("totals.json").write_text(json.dumps(export, ensure_ascii=False, sort_keys=True))
back = json.loads(Path("totals.json").read_text())
print(back == export, len(Path("totals.json").read_bytes()))
print(max(o["total_cents"] for c in back["customers"] for o in c["orders"]))

# %% Which names are not plain ASCII?
print([name for name in customers["name"].unique() if not name.isascii()])
print(customers["name"].str.len().sum(), sum(len(n.encode()) for n in customers["name"]))

# %% Give every order a rank by value within its customer
per_order = items.groupby(["id", "orders.order"], as_index=False)["value"].sum()
per_order["rank"] = per_order.groupby("id")["value"].rank(ascending=False).astype(int)
print(per_order.head(8).to_string(index=False))
