"""A child for tests of priorities: says as JSON where it stands among other processes."""

import json
import os
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    group = Path("/proc/self/autogroup")
    found = re.search(r"nice (-?\d+)", group.read_text()) if group.exists() else None
    print(
        json.dumps(
            {
                "arguments": sys.argv[1:],
                "niceness": os.nice(0),
                "leads": os.getsid(0) == os.getpid(),
                "group": int(found[1]) if found else None,
            }
        )
    )
