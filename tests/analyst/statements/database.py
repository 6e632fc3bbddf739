# %% Put the sales into a database
import sqlite3

import numpy as np
import pandas as pd

sales = pd.read_csv("sales.csv")
connection = sqlite3.connect("sales.db")
print(sales.to_sql("sales", connection, index=False, if_exists="replace"))
print(connection.execute("SELECT sql FROM sqlite_master").fetchone()[0])

# %% Revenue by region
query = """
SELECT region, COUNT(*) AS orders, SUM(quantity * unit_price_cents) AS cents
FROM sales WHERE quantity IS NOT NULL GROUP BY region ORDER BY cents DESC
"""
print(pd.read_sql(query, connection))

# %% The types that come back
frame = pd.read_sql("SELECT order_id, quantity, phone FROM sales LIMIT 5", connection)
print(frame)
print(frame.dtypes)
print(
    connection.execute(
        "SELECT typeof(order_id), typeof(quantity), typeof(phone) FROM sales"
    ).fetchone()
)

# %% Sums of large numbers in the database and in Python
(total,) = connection.execute("SELECT SUM(phone) FROM sales").fetchone()
print(total, total == int(sales["phone"].sum()), np.array([total]) * 3)

# %% Orders a month with a running total, by a window function
query = """
SELECT substr(order_date, 1, 7) AS month, SUM(unit_price_cents) AS cents,
       SUM(SUM(unit_price_cents)) OVER (ORDER BY substr(order_date, 1, 7)) AS running
FROM sales GROUP BY month
"""
print(pd.read_sql(query, connection).tail(6))

# %% The best product of every region, by rank
query = """
WITH sums AS (SELECT region, product, CAST(SUM(quantity * unit_price_cents) AS INTEGER) AS cents
              FROM sales GROUP BY region, product)
SELECT * FROM (SELECT *, RANK() OVER (PARTITION BY region ORDER BY cents DESC) AS place FROM sums)
WHERE place <= 2 ORDER BY region, place
"""
for row in connection.execute(query):
    print(row)

# %% Integers at the edges of 64 bits
connection.execute("CREATE TABLE edges (n INTEGER)")
edges = [2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)]
connection.executemany("INSERT INTO edges VALUES (?)", [(n,) for n in edges])
print([n for (n,) in connection.execute("SELECT n FROM edges ORDER BY n")])
print(pd.read_sql("SELECT n, n / 1000 AS k, n & 4294967295 AS low FROM edges", connection))

# %% What if a number is too large for it?
try:
    connection.execute("INSERT INTO edges VALUES (?)", (2**63,))
except OverflowError as error:
    print("OverflowError:", error)
print(connection.execute("SELECT COUNT(*), MAX(n) FROM edges").fetchone())

# %% Insert numpy integers
values = np.arange(5) * 10**9
connection.execute("CREATE TABLE numbers (n INTEGER)")
connection.executemany("INSERT INTO numbers VALUES (?)", [(int(v),) for v in values])
print(connection.execute("SELECT SUM(n), MAX(n), AVG(n), typeof(MAX(n)) FROM numbers").fetchone())

# %% Dates before 1970 and after 2038 in SQL
query = """
SELECT strftime('%s', '1901-12-13'), strftime('%s', '2112-06-01'), julianday('2100-03-01'),
       date(4102444800, 'unixepoch'), date('2024-02-29', '+1 year')
"""
print(connection.execute(query).fetchone())

# %% Join with a table of targets
targets = pd.DataFrame(
    {"region": ["North", "South", "East"], "target": [3 * 10**9, 2 * 10**9, 5 * 10**9]}
)
targets.to_sql("targets", connection, index=False)
query = """
SELECT t.region, t.target, CAST(SUM(s.quantity * s.unit_price_cents) AS INTEGER) AS got
FROM targets t LEFT JOIN sales s USING (region) GROUP BY t.region ORDER BY t.region
"""
joined = pd.read_sql(query, connection)
joined["percent"] = (joined["got"] / joined["target"] * 100).round(2)
print(joined)


# %% A median by an aggregate of our own
class Median:
    def __init__(self):
        self.values = []

    def step(self, value):
        if value is not None:
            self.values.append(value)

    def finalize(self):
        return float(np.median(self.values))


connection.create_aggregate("median", 1, Median)
for row in connection.execute(
    "SELECT region, median(order_id), median(quantity) FROM sales GROUP BY 1 ORDER BY 1"
):
    print(row)

# %% Customers with more than 25 orders, and their text in SQL
query = """
SELECT customer_id, COUNT(*) n, MIN(order_date), MAX(order_date), printf('%,d', SUM(phone))
FROM sales GROUP BY customer_id HAVING n > 25 ORDER BY n DESC, customer_id
"""
print(*connection.execute(query), sep="\n")

# %% What is in the file?
connection.commit()
connection.close()
connection = sqlite3.connect("sales.db")
tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
print(tables, [connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in tables])
