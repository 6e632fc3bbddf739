"""Functions that return indices or counts, what is computed from them, and indexing with them."""

from collections.abc import Iterator

from .grid import SOME, each, extremes, lines, shaped

RETURNING = lines("""
    np.argsort(<a>)
    np.argsort(<a>, kind='stable') * 10**9
    np.argsort(<a>, axis=None).dtype
    np.argpartition(<a>, 0, axis=None)[:1] * 2**33
    np.argmax(<a>)
    np.argmin(<a>) * 10**10
    np.nanargmax(<a>)
    np.nonzero(<a>)
    np.flatnonzero(<a>) * 10**10
    np.argwhere(<a>) + 2**40
    np.where(<a>)
    np.count_nonzero(<a>)
    np.searchsorted(np.sort(<a>, axis=None), <a>)
    np.searchsorted([0, 1, 50], <a>, side='right') * 10**10
    np.digitize(<a>, [0, 2, 50])
    np.lexsort((<a>, <a>))
    np.unique(<a>)
    np.unique(<a>, return_index=True, return_inverse=True, return_counts=True)
    np.unique(<a>, return_counts=True)[1] * 10**10
    np.unique_all(<a>)
    np.unique_counts(<a>).counts.dtype
    np.sort(<a>, axis=None)
    np.partition(<a>, 0, axis=-1)
    np.histogram(<a>, bins=3)
    np.bincount(<a>[2:4]) * 10**10
    np.isin(<a>, [1, 2, 2**40])
    np.take_along_axis(<a>, np.argsort(<a>), -1)
    np.roll(<a>, 1)
    np.flip(<a>)
    np.trim_zeros(<a>)
    np.resize(<a>, 3)
    np.shape(<a>) + np.array(<a>).strides + (np.size(<a>), np.array(<a>).nbytes)
""")
SETS = (*("intersect1d", "union1d", "setdiff1d", "setxor1d", "isin"),)
ROWS = "np.arange(12).reshape(3, 4)"
INDICES = (
    *("0", "-1", "3", "-4", "2**31", "2**32", "-2**32", "2**63", "-2**63 - 1", "2**64", "1.0"),
    *("np.int8(1)", "np.int64(1)", "np.uint64(1)", "np.int64(2**32)", "np.uint64(2**32)"),
    *("np.int64(-2**40)", "np.float64(1)", "True", "None", "...", "'a'", "(1, 2)", "(1, 2**32)"),
    *("(..., 1)", "(1, 2, 3)", "[0, 2]", "[0, 3]", "[0, 2**32]", "[-2**32]", "[2**63]", "[True]"),
    *("[True, False, True]", "[0.0]", "[]", "np.array([], int)", "np.array([0, 1], 'int8')"),
    *("np.array([0, 1], 'int32')", "np.array([0, 1], 'int64')", "np.array([0, 1], 'uint64')"),
    *("np.array([0, 2**32])", "np.array([2**32, 2**32 + 1])", "np.array([-2**33])"),
    *("np.array([2**63], 'uint64')", "np.array([2**31], 'uint32')", "np.array([1.0])"),
    *("([0, 1], [1, 2])", "([0, 1], [2**32, 0])", "([0, 1], 2**32)", "np.ix_([0, 2], [1, 3])"),
    *("slice(2**32)", "slice(-2**32, 2**40)", "slice(None, None, 2**40)", "slice(None, None, -2)"),
    *("slice(2**100)", "(slice(None), [0, 2**33])", "np.arange(3) > 0", "np.array(2)"),
    *("np.array(2**32)", "(np.int64(1), slice(1, None))", "np.nonzero(np.eye(3, 4))"),
    *("([[0], [1]], [[0, 3]])", "np.argsort([3, 1, 2])", "np.argmax([1, 5, 2])"),
)
MUTATIONS = lines("""
    (x := np.arange(5), operator.setitem(x, <i>, 7), x)[-1]
    (x := np.arange(5), operator.iadd(x[:3], 1), x[<i>])[-1]
""")
MORE = lines("""
    np.take(np.arange(5), [0, 2**32])
    np.take(np.arange(10**6), [2**32 + 1, -2**33], mode='wrap')
    np.take(np.arange(5), [2**32, -2**33], mode='clip')
    np.take(np.arange(5), 2**32)
    np.take(np.arange(5), np.array([1, 3], 'uint64'))
    np.take(np.arange(6).reshape(2, 3), [0, 2], axis=1)
    np.take(np.arange(5), [1, 2]) * 2**40
    np.arange(5).take([4, 0])
    np.arange(5).item(2**32)
    np.arange(5).item(3)
    np.arange(5).repeat(2)
    np.arange(3).repeat(2**62)
    np.put(np.arange(3), [2**32], 5)
    np.choose([0, 2**32], [[1, 2], [3, 4]])
    np.choose([0, 101], [[1, 2], [3, 4]], mode='wrap')
    np.compress([0, 1, 1], [1, 2, 3])
    np.extract([0, 1, 1], [1, 2, 3])
    np.delete(np.arange(5), [0, 2**32])
    np.delete(np.arange(5), [1, 3])
    np.delete(np.arange(5), 2**32)
    np.insert(np.arange(3), 2**32, 1)
    np.insert(np.arange(3), [1, 1], [7, 8])
    np.roll(np.arange(5), 2**32 + 1)
    np.roll(np.arange(5), -2**40)
    np.rot90(np.arange(4).reshape(2, 2), 2**32 + 1)
    np.swapaxes(np.arange(4).reshape(2, 2), 0, 2**32)
    np.arange(4).reshape(2**32, -1)
    np.arange(4).reshape(2**33, 0)
    np.arange(4).reshape(-1, 2)
    np.arange(4).reshape(3)
    np.arange(0).reshape(2**40, 0).shape
    np.broadcast_to(1, (2**40, 3))[5]
    np.broadcast_to(1, (2**33,)).size
    np.broadcast_to(np.int8(1), (2**33,)).nbytes
    np.broadcast_shapes((1, 3), (4, 1))
    np.broadcast_shapes((2**40,), (1,))
    np.ndindex(2, 2).__class__.__name__
    list(np.ndindex(2, 2))
    list(np.ndenumerate([[1, 2], [3, 4]]))
    np.ravel_multi_index(([1, 2], [3, 1]), (3, 4))
    np.ravel_multi_index(([1, 2], [3, 1]), (3, 4)) * 10**10
    np.ravel_multi_index((2**20, 2**20), (2**21, 2**21))
    np.ravel_multi_index(([3], [0]), (3, 4))
    np.ravel_multi_index(([3], [9]), (3, 4), mode=('wrap', 'clip'))
    np.ravel_multi_index(([0], [0]), (2**40, 2**40))
    np.unravel_index([5, 11], (3, 4))
    np.unravel_index(5, (3, 4))
    np.unravel_index(2**33, (2**20, 2**20))
    np.unravel_index([2**40], (2**21, 2**21), order='F')
    np.unravel_index([12], (3, 4))
    np.unravel_index(np.argmax([[1, 9], [3, 4]]), (2, 2))
    np.unravel_index([], (3, 4))
    np.tril_indices(3)
    np.tril_indices(3)[0] * 10**10
    np.triu_indices(3, 1)
    np.tril_indices_from(np.eye(3), -1)
    np.triu_indices_from(np.eye(3))
    np.diag_indices(3)
    np.diag_indices_from(np.eye(3))
    np.mask_indices(3, np.triu)
    np.ix_([0, 1], [2, 3])
    np.ix_([True, False, True], [1])
    np.indices((2, 2)) * 10**10
    np.bincount([0, 1, 1, 5])
    np.bincount([0, 1, 1], minlength=5) * 2**40
    np.bincount([0, 1, 1], weights=[1, 2, 2**40])
    np.bincount([])
    np.bincount([-1])
    np.bincount([1.5])
    np.bincount(np.array([1, 2], 'uint64'))
    np.bincount(np.array([1, 2], 'uint8'))
    np.bincount(np.array([1, 2], 'int64')).dtype.char
    np.digitize([0.5, 2**40], [0, 1, 2**39]) * 10**10
    np.digitize(1.5, [0, 1, 2])
    np.digitize([1, 2], [3, 1])
    np.digitize([1], [2, 1, 3])
    np.searchsorted([1, 2, 3], 2)
    type(np.searchsorted([1, 2, 3], 2))
    np.searchsorted([1, 2, 3], [0, 2**40]) * 10**10
    np.searchsorted([3, 1, 2], [2], sorter=[1, 2, 0])
    np.searchsorted([3, 1, 2], [2], sorter=np.argsort([3, 1, 2]))
    np.searchsorted([3, 1, 2], [2], sorter=[1, 2, 2**32])
    np.searchsorted(['a', 'c'], 'b')
    np.searchsorted(np.array([1, 2], 'uint64'), -1)
    np.searchsorted([1.0, np.nan], np.nan)
    np.arange(5).searchsorted(3) * 2**40
    np.lexsort(([1, 2, 1], [2, 1, 2]))
    np.lexsort(([1, 2, 1],)) * 10**10
    np.lexsort(np.array([['b', 'a'], ['x', 'x']]))
    np.argsort(['b', 'a', 'c'])
    np.argsort(['b', 'a', 'c']) * 10**10
    np.argsort([2.5, np.nan, 1])
    np.argsort([[3, 1], [2, 4]], axis=0)
    np.argsort(np.array([(2, 'a'), (1, 'b')], [('n', int), ('s', 'U1')]), order='n')
    np.argsort(np.arange(100) % 7, kind='stable')
    np.argsort(-np.arange(300))
    np.argsort(np.array([3, 1, 2], object))
    np.argsort(np.array(['NaT', '2040-01-01', '2039-01-01'], 'M8[D]'))
    np.argsort([]).dtype
    np.argpartition([3, 1, 2, 0], 2)[2] * 10**10
    np.argpartition([3, 1, 2], 2**32)
    np.partition([3, 1, 2], np.array([0, 1], 'int64'))
    np.partition([3, 1, 2], 2**32)
    np.sort([2**40, 1, -2**40])
    np.sort([[3, 1], [2, 0]], axis=0)
    np.sort(['b', 'a', 'B'])
    np.sort([1 + 2j, 1 - 2j, 0])
    np.sort([2.5, np.nan, -np.inf])
    np.sort_complex([3, 1, 2])
    np.sort(np.array([3, 1], 'm8[s]'))
    np.msort
    np.nonzero([[1, 0], [0, 1]])
    np.nonzero([[1, 0], [0, 1]])[0] * 10**10
    np.nonzero([])
    np.nonzero(0)
    np.nonzero(['a', ''])
    np.transpose(np.nonzero([[1, 0], [0, 1]]))
    np.argwhere([[1, 0], [0, 1]]).dtype
    np.flatnonzero([0, 3, 0, 4]).dtype
    np.where([0, 1, 2])
    np.where([0, 1, 2])[0] * 10**10
    np.where(np.array([1, 2, 3]) > 1, np.array([1, 2, 3]), -1)
    np.unique([3, 1, 2**40, 1])
    np.unique([3, 1, 1], return_index=True)
    np.unique([3, 1, 1], return_inverse=True)[1] * 10**10
    np.unique([3, 1, 1], return_counts=True)[1].sum() * 2**40
    np.unique([[1, 2], [1, 2], [3, 4]], axis=0, return_index=True, return_inverse=True)
    np.unique(['b', 'a', 'b'], return_counts=True)
    np.unique([np.nan, np.nan, 1])
    np.unique([np.nan, np.nan, 1], equal_nan=False)
    np.unique([True, False, True], return_index=True)
    np.unique(np.array([2, None, 2], object))
    np.unique_inverse([3, 1, 1])
    np.unique_values([3, 1, 1])
    np.unique_counts([3, 1, 1])
    np.intersect1d([1, 2, 3], [2, 3, 4], return_indices=True)
    np.intersect1d([1, 2], [2.0, 3])
    np.union1d([1, 2**40], [2])
    np.setdiff1d([1, 2, 3], [2])
    np.setxor1d([1, 2], [2, 3])
    np.isin([1, 2, 2**40], [2**40], kind='table')
    np.isin([1, 2, 300], [300], kind='sort')
    np.isin([1, 2], [2], invert=True)
    np.lib.stride_tricks.sliding_window_view(np.arange(5), 3)
    np.lib.stride_tricks.as_strided(np.arange(4), (2, 2), (8, 8))
    np.arange(4).strides
    np.arange(4).reshape(2, 2).T.strides
    np.arange(4).reshape(2, 2).flags.f_contiguous
    np.arange(4).shape[0] * 2**40
    np.arange(4).size * 2**40
    np.arange(4).ctypes.shape
    np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1).strides
    np.arange(6).reshape(2, 3).swapaxes(0, 1)
    np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    np.expand_dims([1, 2], 0)
    np.squeeze([[[1]]])
    np.split(np.arange(6), 3)
    np.split(np.arange(6), [2, 2**32])
    np.array_split(np.arange(7), 3)
    np.split(np.arange(5), 2)
    np.fill_diagonal(np.zeros((2, 2)), 1)
    np.packbits([1, 0, 1])
    np.unpackbits(np.array([5], 'uint8'))
    np.packbits(np.arange(3) > 0, bitorder='little')
    np.nditer(np.arange(3)).itersize
    [int(x) for x in np.nditer(np.arange(6).reshape(2, 3), order='F')]
    np.nditer(np.arange(6).reshape(2, 3), flags=['multi_index']).multi_index
    np.arange(6).flat[2**32]
    np.arange(6).flat[[1, 2**33]]
    np.arange(6).flat[3]
    np.arange(3).tolist()[0] + 2**70
    np.digitize(np.arange(5), np.array([1, 3])).tolist()
    np.interp(2**40, [0, 2**41], [0, 1])
    np.char.find(['abc', 'xbc'], 'b') * 10**10
    np.char.count(['aa', 'b'], 'a')
    np.char.str_len(['aa', 'b']) * 10**10
    np.strings.find(['abc', 'xyz'], 'c')
    np.strings.find(['abc', 'xyz'], 'c', 0, 2**40)
    np.strings.find(['abc', 'xyz'], 'c', np.array([0, 2**33]))
    np.strings.rfind(['abcb'], 'b')
    np.strings.index(['abc'], 'c')
    np.strings.index(['abc'], 'z')
    np.strings.rindex(['abcb'], 'b')
    np.strings.count(['aXbX', 'X'], 'X') * 10**10
    np.strings.str_len(['abc', '']) * 10**10
    np.strings.str_len(np.array([b'abc', b'']))
    np.strings.multiply(['ab'], 3)
    np.strings.multiply(['ab'], [2, -1][:1])
    np.strings.multiply(['ab'], 2**40)
    np.strings.slice(['hello'], 1, 3)
    np.strings.center(['a'], 5)
    np.strings.ljust(['a'], 5, '.')
    np.strings.zfill(['-5'], 4)
    np.strings.replace(['aaa'], 'a', 'b', 2)
    np.strings.partition(['a-b'], '-')
    np.strings.expandtabs(['a\\tb'], 4)
    np.strings.startswith(['abc'], 'b', 1)
    np.strings.isnumeric(['12', '1a'])
    np.strings.add(['a'], ['b'])
    np.strings.mod(['%d'], [5])
    np.ma.argsort(np.ma.array([3, 1, 2], mask=[0, 1, 0])) * 10**10
    np.ma.nonzero(np.ma.array([3, 0, 2], mask=[1, 0, 0]))
    np.ma.array([3, 1, 2], mask=[0, 1, 0]).count() * 2**40
    np.ma.array([3, 1, 2], mask=[0, 1, 0]).argmin()
    np.ma.count(np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]), axis=0)
    np.ma.notmasked_edges(np.ma.array([3, 1, 2], mask=[0, 1, 0]))
    np.ma.unique(np.ma.array([3, 1, 3], mask=[0, 1, 0]), return_index=True)
    np.busday_count('2038-01-01', '2040-01-01')
    np.busday_count(['2038-01-01'], '2040-01-01') * 10**10
    np.busday_offset('2038-01-15', 10)
    np.is_busday(['2038-01-15', '2038-01-16'])
""")


def expressions() -> Iterator[str]:
    yield from MORE
    yield from each(f"({ROWS})[<i>]", i=INDICES)
    for template in MUTATIONS:
        yield from each(template, i=INDICES[:24])
    for dtype in SOME:
        for template in RETURNING:
            yield from each(template, a=[extremes(dtype)])
        for shape in ("empty", "F", "strided"):
            for template in RETURNING[:18:2]:
                yield from each(template, a=[shaped(dtype)[shape]])
        one, other = extremes(dtype), shaped(dtype)["1-d"]
        yield from each("np.<f>(<a>, <b>)", f=SETS, a=[one], b=[other])
