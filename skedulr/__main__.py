"""``python -m skedulr`` is the command line."""

import sys

from skedulr.cli import main

sys.exit(main())
