"""`wfctl run`: a whole cluster, controller, executor and database in one process, on virtual time."""
