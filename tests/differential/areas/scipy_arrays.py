"""Sparse matrices, graphs, signals, images, clusters and distances of scipy."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import SOME, each, lines

DENSE = "np.array([[0, 2, 0], [1, 0, 3], [0, 0, 4]], '<d>')"
FORMATS = ("csr_array", "csc_array", "coo_array", "csr_matrix")
OTHER_FORMATS = ("lil_array", "dok_array", "dia_array", "bsr_array")
SPARSE = lines("""
    scipy.sparse.<f>(<m>)
    scipy.sparse.<f>(<m>).sum()
    scipy.sparse.<f>(<m>).sum(axis=0)
    scipy.sparse.<f>(<m>) @ scipy.sparse.<f>(<m>)
    scipy.sparse.<f>(<m>) @ [10**5, 1, 2]
    (scipy.sparse.<f>(<m>) * 2**33).toarray()
    scipy.sparse.<f>(<m>).nonzero()
    scipy.sparse.<f>(<m>).T.tocsr().indices.dtype
    scipy.sparse.<f>(<m>).astype(int).dtype
    scipy.sparse.<f>(<m>).mean()
    scipy.sparse.<f>(<m>).trace()
    scipy.sparse.<f>(<m>).count_nonzero() * 10**10
""")
GRAPH = "scipy.sparse.csr_array([[0, 2, 0, 7], [0, 0, 3, 0], [0, 0, 0, 1], [4, 0, 0, 0]])"
GRAPHS = (
    *("shortest_path", "dijkstra", "bellman_ford", "johnson", "floyd_warshall", "laplacian"),
    *(
        "connected_components",
        "minimum_spanning_tree",
        "structural_rank",
        "maximum_bipartite_matching",
    ),
    *("reverse_cuthill_mckee", "csgraph_to_dense"),
)
IMAGES = lines("""
    scipy.ndimage.label(<i>)
    scipy.ndimage.label(<i>)[0] * 10**10
    scipy.ndimage.label(<i>, structure=np.ones((3, 3)))
    scipy.ndimage.sum_labels(<i>, scipy.ndimage.label(<i>)[0], [1, 2])
    scipy.ndimage.mean(<i>)
    scipy.ndimage.center_of_mass(<i>)
    scipy.ndimage.maximum_position(<i>)
    scipy.ndimage.extrema(<i>)
    scipy.ndimage.histogram(<i>, 0, 5, 3)
    scipy.ndimage.find_objects(scipy.ndimage.label(<i>)[0])
    scipy.ndimage.gaussian_filter(<i>, 1)
    scipy.ndimage.uniform_filter(<i>, 3)
    scipy.ndimage.median_filter(<i>, 3)
    scipy.ndimage.maximum_filter(<i>, 3)
    scipy.ndimage.rank_filter(<i>, 1, 3)
    scipy.ndimage.convolve(<i>, [[1, 0], [0, 1]])
    scipy.ndimage.correlate1d(<i>, [1, 2, 1])
    scipy.ndimage.sobel(<i>)
    scipy.ndimage.laplace(<i>)
    scipy.ndimage.binary_erosion(<i>)
    scipy.ndimage.binary_dilation(<i>, iterations=2)
    scipy.ndimage.binary_fill_holes(<i>)
    scipy.ndimage.distance_transform_edt(<i>)
    scipy.ndimage.distance_transform_edt(<i>, return_indices=True)[1]
    scipy.ndimage.distance_transform_cdt(<i>)
    scipy.ndimage.distance_transform_bf(<i>)
    scipy.ndimage.grey_opening(<i>, 2)
    scipy.ndimage.rotate(<i>, 90)
    scipy.ndimage.zoom(<i>, 2, order=1)
    scipy.ndimage.shift(<i>, 1)
    scipy.ndimage.map_coordinates(<i>, [[0.5, 1], [0.5, 2]], order=1)
    scipy.ndimage.generic_filter(<i>, np.sum, 2)
    scipy.ndimage.value_indices(np.asarray(<i>, int))
    scipy.ndimage.watershed_ift(np.asarray(<i>, 'uint8'), np.asarray(<i>, 'int8'))
    scipy.signal.convolve2d(<i>, [[1, 1]])
    scipy.signal.correlate2d(<i>, [[1, 1]], 'same')
    scipy.signal.convolve(<i>, [[1, 1]])
    scipy.signal.fftconvolve(<i>, [[1, 1]])
    scipy.signal.medfilt2d(np.asarray(<i>, float))
    scipy.signal.detrend(<i>)
""")
IMAGED = (
    "np.array([[1, 0, 0, 2], [1, 1, 0, 0], [0, 0, 0, 1], [3, 0, 1, 1]])",
    "np.array([[1, 0, 0, 2], [1, 1, 0, 0], [0, 0, 0, 1], [3, 0, 1, 1]], 'uint8')",
    "np.array([[1, 0, 0, 2], [1, 1, 0, 0], [0, 0, 0, 1], [3, 0, 1, 1]], 'float32')",
    "np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1]], bool)",
)
POINTS = "np.array([[0, 0], [1, 0], [0, 2], [5, 5], [6, 5], [2.5, 1]])"
POINTED = lines("""
    scipy.spatial.cKDTree(<p>).query([[1, 1], [5, 6]])
    scipy.spatial.cKDTree(<p>).query([[1, 1]], k=3)[1] * 10**10
    scipy.spatial.cKDTree(<p>).query([1, 1], k=[2])
    scipy.spatial.cKDTree(<p>).query([[1, 1]], distance_upper_bound=0.1)
    scipy.spatial.cKDTree(<p>).query_ball_point([1, 1], 2)
    scipy.spatial.cKDTree(<p>).query_pairs(2.5)
    scipy.spatial.cKDTree(<p>).query_pairs(2.5, output_type='ndarray')
    scipy.spatial.cKDTree(<p>).count_neighbors(scipy.spatial.cKDTree(<p>), 2)
    scipy.spatial.cKDTree(<p>).sparse_distance_matrix(scipy.spatial.cKDTree(<p>), 1.5)
    scipy.spatial.cKDTree(<p>).indices
    scipy.spatial.KDTree(<p>).query([1, 1])
    scipy.spatial.KDTree(<p>).query([[1, 1], [3, 3]], k=2)
    scipy.spatial.ConvexHull(<p>).vertices * 10**10
    scipy.spatial.ConvexHull(<p>).volume
    scipy.spatial.Delaunay(<p>).simplices
    scipy.spatial.Delaunay(<p>).find_simplex([[1, 1]])
    scipy.spatial.Voronoi(<p>).ridge_points
    scipy.spatial.distance.pdist(<p>)
    scipy.spatial.distance.pdist(<p>, 'cityblock')
    scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(<p>))
    scipy.spatial.distance.cdist(<p>, [[1, 1]], 'cosine')
    scipy.spatial.distance.cdist(<p>, [[1, 1]], 'mahalanobis', VI=np.eye(2))
    scipy.spatial.distance_matrix(<p>, [[1, 1]])
    scipy.spatial.procrustes(<p>, <p> * 2)[2]
    scipy.spatial.distance.directed_hausdorff(<p>, [[1, 1]])
    scipy.cluster.hierarchy.linkage(<p>)
    scipy.cluster.hierarchy.linkage(<p>, 'ward')
    scipy.cluster.hierarchy.linkage(<p>, 'average')
    scipy.cluster.hierarchy.fcluster(scipy.cluster.hierarchy.linkage(<p>), 2, 'maxclust')
    scipy.cluster.hierarchy.fcluster(scipy.cluster.hierarchy.linkage(<p>), 3, 'distance') * 10**10
    scipy.cluster.hierarchy.cut_tree(scipy.cluster.hierarchy.linkage(<p>), 2)
    scipy.cluster.hierarchy.leaves_list(scipy.cluster.hierarchy.linkage(<p>)) * 10**10
    scipy.cluster.hierarchy.dendrogram(scipy.cluster.hierarchy.linkage(<p>), no_plot=True)['leaves']
    scipy.cluster.hierarchy.cophenet(scipy.cluster.hierarchy.linkage(<p>))
    scipy.cluster.hierarchy.inconsistent(scipy.cluster.hierarchy.linkage(<p>))
    scipy.cluster.hierarchy.leaders(scipy.cluster.hierarchy.linkage(<p>), scipy.cluster.hierarchy.fcluster(scipy.cluster.hierarchy.linkage(<p>), 2, 'maxclust').astype('int32'))
    scipy.cluster.vq.kmeans2(<p>.astype(float), 2, rng=1)
    scipy.cluster.vq.kmeans(<p>.astype(float), 2, rng=1)
    scipy.cluster.vq.vq(<p>.astype(float), <p>[:2].astype(float))
    scipy.cluster.vq.vq(<p>.astype(float), <p>[:2].astype(float))[0] * 10**10
    scipy.cluster.vq.whiten(<p>.astype(float))
""")
POINT_SETS = (POINTS, f"({POINTS} * 2).astype(int)", f"({POINTS} * 2).astype('int32')")
METRICS = (
    *("euclidean", "cityblock", "chebyshev", "cosine", "correlation", "canberra", "braycurtis"),
    *("hamming", "jaccard", "sqeuclidean", "dice", "rogerstanimoto", "yule", "minkowski"),
    *("jensenshannon", "russellrao", "sokalsneath"),
)
MORE = lines("""
    scipy.sparse.eye(3)
    scipy.sparse.eye(3, dtype=int)
    scipy.sparse.eye_array(3, dtype=int) * 2**40
    scipy.sparse.identity(2, dtype='int')
    scipy.sparse.diags([1, 2, 3])
    scipy.sparse.diags_array([[1, 2], [3]], offsets=[0, 1])
    scipy.sparse.spdiags([[1, 2]], 0, 2, 2)
    scipy.sparse.kron([[1, 2]], [[1], [2**40]])
    scipy.sparse.block_diag([[[1]], [[2, 3]]])
    scipy.sparse.vstack([scipy.sparse.csr_array([[1, 0]]), scipy.sparse.csr_array([[0, 2]])])
    scipy.sparse.hstack([scipy.sparse.csr_array([[1, 0]]), scipy.sparse.coo_array([[0, 2]])])
    scipy.sparse.tril([[1, 2], [3, 4]])
    scipy.sparse.find(scipy.sparse.csr_array([[0, 5], [7, 0]]))
    scipy.sparse.find(scipy.sparse.csr_array([[0, 5], [7, 0]]))[0] * 10**10
    scipy.sparse.coo_array(([1, 2], ([0, 1], [1, 0])))
    scipy.sparse.coo_array(([1, 2], ([0, 1], [1, 0]))).coords
    scipy.sparse.coo_array(([1, 2], ([0, 0], [1, 1]))).toarray()
    scipy.sparse.coo_array(([1], ([2**31], [0]))).shape
    scipy.sparse.coo_array(([1], ([2**40], [0])), shape=(2**41, 1)).row.dtype
    scipy.sparse.coo_array((3, 4)).row.dtype
    scipy.sparse.csr_array((3, 2**40)).indices.dtype
    scipy.sparse.csr_array(([1, 2], ([0, 2**20], [2**33, 5]))).shape
    scipy.sparse.csr_array(([1, 2], [0, 1], [0, 1, 2])).toarray()
    scipy.sparse.csr_array(([1, 2], np.array([0, 1], 'int64'), np.array([0, 1, 2], 'int64'))).indices.dtype
    scipy.sparse.get_index_dtype(maxval=2**31)
    scipy.sparse.get_index_dtype(maxval=2**31 - 1)
    scipy.sparse.get_index_dtype((np.arange(3),))
    scipy.sparse.get_index_dtype((np.arange(3),), check_contents=True)
    scipy.sparse.csr_array([[10**5, 1]]) @ scipy.sparse.csr_array([[10**5], [1]])
    scipy.sparse.csr_array([[2**31, 1]]).power(2)
    scipy.sparse.csr_array([[True, False]]).sum()
    scipy.sparse.csr_array([[1, 0], [0, 2]])[1, 1]
    scipy.sparse.csr_array([[1, 0], [0, 2]])[[1, 0]]
    scipy.sparse.csr_array([[1, 0], [0, 2]])[[2**32]]
    scipy.sparse.csr_array([[1, 0], [0, 2]])[:, 1]
    scipy.sparse.csr_array([[3, 0], [1, 2]]).argmax(axis=1) * 10**10
    scipy.sparse.csr_array([[3, 0], [1, 2]]).argmin()
    scipy.sparse.csr_array([[3, 0], [1, 2]]).max(axis=0)
    scipy.sparse.csr_array([[3, 0], [1, 2]]).getnnz(axis=0) * 10**10
    scipy.sparse.csr_array([[3, 0], [1, 2]]).reshape(1, 4)
    scipy.sparse.csr_array([[3, 0], [1, 2]]).diagonal()
    scipy.sparse.csr_array([[3, 0], [1, 2]]).multiply([[1, 2], [2**40, 4]])
    scipy.sparse.csr_array([[3, 0], [1, 2]]) + scipy.sparse.csr_array([[1, 1], [1, 2.5]])
    scipy.sparse.csr_array([[3, 0], [1, 2]]) > 1
    scipy.sparse.csr_array([[3.0, 0], [1, 2]]) / 2
    repr(scipy.sparse.csr_array([[3, 0], [1, 2]]))
    str(scipy.sparse.csr_array([[3, 0], [1, 2]]))
    repr(scipy.sparse.coo_matrix([[3, 0], [1, 2]]))
    scipy.sparse.linalg.spsolve(scipy.sparse.csc_array([[3.0, 0], [1, 2]]), [1, 2])
    scipy.sparse.linalg.splu(scipy.sparse.csc_array([[3.0, 0], [1, 2]])).perm_c
    scipy.sparse.linalg.inv(scipy.sparse.csc_array([[3.0, 0], [1, 2]]))
    scipy.sparse.linalg.cg(scipy.sparse.csr_array([[3.0, 1], [1, 2]]), [1, 2])
    scipy.sparse.linalg.gmres(scipy.sparse.csr_array([[3.0, 1], [1, 2]]), [1, 2])
    scipy.sparse.linalg.lsqr(scipy.sparse.csr_array([[3.0, 1], [1, 2]]), [1, 2])[0]
    scipy.sparse.linalg.eigsh(scipy.sparse.diags([1.0, 2, 3, 4, 5]), 2, v0=np.ones(5))[0]
    scipy.sparse.linalg.svds(scipy.sparse.diags([1.0, 2, 3, 4, 5]), 2, v0=np.ones(5))[1]
    scipy.sparse.linalg.norm(scipy.sparse.csr_array([[3, 4]]))
    scipy.sparse.linalg.expm(scipy.sparse.csc_array([[0.0, 1], [0, 0]]))
    scipy.sparse.linalg.onenormest(scipy.sparse.csr_array([[3.0, 1], [1, 2]]))
    scipy.sparse.csgraph.dijkstra([[0, 2, 0], [0, 0, 3], [1, 0, 0]], return_predecessors=True)
    scipy.sparse.csgraph.shortest_path([[0, 2], [3, 0]], indices=0)
    scipy.sparse.csgraph.breadth_first_order(scipy.sparse.csr_array([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), 0)
    scipy.sparse.csgraph.depth_first_order(scipy.sparse.csr_array([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), 0)
    scipy.sparse.csgraph.maximum_flow(scipy.sparse.csr_array([[0, 5], [0, 0]]), 0, 1).flow_value
    scipy.sparse.csgraph.min_weight_full_bipartite_matching(scipy.sparse.csr_array([[1, 2], [3, 1]]))
    scipy.signal.butter(2, 0.3)
    scipy.signal.butter(4, [0.2, 0.5], 'band', output='sos')
    scipy.signal.cheby1(2, 1, 0.3)
    scipy.signal.firwin(5, 0.3)
    scipy.signal.iirnotch(0.3, 30)
    scipy.signal.lfilter([1, 2], [1], [1, 2, 3])
    scipy.signal.lfilter([0.5], [1, -0.5], [1, 2, 3])
    scipy.signal.filtfilt([0.5, 0.5], [1], np.arange(12))
    scipy.signal.sosfilt(scipy.signal.butter(2, 0.3, output='sos'), [1, 2, 3])
    scipy.signal.savgol_filter(np.arange(9) ** 2, 5, 2)
    scipy.signal.find_peaks([0, 2, 1, 3, 0, 1, 0])
    scipy.signal.find_peaks([0, 2, 1, 3, 0, 1, 0])[0] * 10**10
    scipy.signal.find_peaks([0, 2, 1, 3, 0, 1, 0], height=1.5, distance=2)
    scipy.signal.find_peaks([0, 2, 2, 1, 3, 0], plateau_size=1)
    scipy.signal.find_peaks([0, 2, 1, 3, 0], prominence=1, width=0.5)
    scipy.signal.peak_prominences([0, 2, 1, 3, 0], [1, 3])
    scipy.signal.peak_prominences([0, 2, 1, 3, 0], np.array([1, 3], 'int32'))
    scipy.signal.peak_widths([0, 2, 1, 3, 0], [1, 3])
    scipy.signal.argrelextrema(np.array([0, 2, 1, 3, 0]), np.greater)
    scipy.signal.argrelmax(np.array([0, 2, 1, 3, 0]))[0] * 10**10
    scipy.signal.find_peaks_cwt(np.sin(np.arange(30) / 3), [2, 3])
    scipy.signal.convolve([1, 2, 3], [10**10, 1])
    scipy.signal.convolve([1, 2, 3], [1, 2**31], method='direct')
    scipy.signal.convolve([1, 2, 3], [1, 1], mode='valid')
    scipy.signal.correlate([1, 2, 3], [0, 1, 0.5])
    scipy.signal.correlation_lags(3, 2)
    scipy.signal.correlation_lags(3, 2) * 10**10
    scipy.signal.choose_conv_method([1, 2], [3, 4])
    scipy.signal.deconvolve([1, 3, 2], [1, 1])
    scipy.signal.hilbert([1, 2, 3, 4])
    scipy.signal.resample([1, 2, 3, 4], 8)
    scipy.signal.resample_poly([1, 2, 3, 4], 2, 1)
    scipy.signal.decimate(np.arange(30), 2)
    scipy.signal.upfirdn([1, 1], [1, 2, 3], 2)
    scipy.signal.welch(np.arange(16) % 5, nperseg=8)
    scipy.signal.periodogram([1, 2, 3, 4])
    scipy.signal.spectrogram(np.arange(32) % 7, nperseg=8)[2]
    scipy.signal.stft(np.arange(16) % 5, nperseg=8)[2]
    scipy.signal.csd(np.arange(16) % 5, np.arange(16) % 3, nperseg=8)
    scipy.signal.coherence(np.arange(32) % 5, np.arange(32) % 3, nperseg=8)[1]
    scipy.signal.lombscargle([1, 2, 3], [1, 0, 1], [0.5, 1])
    scipy.signal.medfilt([1, 5, 2, 8, 3])
    scipy.signal.medfilt([1, 5, 2, 8, 3], 5).dtype
    scipy.signal.order_filter(np.array([1, 5, 2, 8]), np.ones(3), 1)
    scipy.signal.wiener([1.0, 5, 2, 8, 3])
    scipy.signal.detrend([1, 2, 4, 8])
    scipy.signal.windows.hann(5)
    scipy.signal.windows.kaiser(5, 8)
    scipy.signal.windows.dpss(5, 2)
    scipy.signal.get_window('hamming', 5)
    scipy.signal.chirp([0, 0.5, 1], 1, 1, 5)
    scipy.signal.square([0, 1, 4])
    scipy.signal.sawtooth([0, 1, 4])
    scipy.signal.gausspulse([0, 0.1])
    scipy.signal.unit_impulse(4, 2, dtype=int)
    scipy.signal.max_len_seq(4)[0]
    scipy.signal.tf2zpk([1, 2], [1, 3, 2])
    scipy.signal.tf2ss([1], [1, 3, 2])
    scipy.signal.residue([1, 2], [1, 3, 2])
    scipy.signal.freqz([1, 2], worN=4)
    scipy.signal.bode(([1], [1, 1]), [0.1, 1])
    scipy.signal.step(([1], [1, 1]), T=[0, 1, 2])
    scipy.signal.impulse(([1], [1, 1]), T=[0, 1, 2])
    scipy.signal.cont2discrete(([1], [1, 1]), 0.1)
    scipy.signal.zoom_fft([1, 2, 3, 4], 0.5, 3)
    scipy.signal.czt([1, 2, 3])
    scipy.spatial.geometric_slerp([1, 0], [0, 1], [0, 0.5, 1])
    scipy.spatial.SphericalVoronoi(np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [0, 1, 0], [0, -1, 0], [-1, 0, 0]], float)).calculate_areas()
    scipy.ndimage.label([0, 1, 0, 1, 1])
    scipy.ndimage.label([0, 1, 0, 1, 1])[0].dtype
    scipy.ndimage.label(np.zeros(0))
    scipy.ndimage.gaussian_filter1d([1, 2, 2**40], 1)
    scipy.ndimage.convolve1d([1, 2, 3], [1, 2**31])
    scipy.ndimage.uniform_filter1d([1, 2, 300], 2)
    scipy.ndimage.spline_filter([1, 2, 4, 8])
    scipy.ndimage.fourier_shift(np.fft.fft([1, 2, 3]), 1)
    scipy.ndimage.generate_binary_structure(2, 1)
    scipy.ndimage.affine_transform(np.arange(9).reshape(3, 3), np.eye(2))
    scipy.ndimage.minimum(np.arange(4), [1, 1, 2, 2], [1, 2])
    scipy.ndimage.standard_deviation(np.arange(4), [1, 1, 2, 2], [1, 2])
    scipy.ndimage.labeled_comprehension(np.arange(4), np.array([1, 1, 2, 2]), [1, 2], np.sum, int, 0)
    scipy.cluster.hierarchy.DisjointSet([1, 2, 3]).subsets()
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for template in SPARSE:
        for dtype in SOME:
            dense = DENSE.replace("<d>", dtype)
            formats = FORMATS if dtype in ("int64", "float64") else FORMATS[:1]
            yield from each(template, f=formats, m=[dense])
        yield from each(template, f=OTHER_FORMATS, m=[DENSE.replace("<d>", "int64")])
    yield from each("scipy.sparse.csgraph.<f>(<g>)", f=GRAPHS, g=[GRAPH])
    yield from each("scipy.spatial.distance.<m>([1, 0, 2**40], [0, 1, 3])", m=METRICS)
    for template in IMAGES:
        yield from each(template, i=IMAGED)
    for template in POINTED:
        yield from each(template, p=POINT_SETS)
