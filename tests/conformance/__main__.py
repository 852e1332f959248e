"""python3 -m tests.conformance telegram [-v] [-k pattern]: the suite with every adapter of tests/conformance/channels/telegram.py."""

import importlib
import sys
import unittest

from .suite import cases_of


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    name = sys.argv.pop(1)
    cases = cases_of(importlib.import_module(f"tests.conformance.channels.{name}").ADAPTERS)
    module = sys.modules[__name__]
    for title, case in cases.items():
        setattr(module, f"Conformance_{title}", case)
    unittest.main(module=module, argv=[f"tests.conformance {name}", *sys.argv[1:]])


if __name__ == "__main__":
    main()
