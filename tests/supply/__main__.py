"""`python -m tests.supply`: look the lock and its licences over, write `build/sbom.cdx.json`."""

import sys
from typing import Final

from tests.supply.licences import licence_of, objection
from tests.supply.lock import LOCK, ROOT, faults, installed_here, read_lock
from tests.supply.materials import bill_of, check_by_schema

BILL: Final = ROOT / "build" / "sbom.cdx.json"


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    pins, wrong = read_lock(LOCK.read_text(encoding="utf-8"))
    installed = installed_here()
    wrong += faults(pins, installed)
    licences = {
        pin.name: licence_of(pin.name, installed[pin.name]) for pin in pins if pin.name in installed
    }
    wrong += filter(None, (objection(name, licence) for name, licence in licences.items()))
    for fault in wrong:
        print(f"requirements.lock: {fault}", file=sys.stderr)
    if wrong:
        return 1
    bill = bill_of(pins, licences)
    check_by_schema(bill)
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(bill, encoding="utf-8")
    known = f"{len(pins)} pins with hashes, {len(licences)} licences known"
    print(f"supply: {known}; {BILL.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
