"""An authenticator in software: makes passkeys and signs with them, as a phone does (WebAuthn Level 3 §6)."""

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Authenticator:
    """One passkey. What a hostile one does is in the arguments."""

    def __init__(self, origin: str, rp_id: str = "localhost") -> None:
        self.origin = origin
        self.rp_id = rp_id
        self.count = 0
        self.flags = PRESENT | VERIFIED
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = ""
        """Whose it is, as it was told."""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def attestation(self, **wrong: object) -> bytes:
        """The attestation object of a new passkey; `wrong` replaces parts of it."""
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        return cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested, **wrong})

    def make(self, options: str, attestation: bytes | None = None) -> str:
        """A new passkey for these options, as `toJSON()` of the browser."""
        asked = json.loads(options)
        assert asked["rp"]["id"] == "localhost"
        self.user_handle = asked["user"]["id"]
        said = {
            "clientDataJSON": text(self._client("webauthn.create", asked["challenge"])),
            "attestationObject": text(self.attestation() if attestation is None else attestation),
        }
        return self._credential(said)

    def sign(self, options: str, **wrong: str) -> str:
        """An answer to these options; `wrong` replaces parts of what the browser says."""
        self.count += 1
        client = self._client("webauthn.get", json.loads(options)["challenge"], wrong)
        data = self._data(0)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._credential({**said, "userHandle": self.user_handle})

    def _client(self, kind: str, challenge: str, wrong: Mapping[str, str] = MappingProxyType({})) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, **wrong}).encode()

    def _data(self, more: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _credential(self, response: dict[str, str]) -> str:
        named = text(self.credential_id)
        made: dict[str, Any] = {"id": named, "rawId": named, "type": "public-key", "response": response}
        return json.dumps({**made, "clientExtensionResults": {}, "authenticatorAttachment": "platform"})


def text(data: bytes) -> str:
    """As WebAuthn writes bytes into JSON."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
