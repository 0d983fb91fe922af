"""The public test kit: strategies, a driver for programs, and a world they can be driven in.

Nothing outside it is needed but, for `strategies`, Hypothesis (the extra `wfcore[testing]`).
"""
