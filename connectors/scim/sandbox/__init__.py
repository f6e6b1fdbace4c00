"""A stateful SCIM 2.0 service provider over real HTTP, strict where RFC 7643 and RFC 7644 are.

What the RFCs leave open is a named switch in `switches.py`. The filter and path grammars here are
read from the RFC a second time, apart from the connector: a slip in one does not hide in the other.
"""
