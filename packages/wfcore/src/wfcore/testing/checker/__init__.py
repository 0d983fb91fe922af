"""The exhaustive checker: the real programs, every interleaving, small scopes.

Controllers run the programs of `wfcore.reconciler` itself, without leader
election, on the store kernel of `wfcore.simulation`.  Between any two requests
another controller may move, an executor may report, time may pass, a request
or its answer may be lost, a process may crash and restart with an old cache.
`laws` and `ending` say what must hold; a violation comes with a shortest trace.

    python -m wfcore.testing.checker --steps 2 --controllers 2 --faults 1

What is abstracted, and why that is sound enough:

- Time moves only to the next instant that something waits for.  Instants that
  inform people are forgotten; when all controllers rest the clock starts anew.
  Between two such instants nothing can be told from the clock.  Retries wait
  for full ten seconds, so not every order of a retry and a deadline is met.
- Versions are numbers of contents, uids depend on name and count (`objects`).
- A cached view is a bound on how old an answer may be; deliveries are no steps.
- A pass may begin at any time: watches and timers cannot be lost, only late.
  That a pass asks to be woken is checked for the lone controller of L1.
- Events go nowhere and targets are healthy, so `Emit` and `Inspect` are no steps.
- A batch of creations is one step, though any part of it may be lost.
- An executor looks at the workflow and begins to act in one step (E5).  A child
  whose attempt the ledger has given up and that will not act any more is kept
  for what it changed.

Cost: one decision per new (local state, answer), one kernel operation per new
(core, request), then table look-ups: 15,000 to 35,000 states/s where states
share cores, 5,000 where most steps lead to a new core, as with deadlines.
"""
