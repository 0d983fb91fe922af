"""The pure world: one store kernel with Kubernetes semantics, without I/O, clock or randomness.

`store.apply(state, operation) -> (state, result)` is the whole of it.  The exhaustive checker, the
simulator, the forecast and the embedded API server stand on the same function.
"""
