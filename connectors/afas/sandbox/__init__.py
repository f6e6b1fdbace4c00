"""A stateful AFAS Profit over real HTTP, strict where AFAS is strict.

Records (persons, employees, users, units) are one thing and the GetConnectors that show them
another, as in AFAS: a leaver drops out of the rows while the record stays. What AFAS does not
document is a named switch in `switches.py`. Rule numbers (D1 …) are those of the README.
"""
