"""The `Api` of a real cluster: requests over HTTP, answers as plain JSON.  It decides nothing and repeats nothing."""
