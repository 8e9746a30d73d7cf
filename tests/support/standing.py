"""A child for tests of priorities: says as JSON where it stands among other processes."""

import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    group = Path("/proc/self/autogroup")
    print(
        json.dumps(
            {
                "arguments": sys.argv[1:],
                "niceness": os.nice(0),
                "leads": os.getsid(0) == os.getpid(),
                "group": group.read_text().split()[-1] if group.exists() else None,
            }
        )
    )
