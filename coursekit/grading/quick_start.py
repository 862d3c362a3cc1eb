"""Importing jsonschema, which nbformat needs, without what takes it two seconds of each start.

Where `rfc3987_syntax` is installed (JupyterLab brings it), jsonschema compiles its grammar of addresses when
it is imported. It is optional, and no notebook's schema has such an address.
"""

import sys
from importlib import import_module
from typing import Any

_SLOW = "rfc3987_syntax"
_modules: dict[str, Any] = sys.modules

if "jsonschema" not in _modules and _SLOW not in _modules:
    _modules[_SLOW] = None  # for Python: not to be found
    try:
        import_module("jsonschema")
    finally:
        del _modules[_SLOW]
