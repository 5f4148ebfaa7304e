"""``python -m skedulr_worker MODULE:APP``."""

import sys

from skedulr_worker.main import main

if __name__ == "__main__":
    sys.exit(main())
