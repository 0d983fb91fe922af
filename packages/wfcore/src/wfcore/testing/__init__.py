"""The public test kit: contract suites for ports, strategies, a driver for programs and a world to drive them in.

Nothing outside wfcore is needed, but for `strategies` Hypothesis (the extra `wfcore[testing]`).
"""
