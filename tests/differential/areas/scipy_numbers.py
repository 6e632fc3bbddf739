"""Statistics, special functions, optimization, integration and interpolation of scipy."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import each, lines

CONTINUOUS = {
    "norm": "(1, 2)",
    "t": "(5,)",
    "chi2": "(3,)",
    "f": "(3, 7)",
    "gamma": "(2.5,)",
    "beta": "(2, 3)",
    "expon": "(0, 2)",
    "lognorm": "(0.5,)",
    "uniform": "(-1, 4)",
    "weibull_min": "(1.5,)",
    "cauchy": "()",
    "logistic": "()",
    "pareto": "(3,)",
    "laplace": "()",
    "gumbel_r": "()",
    "triang": "(0.4,)",
    "rayleigh": "()",
    "invgauss": "(0.5,)",
    "skewnorm": "(2,)",
    "genextreme": "(0.1,)",
    "truncnorm": "(-1, 2)",
}
DISCRETE = {
    "binom": "(10, 0.3)",
    "poisson": "(3.5,)",
    "geom": "(0.3,)",
    "nbinom": "(5, 0.4)",
    "hypergeom": "(20, 7, 12)",
    "randint": "(0, 2**40)",
    "bernoulli": "(0.3,)",
    "logser": "(0.6,)",
    "zipf": "(2.5,)",
    "betabinom": "(10, 2, 3)",
    "skellam": "(3, 2)",
    "boltzmann": "(1.4, 19)",
}
OF_CONTINUOUS = lines("""
    scipy.stats.<d>.pdf([-1, 0.3, 2], *<a>)
    scipy.stats.<d>.cdf([-1, 0.3, 2], *<a>)
    scipy.stats.<d>.sf([0.3, 2], *<a>)
    scipy.stats.<d>.ppf([0.01, 0.5, 0.975], *<a>)
    scipy.stats.<d>.stats(*<a>, moments='mvsk')
    scipy.stats.<d>.rvs(*<a>, size=3, random_state=5)
""")
OF_DISCRETE = lines("""
    scipy.stats.<d>.pmf([0, 1, 5, 2**33], *<a>)
    scipy.stats.<d>.ppf([0.01, 0.5, 0.99], *<a>)
    scipy.stats.<d>.stats(*<a>, moments='mvsk')
    scipy.stats.<d>.rvs(*<a>, size=4, random_state=5)
    scipy.stats.<d>.rvs(*<a>, size=4, random_state=5) * 10**10
    scipy.stats.<d>.rvs(*<a>, size=4, random_state=np.random.default_rng(5))
""")
SUMMED = ("logser", "zipf")
"""Their cdf adds up an array as long as its argument, so that a large one asks for 64 GiB."""
SAMPLES = (
    ("[1, 4, 2, 8, 5, 7]", "[2, 3, 9, 1, 5, 8]"),
    ("np.arange(40) % 11", "np.arange(40) % 7"),
    ("np.arange(8) * 10**9", "np.arange(8)[::-1] ** 3"),
    ("np.array([1, 2, 2, 3, 9, 200], 'uint8')", "np.array([3, 1, 4, 1, 5, 9], 'int8')"),
    ("[0.1, 0.4, -1.5, 2.5, 3.3]", "[1.0, 0.2, 0.3, 0.9, 4.0]"),
)
TESTS = lines("""
    scipy.stats.ttest_ind(<x>, <y>)
    scipy.stats.ttest_ind(<x>, <y>, equal_var=False)
    scipy.stats.ttest_rel(<x>, <y>)
    scipy.stats.ttest_1samp(<x>, 3)
    scipy.stats.mannwhitneyu(<x>, <y>)
    scipy.stats.wilcoxon(<x>, <y>)
    scipy.stats.ks_2samp(<x>, <y>)
    scipy.stats.kstest(<x>, 'norm', args=(3, 2))
    scipy.stats.kruskal(<x>, <y>)
    scipy.stats.f_oneway(<x>, <y>)
    scipy.stats.levene(<x>, <y>)
    scipy.stats.bartlett(<x>, <y>)
    scipy.stats.fligner(<x>, <y>)
    scipy.stats.mood(<x>, <y>)
    scipy.stats.ansari(<x>, <y>)
    scipy.stats.brunnermunzel(<x>, <y>)
    scipy.stats.anderson(<x>)
    scipy.stats.anderson_ksamp([<x>, <y>])
    scipy.stats.cramervonmises(<x>, 'norm')
    scipy.stats.epps_singleton_2samp(<x>, <y>)
    scipy.stats.shapiro(<x>)
    scipy.stats.jarque_bera(<x>)
    scipy.stats.pearsonr(<x>, <y>)
    scipy.stats.spearmanr(<x>, <y>)
    scipy.stats.kendalltau(<x>, <y>)
    scipy.stats.weightedtau(<x>, <y>)
    scipy.stats.somersd(<x>, <y>)
    scipy.stats.linregress(<x>, <y>)
    scipy.stats.theilslopes(<x>, <y>)
    scipy.stats.siegelslopes(<x>, <y>)
    scipy.stats.rankdata(<x>)
    scipy.stats.rankdata(<x>, 'min') * 10**10
    scipy.stats.rankdata(<x>, 'dense')
    scipy.stats.rankdata(<x>, 'ordinal')
    scipy.stats.describe(<x>)
    scipy.stats.mode(<x>)
    scipy.stats.mode(<x>).count * 10**10
    scipy.stats.skew(<x>), scipy.stats.kurtosis(<x>)
    scipy.stats.moment(<x>, 3)
    scipy.stats.sem(<x>)
    scipy.stats.zscore(<x>)
    scipy.stats.iqr(<x>)
    scipy.stats.gmean(<x>), scipy.stats.hmean(np.abs(<x>) + 1)
    scipy.stats.trim_mean(<x>, 0.2)
    scipy.stats.trimboth(<x>, 0.2)
    scipy.stats.tmean(<x>, (1, 6))
    scipy.stats.median_abs_deviation(<x>)
    scipy.stats.variation(<x>)
    scipy.stats.entropy(np.abs(<x>) + 1)
    scipy.stats.percentileofscore(<x>, 3)
    scipy.stats.scoreatpercentile(<x>, 30)
    scipy.stats.cumfreq(<x>, 3)
    scipy.stats.relfreq(<x>, 3)
    scipy.stats.binned_statistic(<x>, <y>, 'mean', bins=3)
    scipy.stats.binned_statistic(<x>, <y>, 'count', bins=3).binnumber * 10**10
    scipy.stats.boxcox(np.abs(<x>) + 1)[1]
    scipy.stats.yeojohnson(<x>)[1]
    scipy.stats.sigmaclip(<x>, 1, 1)
    scipy.stats.mstats.winsorize(<x>, 0.2)
    scipy.stats.gaussian_kde(<x>)([1, 2])
    scipy.stats.probplot(<x>, fit=False)[1]
    scipy.stats.energy_distance(<x>, <y>)
    scipy.stats.wasserstein_distance(<x>, <y>)
    scipy.stats.bws_test(<x>, <y>, method=scipy.stats.PermutationMethod(n_resamples=20, rng=1))
    scipy.stats.ecdf(<x>).cdf.probabilities
    scipy.stats.norm.fit(<x>)
    scipy.stats.expon.fit(np.abs(<x>))
    scipy.stats.mstats.mquantiles(<x>)
    scipy.stats.page_trend_test([<x>, <y>])
    scipy.stats.friedmanchisquare(<x>, <y>, <x>)
    scipy.stats.alexandergovern(<x>, <y>)
    scipy.stats.tukey_hsd(<x>, <y>).pvalue
    scipy.stats.dunnett(<x>, control=<y>, rng=1).statistic
""")
ONE = (
    *("gamma", "gammaln", "digamma", "erf", "erfc", "erfinv", "expit", "logit", "j0", "j1", "y0"),
    *("i0e", "k0", "ellipk", "ellipe", "zeta", "spence", "exp1", "expi", "sinc", "airy", "ndtr"),
    *(
        "ndtri",
        "log_ndtr",
        "factorial",
        "factorial2",
        "entr",
        "exprel",
        "cosm1",
        "lambertw",
        "sici",
    ),
    *("psi", "rgamma", "wofz", "dawsn", "kelvin", "fresnel", "log1p", "cbrt", "round", "softmax"),
    *("logsumexp", "bernoulli", "euler", "erfcx", "exp10", "log_softmax", "shichi"),
)
ARGUMENTS = ("[0.5, 2, 7.25]", "np.arange(4)", "-1.5", "np.float32(0.7)", "2**40", "True")
MORE = lines("""
    scipy.special.comb(50, 25)
    scipy.special.comb(50, 25, exact=True)
    scipy.special.comb([10, 20], 3)
    scipy.special.comb(100, 50, exact=True)
    scipy.special.perm(10, 3, exact=True)
    scipy.special.factorial(20, exact=True)
    scipy.special.factorial([5, 20, 21], exact=True)
    scipy.special.factorial([5, 13], exact=True)
    scipy.special.factorial(30, exact=True)
    scipy.special.factorialk(10, 3, exact=True)
    scipy.special.stirling2(10, 3, exact=True)
    scipy.special.stirling2([5, 30], [2, 10], exact=True)
    scipy.special.binom(40, 3)
    scipy.special.jv(2, [1.0, 5])
    scipy.special.yn(2, 3.0)
    scipy.special.iv(1.5, 2)
    scipy.special.hyp2f1(1, 2, 3, 0.5)
    scipy.special.hyp1f1(1, 2, 3)
    scipy.special.betainc(2, 3, 0.4)
    scipy.special.gammainc(2, [1, 3])
    scipy.special.eval_legendre(3, 0.5)
    scipy.special.eval_chebyt([2, 3], 0.5)
    scipy.special.eval_hermite(2**3, 0.5)
    scipy.special.eval_jacobi(3, 1, 2, 0.5)
    scipy.special.roots_legendre(3)
    scipy.special.roots_hermite(3)
    scipy.special.sph_harm_y(1, 2, 0.5, 0.3)
    scipy.special.lpmv(1, 2, 0.5)
    scipy.special.bdtr(2, 5, 0.3)
    scipy.special.pdtr(2, 3.5)
    scipy.special.nbdtr(2, 5, 0.3)
    scipy.special.chdtr(2, 3)
    scipy.special.stdtr(5, 1.2)
    scipy.special.stdtrit(5, 0.9)
    scipy.special.kolmogorov(0.7)
    scipy.special.smirnov(10, 0.3)
    scipy.special.xlogy([0, 2], [0, 3])
    scipy.special.rel_entr(1, 2)
    scipy.special.huber(1, [0.5, 3])
    scipy.special.poch(3, 2)
    scipy.special.jn_zeros(0, 3)
    scipy.special.multigammaln(3.5, 2)
    scipy.special.diric(0.5, 4)
    scipy.special.ellipj(0.5, 0.3)
    scipy.special.elliprf(1, 2, 3)
    scipy.special.mathieu_a(2, 0.5)
    scipy.special.pbdv(1, 0.5)
    scipy.special.obl_cv(1, 2, 0.5)
    scipy.special.expn(2**31, 1.0)
    scipy.special.expn(3, 1.0)
    scipy.special.spherical_jn(2, 1.5)
    scipy.special.wright_bessel(1, 2, 3)
    scipy.optimize.linear_sum_assignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]])
    scipy.optimize.linear_sum_assignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]])[1] * 10**10
    scipy.optimize.linear_sum_assignment(np.arange(12).reshape(3, 4) * 10**10 % 7, maximize=True)
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2 + (x[1] + 2)**2, [0, 0]).x.round(5)
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2, [0], method='Nelder-Mead').x.round(3)
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2, [0], method='L-BFGS-B', bounds=[(2, 5)]).x
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2, [0], method='SLSQP', bounds=[(2, 5)]).success
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2, [0], method='COBYLA').x.round(3)
    scipy.optimize.minimize(lambda x: (x[0] - 1)**2, [0], method='trust-constr').x.round(4)
    scipy.optimize.minimize(scipy.optimize.rosen, [1.2, 1.1], method='Powell').x.round(4)
    scipy.optimize.minimize_scalar(lambda x: (x - 2)**2).x
    scipy.optimize.brentq(lambda x: x**3 - 2, 0, 2)
    scipy.optimize.bisect(lambda x: x**3 - 2, 0, 2)
    scipy.optimize.newton(lambda x: x**3 - 2, 1)
    scipy.optimize.fsolve(lambda x: [x[0]**2 - 2], [1])
    scipy.optimize.root(lambda x: [x[0]**2 - 2], [1]).x
    scipy.optimize.root_scalar(lambda x: x**2 - 2, bracket=[0, 2]).root
    scipy.optimize.curve_fit(lambda x, a, b: a * x + b, np.arange(4), [1, 3, 5, 7.5])
    scipy.optimize.least_squares(lambda x: [x[0] - 1, x[0] - 2], [0]).x
    scipy.optimize.leastsq(lambda x: [x[0] - 1, x[0] - 2], [0])
    scipy.optimize.nnls([[1, 0], [0, 1]], [2, -1])
    scipy.optimize.lsq_linear([[1, 0], [0, 1]], [2, -1], bounds=(0, 1)).x
    scipy.optimize.linprog([-1, -2], A_ub=[[1, 1]], b_ub=[4], bounds=[(0, 3), (0, 3)]).x
    scipy.optimize.milp([-1, -2], integrality=[1, 1], bounds=scipy.optimize.Bounds(0, 3.5)).x
    scipy.optimize.differential_evolution(lambda x: (x[0] - 1)**2, [(-3, 3)], rng=1).x.round(4)
    scipy.optimize.dual_annealing(lambda x: (x[0] - 1)**2, [(-3, 3)], rng=1, maxiter=20).x.round(4)
    scipy.optimize.basinhopping(lambda x: (x[0] - 1)**2, [0], niter=3, rng=1).x.round(4)
    scipy.optimize.shgo(lambda x: (x[0] - 1)**2, [(-3, 3)]).x.round(4)
    scipy.optimize.brute(lambda x: (x[0] - 1)**2, [(-3, 3)], Ns=7, finish=None)
    scipy.optimize.quadratic_assignment([[0, 1], [2, 0]], [[0, 3], [4, 0]]).col_ind
    scipy.optimize.approx_fprime([1.0, 2.0], lambda x: x[0] * x[1]).round(5)
    scipy.optimize.isotonic_regression([1, 3, 2, 4]).x
    scipy.optimize.isotonic_regression([1, 3, 2, 4]).blocks * 10**10
    scipy.integrate.quad(lambda x: x**2, 0, 3)
    scipy.integrate.quad(lambda x: np.exp(-x**2), -np.inf, np.inf)
    scipy.integrate.dblquad(lambda y, x: x * y, 0, 1, 0, 2)
    scipy.integrate.nquad(lambda x, y: x * y, [[0, 1], [0, 2]])
    scipy.integrate.quad_vec(lambda x: np.array([x, x**2]), 0, 1)[0]
    scipy.integrate.simpson([1, 4, 9, 16])
    scipy.integrate.simpson(np.arange(5) * 10**10)
    scipy.integrate.trapezoid([1, 2**40])
    scipy.integrate.cumulative_trapezoid([1, 2, 3])
    scipy.integrate.cumulative_simpson([1, 2, 4])
    scipy.integrate.romb([1, 2, 4, 8, 16])
    scipy.integrate.fixed_quad(lambda x: x**3, 0, 1, n=3)
    scipy.integrate.newton_cotes(4)
    scipy.integrate.odeint(lambda y, t: -y, [1.0], [0, 1, 2]).round(6)
    scipy.integrate.solve_ivp(lambda t, y: -y, (0, 2), [1.0], t_eval=[0, 1, 2]).y.round(6)
    scipy.integrate.solve_ivp(lambda t, y: -y, (0, 2), [1.0], method='LSODA', t_eval=[2]).y.round(4)
    scipy.integrate.solve_ivp(lambda t, y: -y, (0, 2), [1.0], method='Radau').nfev
    scipy.integrate.solve_bvp(lambda x, y: np.vstack([y[1], -y[0]]), lambda a, b: np.array([a[0], b[0] - 1]), [0, 1], np.zeros((2, 2))).y[0].round(5)
    scipy.interpolate.interp1d([0, 1, 2], [0, 10**10, 4])([0.5, 1.5])
    scipy.interpolate.interp1d([0, 1, 2, 3], [0, 1, 4, 9], kind='cubic')(1.5)
    scipy.interpolate.interp1d([0, 1, 2], [0, 1, 4], kind='nearest')([0.4, 1.6])
    scipy.interpolate.interp1d([0, 1], [0, 1])(2)
    scipy.interpolate.CubicSpline([0, 1, 2], [0, 1, 4])([0.5, 1.5])
    scipy.interpolate.PchipInterpolator([0, 1, 2], [0, 1, 4])(0.5)
    scipy.interpolate.Akima1DInterpolator([0, 1, 2, 3, 4], [0, 1, 4, 2, 1])(1.5)
    scipy.interpolate.UnivariateSpline([0, 1, 2, 3], [0, 1, 4, 9], s=0)(1.5)
    scipy.interpolate.make_interp_spline([0, 1, 2, 3], [0, 1, 4, 9]).c
    scipy.interpolate.BSpline([0, 1, 2, 3], [1, 2], 1)(1.5)
    scipy.interpolate.splev([0.5], scipy.interpolate.splrep([0, 1, 2, 3], [0, 1, 4, 9]))
    scipy.interpolate.griddata([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 2, 3], [[0.2, 0.3]])
    scipy.interpolate.griddata([[0, 0], [0, 1], [1, 0]], [0, 1, 2], [[0.9, 0.1]], method='nearest')
    scipy.interpolate.RegularGridInterpolator(([0, 1], [0, 1]), [[0, 1], [2, 3]])([[0.5, 0.5]])
    scipy.interpolate.RBFInterpolator([[0.0], [1], [2]], [0, 1, 4])([[1.5]])
    scipy.interpolate.RectBivariateSpline([0, 1, 2, 3], [0, 1, 2, 3], np.arange(16).reshape(4, 4))(1.5, 1.5)
    scipy.interpolate.LinearNDInterpolator([[0, 0], [0, 1], [1, 0]], [0, 1, 2])(0.2, 0.3)
    scipy.interpolate.lagrange([0, 1, 2], [0, 1, 4])
    scipy.interpolate.BarycentricInterpolator([0, 1, 2], [0, 1, 4])(1.5)
    scipy.interpolate.pade([1, 1, 0.5], 1)
    scipy.interpolate.PPoly([[1, 2], [3, 4]], [0, 1, 2])(1.5)
    scipy.stats.chi2_contingency([[10, 20], [30, 40]])
    scipy.stats.chisquare([10, 20, 30])
    scipy.stats.fisher_exact([[8, 2], [1, 5]])
    scipy.stats.barnard_exact([[8, 2], [1, 5]]).pvalue
    scipy.stats.binomtest(7, 20, 0.5)
    scipy.stats.binomtest(2**31, 2**32, 0.5).pvalue
    scipy.stats.poisson_means_test(60, 100, 30, 100)
    scipy.stats.contingency.crosstab(['a', 'b', 'a'], [1, 2, 1])
    scipy.stats.contingency.crosstab(['a', 'b', 'a'], [1, 2, 1]).count * 10**10
    scipy.stats.contingency.expected_freq([[10, 20], [30, 40]])
    scipy.stats.contingency.association([[10, 20], [30, 40]])
    scipy.stats.power_divergence([10, 20], lambda_='log-likelihood')
    scipy.stats.combine_pvalues([0.1, 0.2])
    scipy.stats.false_discovery_control([0.01, 0.2, 0.03])
    scipy.stats.multivariate_normal.pdf([0, 1], [0, 0], [[2, 0.5], [0.5, 1]])
    scipy.stats.multinomial.pmf([1, 2], 3, [0.4, 0.6])
    scipy.stats.dirichlet.rvs([1, 2], random_state=1)
    scipy.stats.wishart.rvs(3, np.eye(2), random_state=1)
    scipy.stats.rv_histogram(np.histogram([1, 2, 2, 3], bins=3)).cdf(2)
    scipy.stats.binned_statistic_2d([1, 2], [3, 4], [5, 6], bins=2).statistic
    scipy.stats.circmean([0.1, 6.2])
    scipy.stats.lmoment([1, 2, 4, 8])
    scipy.stats.rankdata([3, 1, 2**40])
    scipy.stats.mode([[1, 2], [1, 3]], axis=None)
    scipy.stats.ttest_1samp([], 0)
    scipy.stats.pearsonr([1, 2], [1, 1])
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for name, arguments in CONTINUOUS.items():
        for template in OF_CONTINUOUS:
            yield from each(template, d=[name], a=[arguments])
    for name, arguments in DISCRETE.items():
        for template in OF_DISCRETE:
            yield from each(template, d=[name], a=[arguments])
        if name not in SUMMED:
            yield f"scipy.stats.{name}.cdf([0, 3, 2**33], *{arguments})"
    for one, other in SAMPLES:
        for template in TESTS:
            yield from each(template, x=[one], y=[other])
    yield from each("scipy.special.<f>(<a>)", f=ONE, a=ARGUMENTS)
