"""The ledger: what Retour knows and did. The front door is `open_ledger` in `ledger.py`."""
