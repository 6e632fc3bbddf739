# ruff: noqa: PTH123, SIM115
# %% Lies die Umsätze: Semikolon, Dezimalkomma, Windows-Zeichensatz
import numpy as np
import pandas as pd

umsatz = pd.read_csv(
    "umsatz.csv",
    sep=";",
    decimal=",",
    thousands=".",
    encoding="cp1252",
    na_values=["k. A."],
    parse_dates=["Datum"],
    dayfirst=True,
)
print(umsatz.head())
print(umsatz.dtypes)

# %% Passen Summe und Anzahl, wenn man von Hand liest?
total, bad = 0, 0
with open("umsatz.csv", encoding="cp1252") as datei:
    next(datei)
    for zeile in datei:
        betrag = zeile.split(";")[3]
        try:
            total += int(betrag.replace(".", "").replace(",", ""))
        except ValueError:
            bad += 1
print(total, bad, round(umsatz["Umsatz"].sum() * 100) == total)

# %% Umsatz je Filiale und Warengruppe
print(
    umsatz.pivot_table(
        index="Filiale", columns="Warengruppe", values="Umsatz", aggfunc="sum", margins=True
    ).round(2)
)

# %% Umsatz in Cent als ganze Zahl, kumuliert
cent = (umsatz["Umsatz"] * 100).round().fillna(0).astype(int)
print(cent.dtype, cent.cumsum().tail(3).tolist())
print(np.cumsum(np.array(cent.tolist()) * umsatz["Stück"].to_numpy())[-3:])

# %% Wie hoch ist die enthaltene Mehrwertsteuer?
satz = umsatz["Steuersatz"].str.rstrip(" %").astype(int)
steuer = umsatz["Umsatz"] * satz / (100 + satz)
print(steuer.groupby(umsatz["Steuersatz"]).sum().round(2))

# %% Umsatz je Kalenderwoche, die besten fünf
woche = umsatz["Datum"].dt.isocalendar()
je_woche = umsatz.groupby([woche["year"], woche["week"]])["Umsatz"].sum()
print(je_woche.nlargest(5).round(2))
print(woche.dtypes)

# %% Fehlende Umsätze mit dem Median der Filiale füllen
median = umsatz.groupby("Filiale")["Umsatz"].transform("median")
gefuellt = umsatz["Umsatz"].fillna(median)
print(umsatz["Umsatz"].isna().sum(), gefuellt.isna().sum(), round(gefuellt.sum(), 2))

# %% Quartale und Veränderung zum Vorquartal
quartal = umsatz.set_index("Datum")["Umsatz"].resample("QS").sum()
print(pd.DataFrame({"Umsatz": quartal.round(2), "%": quartal.pct_change().mul(100).round(2)}))

# %% Umlaute ersetzen und sortieren
ersetzt = umsatz["Filiale"].replace({"ü": "ue", "ö": "oe", "ß": "ss"}, regex=True)
print(sorted(ersetzt.unique()), sorted(umsatz["Filiale"].unique()))
print(umsatz["Warengruppe"].str.upper().unique())


# %% Beträge deutsch formatieren
def deutsch(betrag):
    return f"{betrag:,.2f} €".translate(str.maketrans(",.", ".,"))


print(umsatz.nlargest(5, "Umsatz")["Umsatz"].map(deutsch).to_string())

# %% Wieder so schreiben, wie es kam, und vergleichen
umsatz.to_csv(
    "kopie.csv", sep=";", decimal=",", encoding="cp1252", index=False, date_format="%d.%m.%Y"
)
kopie = pd.read_csv(
    "kopie.csv", sep=";", decimal=",", encoding="cp1252", parse_dates=["Datum"], dayfirst=True
)
print(kopie.equals(umsatz), open("kopie.csv", encoding="cp1252").readline().strip())

# %% Wie viele Stück je Preisklasse? Logarithmische Klassen
klasse = np.floor(np.log10(umsatz["Umsatz"].dropna())).astype(int)
stueck = umsatz.loc[klasse.index, "Stück"]
print(stueck.groupby(klasse).agg(["size", "sum"]))
print(np.bincount(klasse, weights=stueck))
