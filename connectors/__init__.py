"""The boundary: everything that talks to a system outside Retour."""
