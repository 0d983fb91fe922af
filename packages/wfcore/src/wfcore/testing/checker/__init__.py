"""The exhaustive checker: the real programs, every interleaving, small scopes.

Controllers run the programs of `wfcore.reconciler` itself, without leader
election, on the store kernel of `wfcore.simulation`.  Between any two requests
another controller may move, an executor may report, a person may stop, suspend,
approve, freeze or delete, time may pass, a request or its answer may be lost, a
process may crash and restart with an old cache.  `laws`, `ledger_laws` and
`ending` say what must hold; a violation comes with a shortest trace.

    python -m wfcore.testing.checker --steps 2 --controllers 2 --faults 1
    python -m wfcore.testing.checker --family full --jobs 2 --total 40 -o json

`explore` counts controllers, faults and versions that a view may be behind.
`unbounded` counts none of them: it asks for each core what any number of
controllers, stopped anywhere in any of its earlier states, could still do to it
(S17 for every pair of an earlier state and a later one).  It may cry wolf, never
the reverse.

L1 is proved as: from every core met, with all executors dead and no more faults
or holds, a lone controller ends the workflow; each pass that changes nothing asks
to be woken at an instant that is still to come, so no circle of states is without
a timer.  It is not proved for two controllers that disturb each other for ever.

What is abstracted, and why that is sound enough:

- Time moves only to the next instant that something waits for.  Instants that
  inform people are forgotten; when all controllers rest the clock starts anew.
  Between two such instants nothing can be told from the clock.  Retries wait
  for full ten seconds, so not every order of a retry and a deadline is met.
- Versions are numbers of contents, uids depend on name and count (`objects`).
- A cached view is a bound on how old an answer may be; deliveries are no steps.
- A pass may begin at any time: watches and timers cannot be lost, only late.
  That a pass asks to be woken is checked for the lone controller of L1.
- Events go nowhere, targets stay as they are, the authorizer allows everything,
  nothing is recorded and nobody else wants the targets: such questions are no steps.
- A batch of creations is one step, though any part of it may be lost.
- An executor looks at the workflow and begins to act in one step (E5).  A child
  whose attempt the ledger has given up and that will not act any more is kept
  for what it changed.
- Whether a freeze is on is known at once.
- What need not be looked at is said in `steps`; without each of those reductions
  the same contents of the store are met, which the tests compare.

Steps of a workflow are not interchangeable, though a graph may be symmetric: the
engine prefers lower numbers.  Nor are reports of executors of independent steps:
a controller may read between them.

Cost: one decision per new (local state, answer), one kernel operation per new
(object, request), then table look-ups: on one core 30,000 to 60,000 states/s
where states share cores, 10,000 where most steps lead to a new core.
"""
