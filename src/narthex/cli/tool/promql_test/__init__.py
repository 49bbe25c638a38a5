"""`narthex tool test promql`: the language of Prometheus's own engine tests.

A file is a script: load series, evaluate queries, compare. `script` reads one into `commands`,
`store` loads its series, `evaluation` runs one query in all its forms, `compare` says whether an
answer is the expected one, `runner` goes through files and counts.
"""
