"""Integers of 64 bits in the Python guest, a 32-bit machine whose numpy has 32-bit ones as shipped.

numpy takes its default integer, and that of indices and counts, from the size of a pointer. Its
compiled code, and that of pandas, scipy and scikit-learn, really needs 32 bits for sizes and
indices; what a user sees need not have them. So the module is changed before it is compiled:
`edits` says what, `helpers.wat` holds what is added, `binary` and `assembly` do it. The names in
numpy and pandas are then changed by the guest's own code (`runtimes/guest/integers.py`).
"""
