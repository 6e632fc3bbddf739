# /// script
# requires-python = "==3.13.*"
# dependencies = ["openpyxl==3.1.5"]
# ///
"""Make the data that the statements ask about: small, seeded, with what real data has.

`uv run --no-project tests/analyst/make_data.py` writes them into `tests/analyst/data`. Numbers
above 2**31, missing values, text in other scripts, days before 1970 and after 2038, a change to
summer time: none of it is there by chance.
"""

import csv
import json
import math
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

DATA = Path(__file__).parent / "data"
REGIONS = ("North", "South", "East", "West", "Île-de-France")
PRODUCTS = {
    "Anvil": 18_999,
    "Bellows": 45_050,
    "Crucible": 7_325,
    "Drill press": 129_900,
    "Etcher": 9_999,
    "Furnace": 2_450_000,
    "Gauge": 2_095,
}
NAMES = (
    "Łukasz Żółć", "Zoë Müller", "José Núñez", "François Lefèvre", "Søren Ångström",
    "王小明", "佐藤 花子", "김민수", "Αλέξανδρος Παπάς", "Иван Петров", "محمد علي", "Ngô Thị Lan",
    "O'Brien, Seán", "Anne-Marie d'Or", "Ğülşen İnce", "Straße Groß", "Chloe\u0301 Dupont",
    "Ada Lovelace", "Grace Hopper", "Mary  Jackson ",
)  # fmt: skip


def main() -> None:
    """Write every file."""
    DATA.mkdir(exist_ok=True)
    for number, make in enumerate(
        (sales, umsatz, workbook, events, orders, log, accounts, sensors, people, bonds, survey,
         prices, notes)
    ):  # fmt: skip
        make(random.Random(20260 + number))


def write_csv(name: str, header: str, rows: list[tuple]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def sales(rng: random.Random) -> None:
    rows, day = [], date(2023, 1, 2)
    names = list(PRODUCTS)
    for number in range(1800):
        day += timedelta(days=rng.random() < 0.42)
        product = rng.choices(names, (20, 14, 25, 8, 22, 3, 30))[0]
        quantity = rng.choice((1, 1, 1, 2, 2, 3, 4, 6, 12, 48, 250))
        price = round(PRODUCTS[product] * (1 + 0.04 * (day.year - 2023)))
        rows.append(
            (
                4_300_000_017 + 7 * number + rng.randrange(5),
                day.isoformat(),
                rng.choices(REGIONS, (5, 4, 3, 3, 2))[0],
                f"C{min(int(rng.expovariate(0.03)), 199):04d}",
                product,
                "" if rng.random() < 0.02 else quantity,
                price,
                "" if rng.random() < 0.4 else rng.choice((0, 0.05, 0.1, 0.15, 0.2)),
                rng.choice(("web", "web", "store", "phone")),
                rng.randrange(4_915_000_000_000, 4_917_999_999_999),
            )
        )
    write_csv(
        "sales.csv",
        "order_id order_date region customer_id product quantity unit_price_cents discount "
        "channel phone",
        rows,
    )


def umsatz(rng: random.Random) -> None:
    def german(amount: float) -> str:
        return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))

    lines = ["Datum;Filiale;Warengruppe;Umsatz;Stück;Steuersatz"]
    day = date(2024, 1, 1)
    for _ in range(320):
        day += timedelta(days=rng.randrange(3))
        amount = "k. A." if rng.random() < 0.03 else german(rng.lognormvariate(8.5, 1.4))
        lines.append(
            f"{day:%d.%m.%Y};{rng.choice(('München', 'Köln', 'Düsseldorf', 'Görlitz'))};"
            f"{rng.choice(('Bücher', 'Möbel', 'Spielzeug', 'Süßwaren'))};{amount};"
            f"{rng.randrange(1, 900)};{rng.choice(('7 %', '19 %'))}"
        )
    (DATA / "umsatz.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))


def workbook(rng: random.Random) -> None:
    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2026, 1, 1)
    staff = book.active
    staff.title = "Staff"
    staff.append(["Staff No", "Name", "Department", "Hired", "Salary (cents)", "Manager No"])
    numbers = []
    for number in range(120):
        staff_number = 7_000_000_000 + number * 13
        hired = datetime(1988, 3, 1) + timedelta(days=rng.randrange(13_000))
        department = rng.choice(("Sales", "Research", "Finance", "Works", "HR"))
        salary = None if rng.random() < 0.04 else rng.randrange(2_800_000, 31_000_000, 100)
        manager = rng.choice(numbers[:12]) if numbers else None
        staff.append([staff_number, rng.choice(NAMES), department, hired, salary, manager])
        numbers.append(staff_number)
    budget = book.create_sheet("Budget")
    budget.append(["Budget 2025, in cents"])
    budget["A1"].font = Font(bold=True)
    budget.append([])
    budget.append(["Department", "Account", *("Q1", "Q2", "Q3", "Q4")])
    for department in ("Sales", "Research", "Finance", "Works"):
        for account in ("Pay", "Travel", "Plant"):
            cells = [rng.randrange(10_000_000, 1_900_000_000) for _ in range(4)]
            budget.append([department, account, *cells])
    rates = book.create_sheet("Rates")
    rates.append(["Currency", "Rate", "As of", "Quoted"])
    for code, rate in (("EUR", 1), ("USD", 1.0837), ("JPY", 163.42), ("IDR", 17_634.5)):
        rates.append([code, rate, datetime(2025, 6, 30, 16, 15), rng.random() < 0.7])
    leave = book.create_sheet("Leave")
    leave.append(["Staff No", "From", "Days", "Kind"])
    for _ in range(90):
        start = datetime(2025, 1, 1) + timedelta(days=rng.randrange(360))
        kind = rng.choice(("holiday", "holiday", "sick", None))
        leave.append([rng.choice(numbers), start, rng.choice((0.5, 1, 2, 5, 10)), kind])
    book.save(DATA / "company.xlsx")


def events(rng: random.Random) -> None:
    moment = 1_735_689_600_000
    with (DATA / "events.jsonl").open("w", encoding="utf-8") as file:
        for _ in range(800):
            moment += int(rng.expovariate(1 / 540_000))
            kind = rng.choices(("view", "click", "buy", "upload", "error"), (50, 25, 8, 10, 7))[0]
            event = {"ts": moment, "user": 9_000_000_000 + int(rng.expovariate(0.05)), "type": kind}
            props = {"page": rng.choice(("/", "/shop", "/shop/ofen", "/über-uns"))}
            if kind == "buy":
                props |= {"cents": rng.randrange(500, 90_000_000), "items": rng.randrange(1, 9)}
            elif kind == "upload":
                props["bytes"] = int(rng.lognormvariate(19, 2))
            elif kind == "error":
                props["code"] = rng.choice((404, 500, 503, None))
            if rng.random() < 0.8:
                props["ms"] = round(rng.lognormvariate(4.5, 0.9), 1)
            file.write(json.dumps({**event, "props": props}, ensure_ascii=False) + "\n")


def orders(rng: random.Random) -> None:
    customers = []
    for number in range(45):
        name = NAMES[number % len(NAMES)].strip()
        bought = [
            {
                "order": 6_000_000_000 + number * 100 + k,
                "placed": f"2025-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}T08:30:00Z",
                "items": [
                    {
                        "sku": rng.choice("ABCDEFGH") + str(rng.randrange(10, 20)),
                        "qty": rng.choice((1, 2, 5, 1000)),
                        "cents": rng.randrange(199, 4_000_000),
                    }
                    for _ in range(rng.randrange(1, 5))
                ],
            }
            for k in range(rng.randrange(5))
        ]
        address = {"city": rng.choice(("Zürich", "Genève", "Lugano")), "zip": str(number + 1200)}
        tags = rng.sample(("vip", "new", "b2b", "late"), rng.randrange(3))
        customers.append(
            {
                "id": number + 1,
                "name": name,
                "address": address if number % 9 else None,
                "tags": tags,
                "orders": bought,
            }
        )
    text = json.dumps({"exported": "2026-01-01", "customers": customers}, ensure_ascii=False)
    (DATA / "orders.json").write_text(text + "\n", encoding="utf-8")


def log(rng: random.Random) -> None:
    moment, lines = datetime(2025, 2, 27, 22, 0, tzinfo=UTC), []
    hosts = [".".join(str(rng.randrange(1, 255)) for _ in range(4)) for _ in range(40)]
    paths = ("/", "/index.html", "/api/v1/items?id=%d", "/img/%d.png", "/download/set-%d.iso")
    for _ in range(850):
        moment += timedelta(seconds=rng.expovariate(1 / 130))
        path = rng.choice(paths)
        size = int(rng.lognormvariate(8, 1.5))
        if "iso" in path:
            size = rng.randrange(600_000_000, 4_700_000_000)
        if "%d" in path:
            path %= rng.randrange(40)
        status = rng.choices((200, 304, 404, 500, 302), (80, 8, 7, 3, 2))[0]
        shown = "-" if status == 304 else str(size if status == 200 else size % 900)
        lines.append(
            f"{rng.choice(hosts)} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"{rng.choice(("GET", "GET", "GET", "POST"))} {path} HTTP/1.1" {status} {shown} '
            f"{rng.lognormvariate(-2, 1.1):.3f}"
        )
    lines.insert(400, "-- log rotated --")
    (DATA / "access.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def accounts(rng: random.Random) -> None:
    lines = []
    for _ in range(160):
        opened = date(1958, 1, 1) + timedelta(days=rng.randrange(24_000))
        cents = round(rng.gauss(0, 1) * 10 ** rng.randrange(4, 12))
        lines.append(
            f"{rng.randrange(10**11, 10**12):>12}{rng.choice(NAMES).strip():<20}"
            f"{opened:%Y%m%d}{abs(cents):014d}{'-' if cents < 0 else '+'}{rng.choice('ABC')}"
        )
    (DATA / "accounts.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sensors(rng: random.Random) -> None:
    start, rows = datetime(2025, 3, 28, tzinfo=UTC), []
    energy = {"boiler": 2_147_100_000, "press": 8_589_934_000}
    for step in range(4 * 96):
        moment = start + timedelta(minutes=15 * step)
        for sensor in energy:
            energy[sensor] += rng.randrange(900, 9_000)
            warm = 21 + 6 * math.sin(2 * math.pi * (step - 30) / 96) + rng.gauss(0, 0.8)
            if rng.random() < 0.01:
                warm += 40
            value = "" if rng.random() < 0.03 else round(warm, 2)
            rows.append((f"{moment:%Y-%m-%dT%H:%M:%SZ}", sensor, value, energy[sensor]))
    write_csv("sensors.csv", "time sensor celsius energy_wh", rows)


def people(rng: random.Random) -> None:
    rows = []
    for number in range(100):
        born = date(1891, 5, 4) + timedelta(days=rng.randrange(40_000))
        name = NAMES[number % len(NAMES)]
        mail = rng.choice((f"user{number}@example.org", f" User{number}@Example.COM", "n/a", ""))
        height = "" if rng.random() < 0.1 else round(rng.gauss(171, 9), 1)
        rows.append((10**10 + number * 97, name, born.isoformat(), mail, height))
    write_csv("people.csv", "id name born email height_cm", rows)


def bonds(rng: random.Random) -> None:
    rows = []
    for number in range(90):
        issued = date(1925, 1, 15) + timedelta(days=rng.randrange(36_000))
        due = date(issued.year + rng.choice((5, 10, 30, 50, 99)), issued.month, 1)
        face = rng.choice((10**9, 5 * 10**9, 25 * 10**8, 10**11))
        rows.append(
            (f"XS{10**9 + number * 7919:010d}", issued, due, face, rng.randrange(0, 900, 25))
        )
    write_csv("bonds.csv", "isin issued due face_cents coupon_bp", rows)


def survey(rng: random.Random) -> None:
    rows = []
    for number in range(360):
        age = rng.randrange(18, 80)
        years = rng.randrange(8, 21)
        group = rng.choice("ABC")
        income = round(900 * years + 210 * age + 2_500 * "ABC".index(group) + rng.gauss(0, 4_000))
        score = max(1, min(5, round(3 + (income - 25_000) / 12_000 + rng.gauss(0, 0.9))))
        left = int(rng.random() < 1 / (1 + math.exp(1.2 * (score - 2.2))))
        rows.append(
            (3_000_000_000 + number, age, years, group, "" if rng.random() < 0.05 else income,
             "" if rng.random() < 0.05 else score, left)
        )  # fmt: skip
    write_csv("survey.csv", "respondent age years_school group income score left", rows)


def prices(rng: random.Random) -> None:
    rows, day = [], date(2024, 1, 1)
    levels = {"ACME": 41.2, "BOLT": 212.9, "CRUX": 3.15}
    for _ in range(300):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
        for ticker, level in levels.items():
            levels[ticker] = level * math.exp(rng.gauss(0.0004, 0.018))
            volume = int(rng.lognormvariate(19.5, 0.6))
            rows.append((day.isoformat(), ticker, f"{levels[ticker]:.4f}", volume))
    write_csv("prices.csv", "date ticker close volume", rows)


def notes(rng: random.Random) -> None:
    text = (
        "the quick brown fox jumps over lazy dog naïve café résumé Straße façade coöperate "
        "Zürich 東京 Москва İstanbul smörgåsbord piñata über fiancée 42 3.14 1,000 don't e-mail"
    )
    words = text.split()
    lines = []
    for _ in range(60):
        line = " ".join(rng.choice(words) for _ in range(rng.randrange(4, 14)))
        lines.append(line[0].upper() + line[1:] + rng.choice((".", "!", "?", " …")))
    (DATA / "notes.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
