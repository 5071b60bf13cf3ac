"""Side-by-side measurements of this API, its peers and the limits of the machine: `python -m benchmarks`."""
