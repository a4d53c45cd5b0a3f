"""`python -m gpen_core.cli`, for machines where the `gpen` script is not on the path."""

import sys

from . import main

sys.exit(main())
