"""A tenant of Entra ID of our own over real HTTP, strict where Graph is strict.

Rules E1 to E15 are those of the README. What varies, or is not documented, is a named switch in
`switches.py`; what goes wrong on request is ordered from `Faults` of `connectors.sdk.sandbox_http`.
"""
