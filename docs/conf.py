"""Sphinx configuration; `tox -e docs` builds with every warning an error."""

project = "Kubernaut Workflow Execution"
author = "The Kubernaut Workflow Execution authors"
copyright = author

extensions = ["myst_parser"]
exclude_patterns = ["examples", "decisions/template.md"]
# Mermaid is drawn by whoever shows the page; Pygments has no lexer for it.
suppress_warnings = ["misc.highlighting_failure"]
html_theme = "alabaster"
html_theme_options = {"description": "Remediation workflows on Kubernetes", "fixed_sidebar": True}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
