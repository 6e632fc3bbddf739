"""Linear algebra, Fourier transforms and polynomials of numpy and scipy."""

from collections.abc import Iterator

from .grid import each, lines

MATRICES = {
    "int": "np.array([[4, 1, 2], [1, 5, 3], [2, 3, 6]])",
    "int32": "np.array([[4, 1, 2], [1, 5, 3], [2, 3, 6]], 'int32')",
    "float": "np.array([[4.5, 1, 2], [1, 5, 3], [2, 3, 6.25]])",
    "float32": "np.array([[4.5, 1, 2], [1, 5, 3], [2, 3, 6.25]], 'float32')",
    "complex": "np.array([[4, 1j, 2], [-1j, 5, 3], [2, 3, 6]])",
    "F": "np.array([[4, 1, 2], [1, 5, 3], [2, 3, 6]], order='F')",
    "bool": "np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]], bool)",
    "large": "np.array([[2**40, 1, 0], [1, 2**33, 0], [0, 1, 2**35]])",
    "singular": "np.array([[1, 2, 3], [2, 4, 6], [1, 1, 1]])",
    "empty": "np.zeros((0, 0))",
    "stack": "(np.arange(18).reshape(2, 3, 3) % 5 + 6 * np.eye(3, dtype=int))",
}
FUNCTIONS = lines("""
    np.linalg.det(<m>)
    np.linalg.inv(<m>)
    np.linalg.solve(<m>, [[1], [2], [3]])
    np.linalg.eigvals(<m>)
    np.linalg.eigvalsh(<m>)
    np.abs(np.linalg.eigh(<m>).eigenvectors)
    np.linalg.svd(<m>, compute_uv=False)
    np.abs(np.linalg.svd(<m>)[0])
    np.linalg.cholesky(<m>)
    np.abs(np.linalg.qr(<m>)[1])
    np.linalg.qr(<m>, mode='r').dtype
    np.linalg.pinv(<m>)
    np.linalg.matrix_rank(<m>)
    np.linalg.matrix_rank(<m>) * 10**10
    np.linalg.slogdet(<m>)
    np.linalg.norm(<m>)
    np.linalg.norm(<m>, 1, axis=(-2, -1))
    np.linalg.norm(<m>, -2, axis=(-2, -1))
    np.linalg.cond(<m>)
    np.linalg.matrix_power(<m>, 5)
    np.linalg.matrix_power(<m>, -2)
    np.linalg.lstsq(<m>, [1, 2, 3])
    np.linalg.matrix_transpose(<m>)
    np.linalg.diagonal(<m>)
    np.linalg.trace(<m>)
    np.linalg.cross(<m>, <m>[::-1])
    np.linalg.vector_norm(<m>, axis=-1)
    np.linalg.multi_dot([<m>, <m>, <m>])
    <m> @ <m>
    <m> @ [1, 2, 3]
    np.fft.fft(<m>)
    np.fft.fft2(<m>)
    np.fft.rfft(<m>, n=4)
    np.fft.ifft(<m>, axis=0)
    np.fft.fftshift(<m>)
    scipy.linalg.lu(<m>)
    scipy.linalg.lu_factor(<m>)[1]
    scipy.linalg.expm(<m>)
    scipy.linalg.det(<m>)
    scipy.linalg.inv(<m>)
    scipy.linalg.null_space(<m>).shape
    scipy.linalg.solve(<m>, [1, 2, 3])
    scipy.linalg.schur(<m>)[0]
    scipy.linalg.svdvals(<m>)
    scipy.linalg.eigvals(<m>)
    scipy.linalg.sqrtm(<m>)
    scipy.linalg.bandwidth(<m>)
    scipy.linalg.issymmetric(<m>)
    scipy.fft.dct(<m>)
    scipy.fft.fft(<m>)
""")
MORE = lines("""
    np.fft.fft([1, 2, 3, 4])
    np.fft.fft(np.arange(100))
    np.fft.fft([2**40, 1])
    np.fft.fft(np.arange(7), 5)
    np.fft.ifft(np.fft.fft(np.arange(5)))
    np.fft.rfft(np.arange(8) * 10**10)
    np.fft.irfft([10, 2, 3])
    np.fft.hfft([1, 2, 3])
    np.fft.fftfreq(5)
    np.fft.rfftfreq(6, 0.1)
    np.fft.fftfreq(2**20, 1)[-1]
    np.fft.fft([1, 2], norm='ortho')
    np.fft.fft(np.arange(4, dtype='float32'))
    np.fft.fft([])
    np.fft.fftn(np.arange(8).reshape(2, 2, 2))
    np.fft.fftshift(np.arange(5))
    scipy.fft.next_fast_len(10007)
    scipy.fft.rfft(np.arange(5))
    scipy.fft.dst([1, 2, 3])
    scipy.fft.idct([1, 2, 3], norm='ortho')
    scipy.fft.fht([1.0, 2, 3, 4], 0.1, 0.5)
    np.polyfit([0, 1, 2], [1, 3, 7], 2)
    np.polyfit(np.arange(5), np.arange(5) * 10**10, 1)
    np.polyfit([0, 1, 2, 3], [1, 3, 7, 12], 1, full=True)
    np.polyfit([0, 1, 2, 3], [1, 3, 7, 12], 1, cov=True)
    np.polyval([1, 2, 3], 10**5)
    np.polyval([1, 2, 3], [10**5, 1])
    np.polyval([2, 0, 0], 2**20)
    np.roots([1, -3, 2])
    np.roots([1, 0, 1])
    np.poly([1, 2])
    np.poly([[1, 2], [3, 4]])
    np.polyadd([1, 2], [3])
    np.polymul([10**5, 1], [10**5, 1])
    np.polydiv([1, 3, 2], [1, 1])
    np.polyder([2**31, 1, 1])
    np.polyint([3, 2, 1])
    np.poly1d([1, 2, 3])
    np.poly1d([1, 2, 3])(10**5)
    (np.poly1d([1, 2]) ** 3).coeffs
    str(np.poly1d([1, 2, 3]))
    repr(np.poly1d([1, -2]))
    np.polynomial.Polynomial([1, 2, 3])
    np.polynomial.Polynomial([1, 2, 3])(10**6)
    str(np.polynomial.Polynomial([1, 2, 3]))
    (np.polynomial.Polynomial([1, 2]) ** 3).coef
    np.polynomial.Polynomial([6, -5, 1]).roots()
    np.polynomial.Polynomial.fit([0, 1, 2], [1, 3, 7], 2).convert().coef
    np.polynomial.Polynomial([1, 2, 3]).deriv().coef
    np.polynomial.polynomial.polymul([10**5], [10**5])
    np.polynomial.polynomial.polyval(10**6, [1, 2, 3])
    np.polynomial.polynomial.polyvander([1, 2], 3)
    np.polynomial.Chebyshev([1, 2, 3])(0.5)
    np.polynomial.chebyshev.cheb2poly([1, 2, 3])
    np.polynomial.Legendre([1, 2, 3]).integ().coef
    np.polynomial.legendre.leggauss(4)
    np.polynomial.hermite.hermgauss(3)
    np.polynomial.laguerre.laggauss(3)
    np.polynomial.Hermite([1, 2, 3])(2)
    np.hanning(5)
    np.hamming(4)
    np.blackman(5)
    np.bartlett(5)
    np.kaiser(5, 14)
    np.i0([0, 1.5, 10])
    np.sinc([0, 0.5, 1])
    scipy.linalg.block_diag([1, 2], [[3]])
    scipy.linalg.toeplitz([1, 2, 3])
    scipy.linalg.circulant([1, 2, 3])
    scipy.linalg.hankel([1, 2, 3])
    scipy.linalg.hilbert(3)
    scipy.linalg.invhilbert(4)
    scipy.linalg.invhilbert(4, exact=True)
    scipy.linalg.pascal(5)
    scipy.linalg.pascal(40)[-1, -1]
    scipy.linalg.pascal(30).dtype
    scipy.linalg.hadamard(4)
    scipy.linalg.hadamard(4, dtype=int)
    scipy.linalg.companion([1, -3, 2])
    scipy.linalg.dft(3)
    scipy.linalg.leslie([1, 2], [0.5])
    scipy.linalg.helmert(3)
    scipy.linalg.cholesky([[4, 2], [2, 3]])
    scipy.linalg.cho_solve(scipy.linalg.cho_factor([[4, 2], [2, 3]]), [1, 2])
    scipy.linalg.solve_triangular([[1, 2], [0, 3]], [1, 2])
    scipy.linalg.solve_banded((1, 1), [[0, 1, 1], [4, 4, 4], [1, 1, 0]], [1, 2, 3])
    scipy.linalg.solve_toeplitz([2, 1], [1, 2])
    scipy.linalg.eigh([[2, 1], [1, 2]], subset_by_index=[0, 0])[0]
    scipy.linalg.eig_banded([[0, 1, 1], [4, 5, 6]], eigvals_only=True)
    scipy.linalg.eigh_tridiagonal([1, 2, 3], [1, 1], eigvals_only=True)
    scipy.linalg.qr([[1, 2], [3, 4]], pivoting=True)[2]
    scipy.linalg.qr([[1, 2], [3, 4]], pivoting=True)[2] * 10**10
    scipy.linalg.lu_factor([[0, 1], [2, 3]])
    scipy.linalg.lu_solve(scipy.linalg.lu_factor([[1, 2], [3, 4]]), [1, 2])
    scipy.linalg.lu([[0, 1], [2, 3]], p_indices=True)
    scipy.linalg.ldl([[2, 1], [1, 3]])
    scipy.linalg.hessenberg([[1, 2, 3], [4, 5, 6], [7, 8, 10]])
    scipy.linalg.logm([[2, 1], [0, 3]])
    scipy.linalg.expm([[0, 1], [-1, 0]])
    scipy.linalg.cosm([[1, 0], [0, 2]])
    scipy.linalg.fractional_matrix_power([[4, 0], [0, 9]], 0.5)
    scipy.linalg.polar([[1, 2], [3, 4]])
    scipy.linalg.orth([[1, 2], [2, 4]])
    scipy.linalg.subspace_angles([[1], [0]], [[1], [1]])
    scipy.linalg.pinvh([[2, 1], [1, 2]])
    scipy.linalg.lstsq([[1, 1], [1, 2], [1, 3]], [1, 2, 2])
    scipy.linalg.blas.ddot([1, 2], [3, 4])
    scipy.linalg.blas.idamax([1, 5, 2])
    scipy.linalg.lapack.dgesv([[1, 2], [3, 4]], [1, 2])
    scipy.linalg.solve_sylvester([[1, 0], [0, 2]], [[3, 0], [0, 4]], [[1, 2], [3, 4]])
    scipy.linalg.solve_continuous_lyapunov([[-1, 0], [0, -2]], [[1, 0], [0, 1]])
    scipy.linalg.khatri_rao([[1, 2]], [[3, 4]])
    scipy.linalg.convolution_matrix([1, 2], 3)
    np.linalg.tensorsolve(np.eye(4).reshape(2, 2, 2, 2), np.ones((2, 2)))
    np.linalg.outer([2**20], [2**20])
    np.linalg.inv([[1, 2], [2, 4]])
    np.linalg.solve([[1, 2], [2, 4]], [1, 2])
    np.linalg.cholesky([[1, 2], [2, 1]])
    np.linalg.det([[1, 2, 3], [4, 5, 6]])
    np.linalg.norm([3, 4])
    np.linalg.norm([2**40, 2**40])
    np.linalg.norm([1, 2, 3], np.inf)
    np.linalg.norm([1, 2, 3], 0)
    np.linalg.norm([[1, 2], [3, 4]], 'nuc')
    np.linalg.lstsq([[1, 1], [1, 2], [1, 3]], [1, 2, 2])
    np.linalg.lstsq(np.vander(np.arange(4), 2), [10**10, 2 * 10**10, 3 * 10**10, 4 * 10**10])[0]
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for template in FUNCTIONS:
        yield from each(template, m=list(MATRICES.values()))
