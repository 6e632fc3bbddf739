"""The engine: wasmtime and nothing else."""
