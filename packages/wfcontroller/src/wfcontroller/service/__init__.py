"""The processes of a real cluster, `wfcontroller` and `wfexecutor`: their parts put together, started and stopped."""
