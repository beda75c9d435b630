"""The paper: notebooks executed headlessly, the report made of what they wrote, and the pages."""

import sys

# Of all formats that jsonschema, behind nbformat, can check, this one alone takes three seconds to import, and no
# notebook has it. Where it cannot be imported, jsonschema goes on without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
