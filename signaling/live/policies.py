"""The chain's rules as they count now, for decisions that wait for nothing."""

from contract.policies import Policies
from signaling.domain.policies import USUAL


class LivePolicies:
    """Told by signaling.live.directory, and by the door that changes them; read with every decision."""

    def __init__(self) -> None:
        self.current: Policies = USUAL
