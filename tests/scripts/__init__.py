"""One test file per Lua script: given keys, when it runs, then exactly these keys have changed."""
