"""The real servers, from the package index: run by `make test-servers`, and by nothing else."""

import os

collect_ignore_glob = [] if os.environ.get("SERVERS") else ["test_*.py"]
