# ruff: noqa: B018
# %% What sheets does the workbook have?
import numpy as np
import openpyxl
import pandas as pd

book = openpyxl.load_workbook("company.xlsx")
for sheet in book:
    print(sheet.title, sheet.dimensions, sheet.max_row, sheet.max_column)

# %% Read all sheets and show the types of the staff list
sheets = pd.read_excel("company.xlsx", sheet_name=None)
staff = sheets["Staff"]
print({name: frame.shape for name, frame in sheets.items()})
print(staff.dtypes)
staff.head()

# %% Clean the column names
staff.columns = staff.columns.str.lower().str.replace(r"[^a-z]+", "_", regex=True).str.strip("_")
print(staff.columns.tolist())
print(staff["staff_no"].min(), staff["staff_no"].max())

# %% What does each department earn?
pay = staff.groupby("department")["salary_cents"].agg(["count", "sum", "mean", "median"])
print(pay.round(2))
print(staff["salary_cents"].sum())

# %% Total pay per year if everyone gets 3.5 % more, in whole cents
salaries = np.array([int(s) for s in staff["salary_cents"].dropna()])
raised = salaries * 1035 // 1000
print(salaries.sum(), raised.sum(), raised.dtype, raised[:4])

# %% Who has been here longest, counted from the end of 2025?
end = pd.Timestamp("2025-12-31")
staff["days"] = (end - staff["hired"]).dt.days
print(staff.nlargest(5, "days")[["staff_no", "name", "hired", "days"]])
print(staff["days"].dtype, staff["days"].sum())

# %% How many were hired per decade?
decade = staff["hired"].dt.year // 10 * 10
print(decade.value_counts().sort_index())
print(pd.crosstab(decade, staff["department"]))

# %% Which managers have the most reports?
reports = staff["manager_no"].dropna().astype("int64").value_counts()
named = reports.rename("reports").to_frame().join(staff.set_index("staff_no")["name"])
print(named.sort_values(["reports", "name"], ascending=[False, True]).head(6))

# %% Do all managers exist? Merge with validation
checked = staff.merge(
    staff[["staff_no", "name"]].rename(columns={"staff_no": "manager_no", "name": "boss"}),
    on="manager_no",
    how="left",
    validate="many_to_one",
    indicator=True,
)
print(checked["_merge"].value_counts())
print(checked.loc[1:5, ["name", "boss", "manager_no"]])

# %% Read the budget, whose header is in the third row
budget = pd.read_excel("company.xlsx", sheet_name="Budget", header=2)
print(budget)
print(budget.dtypes)

# %% Budget totals per department and quarter
print(budget.groupby("Department")[["Q1", "Q2", "Q3", "Q4"]].sum())
print(budget[["Q1", "Q2", "Q3", "Q4"]].to_numpy().sum())

# %% Make it long, and find the largest share
long = budget.melt(["Department", "Account"], var_name="Quarter", value_name="Cents")
long["Share"] = long["Cents"] / long.groupby("Quarter")["Cents"].transform("sum")
print(long.loc[long.groupby("Quarter")["Share"].idxmax()].round(4))

# %% Add it up cell by cell, as the sheet has it
rows = list(book["Budget"].iter_rows(min_row=4, min_col=3, values_only=True))
grid = np.array(rows)
print(grid.dtype, grid.shape, grid.sum(axis=0), grid.sum(axis=1).max())

# %% Convert the yearly budget into the other currencies
rates = sheets["Rates"].set_index("Currency")
year = budget[["Q1", "Q2", "Q3", "Q4"]].sum().sum()
for code, rate in rates["Rate"].items():
    print(f"{code} {year / 100 * rate:,.2f}")
rates

# %% How many days of leave per department and kind?
leave = sheets["Leave"].merge(
    staff[["staff_no", "department"]], left_on="Staff No", right_on="staff_no"
)
leave["Kind"] = leave["Kind"].fillna("unknown")
print(
    leave.pivot_table(
        index="department", columns="Kind", values="Days", aggfunc="sum", margins=True
    )
)

# %% Which weekdays does sick leave start on?
sick = leave[leave["Kind"] == "sick"]
print(sick["From"].dt.dayofweek.value_counts().sort_index())
print(np.busday_count("2025-01-01", "2026-01-01"))

# %% Write a report workbook with a formula and read it back
report = openpyxl.Workbook()
sheet = report.active
sheet.append(["Quarter", "Cents"])
for name, value in budget[["Q1", "Q2", "Q3", "Q4"]].sum().items():
    sheet.append([name, int(value)])
sheet["B6"] = "=SUM(B2:B5)"
report.save("report.xlsx")
again = openpyxl.load_workbook("report.xlsx").active
print([[cell.value for cell in row] for row in again.iter_rows()])

# %% Export staff by department to a workbook of several sheets
with pd.ExcelWriter("by_department.xlsx") as writer:
    for name, group in staff.groupby("department"):
        group.drop(columns="days").to_excel(writer, sheet_name=name, index=False)
back = pd.concat(pd.read_excel("by_department.xlsx", sheet_name=None), names=["sheet", None])
print(len(back), back["staff_no"].sum() == staff["staff_no"].sum(), back["staff_no"].dtype)
print(back.groupby("sheet")["salary_cents"].sum())

# %% Excel serial numbers of the hiring dates
serial = (staff["hired"] - pd.Timestamp("1899-12-30")).dt.days
print(serial.head(4).tolist(), (pd.Timestamp("1899-12-30") + pd.to_timedelta(serial.iloc[0], "D")))

# %% Gini coefficient of the salaries
ordered = np.sort(salaries)
n = len(ordered)
gini = (2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum())
print(round(gini, 10), (np.arange(1, n + 1) * ordered).sum())
