"""The laws that every connector keeps, run against its sandbox.

A connector folder offers a module `conformance` with `SUBJECTS`: connector name -> a context
manager that starts the sandbox and gives a `Subject`. `laws.laws_for(connector)` says which apply.
Where settings change what a connector can do, there are more entries: the name, a space, and what
is different. The manifests of those stand in `MANIFESTS`, under the same names.
"""
