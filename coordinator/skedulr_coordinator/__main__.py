"""``python -m skedulr_coordinator`` runs the coordinator."""

import sys

from skedulr_coordinator.main import main

sys.exit(main())
