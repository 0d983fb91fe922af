"""What a body must look like before the store sees it: pruning, defaults, schema, CEL, names, built-in kinds."""
