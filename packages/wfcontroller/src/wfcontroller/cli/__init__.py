"""`wfctl`: the commands people type.  It reads files, asks wfcore or a session, and shows the answer."""
