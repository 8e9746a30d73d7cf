"""`passline bench sfu --peer janus` with everything small: prints its JSON. For test_bench_sfu.py."""

import json
import sys

from passline.bench import sfu_row, sfu_side
from passline.bench.beside_janus import Plan, everything

if __name__ == "__main__":
    sfu_row.FLOOD_S, sfu_row.LADDER = 0.05, 4.0
    sfu_side.SETTLE_S = 0.2
    small = Plan(
        subjects=("native", "janus"),
        counts=(2,),
        windows=1,
        rooms=(1, 2),
        room_subscribers=2,
        room_windows=1,
        window_s=0.5,
    )
    json.dump(everything(small), sys.stdout)
