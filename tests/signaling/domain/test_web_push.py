"""A push is encrypted as RFC 8291 has it, proves whose it is as RFC 8292 has it, and goes to push services alone."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.errors import ErrorCode, Rejection
from signaling.domain.web_push import (
    MOST_BYTES,
    check_endpoint,
    encoded,
    encrypt,
    from_pem,
    pem,
    proof,
    public_bytes,
    receiver,
    topic,
)
from tests.support.push_service import Browser, unpadded

pytestmark = pytest.mark.unit

THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
"""The example of RFC 8291, §5 and appendix A."""


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpadded(text), "big"), ec.SECP256R1())


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    text = b"When I grow up, I want to be a watermelon"
    assert encoded(encrypt(text, receiver(THEIRS, AUTH), once=private(OURS), salt=unpadded(SALT))) == SEALED


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, MOST_BYTES])
def test_the_browser_reads_what_was_encrypted_and_no_service_refuses_its_size(size: int) -> None:
    browser = Browser("https://push.example/1", "device")
    keys = browser.subscription()
    once = ec.generate_private_key(ec.SECP256R1())
    body = encrypt(b"x" * size, receiver(keys["p256dh"], keys["auth"]), once=once, salt=bytes(16))
    assert browser.read(body) == b"x" * size
    assert len(body) <= 4096


def test_a_push_that_is_too_long_is_none() -> None:
    with pytest.raises(ValueError, match="3993"):
        encrypt(b"x" * (MOST_BYTES + 1), receiver(THEIRS, AUTH), once=private(OURS), salt=bytes(16))


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("B" + "A" * 86, AUTH), ("A" * 87, AUTH), (THEIRS[:-2] + "AA", AUTH), (THEIRS, AUTH[:-3]), (THEIRS, AUTH + "AA")],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(Rejection) as refused:
        receiver(p256dh, auth)
    assert refused.value.code is ErrorCode.BAD_MESSAGE


@pytest.mark.parametrize("contact", [None, "mailto:it@chain.example"])
def test_the_proof_is_for_this_service_and_less_than_a_day(contact: str | None) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    scheme, token, public = proof("https://push.example:444/a?b", key, contact, 1_800_000_000).split(" ")
    assert (scheme, public) == ("vapid", f"k={encoded(public_bytes(key))}")
    read = jwt.decode(token.removeprefix("t=").rstrip(","), ECKey.import_key(pem(key)), algorithms=["ES256"])
    assert read.header == {"typ": "JWT", "alg": "ES256"}
    more = {"sub": contact} if contact else {}
    assert read.claims == {"aud": "https://push.example:444", "exp": 1_800_043_200, **more}


def test_a_key_that_was_kept_is_the_same() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert public_bytes(from_pem(pem(key))) == public_bytes(key)


def test_a_topic_is_short_and_says_nothing_of_the_call() -> None:
    room = "01900000-0000-7000-8000-000000000001"
    assert len(topic(room)) == 32
    assert topic(room) == topic(room) != topic(room[:-1] + "2")
    assert set(topic(room)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


OWN = ["https://push.chain.example", "http://127.0.0.1:9000"]


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/g",
        "https://wns2-par02p.notify.windows.com/w/?token=x",
        "https://web.push.apple.com/Q",
        "https://push.chain.example/x",
        "http://127.0.0.1:9000/x",
    ],
)
def test_push_services_and_the_operators_own_are_posted_to(url: str) -> None:
    check_endpoint(url, OWN)


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com@10.0.0.1/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://evil-push.apple.com/x",
        "https://push.apple.com/x",
        "https://FCM.googleapis.com\t/x",
        "https://[::1]/x",
        "https://[fcm.googleapis.com/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://2130706433/x",
        "https://ｆcm.googleapis.com/x",
        "http://127.0.0.1:9001/x",
        "http://127.0.0.1:9000@10.0.0.1/x",
        "file:///etc/passwd",
        "//fcm.googleapis.com/x",
        "",
    ],
)
def test_nothing_else_is(url: str) -> None:
    with pytest.raises(Rejection) as refused:
        check_endpoint(url, OWN)
    assert refused.value.code is ErrorCode.BAD_MESSAGE
