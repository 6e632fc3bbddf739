# ruff: noqa: B905
# %% Sum of the first hundred thousand integers, and of their squares
import math

import numpy as np
import pandas as pd

n = np.arange(100_001)
print(n.sum(), (n**2).sum(), n.dtype)
print(n.sum() == 100_000 * 100_001 // 2)

# %% Median and mean of large multiples
values = np.arange(100_001) * 10**5
print(np.median(values), values.mean(), values.max(), np.percentile(values, 99))

# %% Factorials and binomials in numpy and in Python
print(np.cumprod(np.arange(1, 21)))
print(math.factorial(20), math.comb(40, 20), math.perm(15, 9))

# %% How many ways to choose 5 of 60, by products
top, bottom = np.prod(np.arange(56, 61)), np.prod(np.arange(1, 6))
print(top, bottom, top // bottom, math.comb(60, 5))

# %% Fibonacci numbers by powers of a matrix
matrix = np.array([[1, 1], [1, 0]])
print(np.linalg.matrix_power(matrix, 80))
print(np.linalg.matrix_power(matrix, 50)[0, 1])

# %% Powers of two up to 2**62
powers = 2 ** np.arange(63)
print(powers[[30, 31, 32, 62]], powers.dtype)
print(powers.sum(), 1 << np.arange(30, 35))

# %% All Pythagorean triples with hypotenuse below 60
a, b = np.meshgrid(np.arange(1, 60), np.arange(1, 60))
c2 = a**2 + b**2
c = np.sqrt(c2).astype(int)
rows, columns = np.nonzero((c * c == c2) & (a < b) & (c < 60))
print(len(rows), sorted(zip(c[rows, columns].tolist(), a[rows, columns].tolist()))[:5])

# %% Primes below 200,000 by a sieve: how many, their sum, the sum of their squares
sieve = np.ones(200_000, dtype=bool)
sieve[:2] = False
for i in range(2, 448):
    if sieve[i]:
        sieve[i * i :: i] = False
primes = np.flatnonzero(sieve)
print(len(primes), primes[-1], primes.sum(), (primes**2).sum(), primes.dtype)

# %% A linear congruential generator by hand
state, drawn = 12345, []
for _ in range(5):
    state = (1103515245 * state + 12345) % 2**31
    drawn.append(state)
print(drawn)
print((np.array(drawn) * 1103515245 + 12345) % 2**31)


# %% FNV-1a hash of some words
def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


print([fnv(word) for word in ("", "a", "Zürich")])
print(np.array([fnv("a")], dtype=np.uint64) >> np.uint64(40))

# %% Polynomial hash of strings as numpy arrays
codes = np.array([ord(letter) for letter in "differential"])
weights = 31 ** np.arange(len(codes))
print((codes * weights).sum(), weights[-1])

# %% Mixed radix: seconds into days, hours, minutes
seconds = np.array([10**9, 2**31, 4_102_444_800, 86_399])
days, rest = np.divmod(seconds, 86_400)
print(days, rest // 3600, rest % 3600 // 60)

# %% Count pairs with equal values: the number of combinations within groups
rng = np.random.default_rng(0)
draws = rng.integers(0, 8, 500_000)
counts = np.bincount(draws)
print(counts, (counts * (counts - 1) // 2).sum())
_, times = np.unique(draws, return_counts=True)
print((times**2).sum(), (times**2).sum() / len(draws) ** 2)

# %% How many inversions does this order have?
order = rng.permutation(3000)
position = np.argsort(order)
print(sum(int((order[:i] > order[i]).sum()) for i in range(0, 3000, 3)), (position * order).sum())
print((position * 10**6).max(), position[:5])

# %% Where do large thresholds fall? Searchsorted and digitize
edges = np.array([0, 10**9, 3 * 10**9, 10**10])
amounts = np.array([5, 2_999_999_999, 3_000_000_000, 9 * 10**9, 2 * 10**10])
print(np.searchsorted(edges, amounts, side="right"), np.digitize(amounts, edges))
print(np.clip(amounts, 10, 4 * 10**9), np.where(amounts > 2**31, amounts, -amounts))

# %% Moments of dice: full table of outcomes
dice = np.indices((6,) * 5).sum(axis=0) + 5
totals, ways = np.unique(dice, return_counts=True)
print(dict(zip(totals.tolist()[:5], ways.tolist()[:5])), ways.sum())
print((totals * ways).sum() / ways.sum(), ((totals * 1000) ** 2 * ways).sum())

# %% Count set bits and swap bytes of addresses
addresses = np.array([3_232_235_777, 167_772_161, 4_294_967_295])
print(np.bitwise_count(addresses), addresses >> 16, addresses & 0xFFFF, addresses ^ 0xFFFFFFFF)
print(addresses.astype(np.uint32).byteswap(), [hex(a) for a in addresses])

# %% What can the types hold?
for kind in (int, np.int32, np.int64, np.uint8, np.intp):
    print(np.dtype(kind).name, np.iinfo(kind).min, np.iinfo(kind).max, np.dtype(kind).itemsize)
print(np.array([1, 2]).dtype, np.array([True, False]).sum().dtype, np.array([2**40]).dtype)

# %% Mean and sum of small integer types
small = np.full(100_000, 60_000, dtype=np.uint16)
signed = np.full(100_000, 30_000, dtype=np.int16)
print(
    small.sum(),
    small.sum().dtype,
    signed.sum(),
    signed.sum().dtype,
    small.mean(),
    signed.prod(where=False),
)
print(np.add.reduce(signed), np.add.accumulate(signed)[-1], signed.cumsum().dtype)

# %% Share of True values among many, times a large number
mask = np.arange(1_000_000) % 3 == 0
print(mask.sum(), mask.sum() * 10_000, np.count_nonzero(mask) * 10_000, mask.mean())

# %% Multiply small matrices of large integers, and einsum
m = np.array([[60_000, 70_000], [80_000, 90_000]])
print(m @ m, np.einsum("ij,ji->", m, m), np.trace(m @ m), np.kron(m, m).max())
print(np.linalg.det(m).round(2), np.vdot(m, m), np.inner(m, m)[0])

# %% Convolution and differences of counters that pass 2**31
counter = np.array([2_147_483_000, 2_147_483_640, 2_147_483_900, 2_147_490_000])
print(np.diff(counter), np.convolve(counter, [1, 1, 1]), np.gradient(counter))
print(np.ediff1d(counter, to_begin=0), np.interp(2.5, range(4), counter))

# %% Index arithmetic in a large virtual grid
row, column = np.unravel_index(np.array([99_999, 2_147_483_646]), (50_000, 50_000))
print(row, column, row.dtype)
print(np.ravel_multi_index((np.array([40_000]), np.array([7])), (50_000, 50_000)))

# %% Sum over digits of many numbers
numbers = np.arange(999_000, 1_000_000)
digits = numbers[:, None] // 10 ** np.arange(7) % 10
print(digits.sum(), digits.sum(axis=0), digits.dtype)

# %% Rounding and integer division of negative and large numbers
print(np.floor_divide([-7, 7, -2_147_483_649], 2), np.remainder([-7, 7, -2_147_483_649], 10))
print(np.round([0.5, 1.5, 2.675, 1e15 + 0.5], 2), np.rint([2.5, 3.5]), round(2.675, 2), round(-2.5))
print(np.floor([1e10 + 0.7, -1e10]).astype(int), int(1e18), np.trunc(3e9).astype(int))

# %% What becomes of values that no integer can hold?
odd = np.array([np.nan, 1e20, -1e20])
print(odd.astype("int64"))
print(np.isfinite(odd), np.nan_to_num(odd, nan=-1.0).tolist())

# %% From text to integers and back
text = np.array(["12", "3000000000", "-2147483649"])
print(text.astype(int), text.astype(int).sum(), np.array([3_000_000_000]).astype(str))
print(np.fromstring("1 2 3000000000", dtype=int, sep=" "), np.loadtxt(["5 3000000000"], dtype=int))

# %% The same in a Series, with missing values
series = pd.Series([2**31, None, 2**53 + 1], dtype="Int64")
print(series.sum(), series.isna().sum(), series * 2, sep="\n")
print(
    pd.Series(np.arange(5)).mul(10**9).sum(),
    pd.Series([1, 2]).dtype,
    pd.Series(range(3)).cumsum().dtype,
)
