# ruff: noqa: E402
# %% Load the survey and summarise it
import numpy as np
import pandas as pd
from scipy import stats

survey = pd.read_csv("survey.csv")
print(survey.describe().round(4))
print(survey["group"].value_counts())

# %% Mean income by group with standard errors
print(survey.groupby("group")["income"].agg(["count", "mean", "std", "sem"]).round(4))

# %% Is the difference between A and C significant?
a, c = (survey.loc[survey["group"] == g, "income"].dropna() for g in "AC")
test = stats.ttest_ind(a, c, equal_var=False)
print(f"t = {test.statistic:.6f}, p = {test.pvalue:.6g}, df = {test.df:.6f}")

# %% Analysis of variance over the three groups
groups = [g["income"].dropna() for _, g in survey.groupby("group")]
print([round(float(x), 8) for x in stats.f_oneway(*groups)])
print([round(float(x), 8) for x in stats.kruskal(*groups)])

# %% Does leaving depend on the group? Chi-squared
table = pd.crosstab(survey["group"], survey["left"])
result = stats.chi2_contingency(table)
print(table)
print(round(result.statistic, 8), round(result.pvalue, 8), result.dof)
print(result.expected_freq.round(4))

# %% Rank correlations of score and income
both = survey[["score", "income"]].dropna()
print([round(float(x), 8) for x in stats.spearmanr(both["score"], both["income"])])
print([round(float(x), 8) for x in stats.kendalltau(both["score"], both["income"])])

# %% Mann-Whitney test between the young and the old
young, old = survey[survey["age"] < 40], survey[survey["age"] >= 60]
u = stats.mannwhitneyu(young["income"].dropna(), old["income"].dropna())
print(len(young), len(old), u.statistic, round(u.pvalue, 12))

# %% A straight line by numpy
known = survey.dropna(subset=["income"])
slope, intercept = np.polyfit(known["age"], known["income"], 1)
print(round(slope, 6), round(intercept, 6))
print(stats.linregress(known["age"], known["income"]).rvalue.round(8))

# %% Multiple regression by least squares
design = np.column_stack([np.ones(len(known)), known["age"], known["years_school"]])
beta, residual, rank, _ = np.linalg.lstsq(design, known["income"].to_numpy(), rcond=None)
print(beta.round(6), residual.round(2), rank)

# %% The same with statsmodels, with the groups as factors
import statsmodels.formula.api as smf

model = smf.ols("income ~ age + years_school + C(group)", data=known).fit()
print(model.params.round(6))
print(model.pvalues.round(6))
print(round(model.rsquared, 8), round(model.aic, 6), int(model.df_resid))

# %% Show the whole table of coefficients
print(model.summary().tables[1])

# %% Logistic regression: who leaves?
known_score = survey.dropna(subset=["score"])
logit = smf.logit("left ~ score + age", data=known_score).fit(disp=0)
print(logit.params.round(6), round(logit.llf, 8), sep="\n")
print(np.exp(logit.params).round(4).to_dict())

# %% Cross-validated with scikit-learn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split

x, y = known_score[["score", "age", "years_school"]], known_score["left"]
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.25, random_state=42, stratify=y
)
classifier = LogisticRegression(max_iter=1000).fit(x_train, y_train)
predicted = classifier.predict(x_test)
print(x_train.index[:8].tolist(), len(x_test))
print(confusion_matrix(y_test, predicted), round(accuracy_score(y_test, predicted), 6))
print(round(roc_auc_score(y_test, classifier.predict_proba(x_test)[:, 1]), 6))
print(cross_val_score(LogisticRegression(max_iter=1000), x, y, cv=5).round(6))

# %% A decision tree, its rules and importances
from sklearn.tree import DecisionTreeClassifier, export_text

tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(x_train, y_train)
print(export_text(tree, feature_names=list(x.columns)))
print(tree.feature_importances_.round(6), tree.score(x_test, y_test))

# %% A random forest
from sklearn.ensemble import RandomForestClassifier

forest = RandomForestClassifier(n_estimators=40, random_state=1).fit(x_train, y_train)
print(forest.feature_importances_.round(6), round(forest.score(x_test, y_test), 6))

# %% Three clusters of respondents
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

scaled = StandardScaler().fit_transform(known[["age", "years_school", "income"]])
kmeans = KMeans(n_clusters=3, n_init=10, random_state=0).fit(scaled)
sizes = np.bincount(kmeans.labels_)
print(np.sort(sizes), round(kmeans.inertia_, 6), (sizes**4).sum())

# %% Principal components
from sklearn.decomposition import PCA

pca = PCA().fit(scaled)
print(pca.explained_variance_ratio_.round(8))
print(np.abs(pca.components_).round(6))

# %% Permutation test of the difference of means, seeded
rng = np.random.default_rng(2026)
pool = np.concatenate([a, c])
observed = c.mean() - a.mean()
extreme = 0
for _ in range(500):
    mixed = rng.permutation(pool)
    extreme += mixed[len(a) :].mean() - mixed[: len(a)].mean() >= observed
print(round(observed, 4), extreme, rng.integers(10**12))

# %% The same with the old seeded generator
np.random.seed(0)
print(np.random.randint(0, 100, 8), np.random.permutation(6), np.random.choice(list("ABC"), 5))
print(
    np.random.rand(2).round(8), np.random.normal(size=2).round(8), np.random.randint(1000) * 10**7
)

# %% Bootstrap the median income
rng = np.random.default_rng(1)
medians = [np.median(rng.choice(known["income"], len(known))) for _ in range(300)]
print(np.percentile(medians, [2.5, 97.5]), round(np.std(medians), 6))

# %% A random sample of five, and a shuffled fold number for all
print(survey.sample(5, random_state=3)[["respondent", "age", "group"]])
fold = np.random.RandomState(5).permutation(len(survey)) % 5
print(np.bincount(fold), survey.groupby(fold)["respondent"].sum().tolist())

# %% Score every respondent against the group's mean
z = survey.groupby("group")["income"].transform(lambda s: (s - s.mean()) / s.std())
print(z.abs().nlargest(3).round(6))
print((z.abs() > 2).sum(), survey.loc[z.idxmax(), "respondent"])

# %% Shares by age band and group, as percentages of the column
band = pd.cut(survey["age"], [17, 29, 44, 59, 80], labels=["18-29", "30-44", "45-59", "60+"])
print(pd.crosstab(band, survey["group"], normalize="columns").mul(100).round(2))

# %% Is income distributed normally?
print([round(float(v), 8) for v in stats.shapiro(known["income"])])
print([round(float(v), 8) for v in stats.skewtest(known["income"])])

# %% A smooth density, evaluated
density = stats.gaussian_kde(known["income"])
print((density([15_000, 25_000, 35_000]) * 1e6).round(8), round(density.factor, 8))

# %% Sum of squares and sum of fourth powers of the incomes as integers
income = np.array([int(v) for v in known["income"]])
print((income**2).sum(), (income.astype(object) ** 4).sum(), income.var().round(4))
print(income @ income, np.linalg.norm(income).round(6))
