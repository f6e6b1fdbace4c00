"""The laws that every connector keeps, run against its sandbox.

A connector folder offers a module `conformance` with `SUBJECTS`: connector name -> a context
manager that starts the sandbox and gives a `Subject`. `laws.laws_for(connector)` says which apply.
Where settings change what a connector can do, there are more entries: the name, a space, and what
is different. The manifests of those stand in `MANIFESTS`, under the same names.

Some laws need something of the sandbox: trouble on request, the setting with the page size, an
address for a proxy to stand before (`subject.Subject` lists them). What a subject neither offers
nor gives a reason against in `cannot` breaks the law. `plugin` makes tests of pytest of all this,
for a connector in any package.
"""
