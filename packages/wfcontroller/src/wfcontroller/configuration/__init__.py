"""Configuration of the two binaries: flags, environment and file over defaults, strictly, every problem at once.

`loading.load` is the way in, `controller.ControllerConfig` and `executor.ExecutorConfig` come out, and
`described.describe` says what there is to configure.
"""
