"""ffmpeg's WHIP muxer, as PyAV brings it, in a process of its own: its calls do not let Python run meanwhile.

`python -m tests.support.whip_muxer URL TOKEN` publishes an even picture and silence until its stdin is closed.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import av
import numpy as np
from aiortc import RTCCertificate
from cryptography.hazmat.primitives import serialization

FPS = 15
BRIGHTNESS = 200
_SAMPLES = 960
_RATE_HZ = 48_000
_H264 = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": str(FPS), "bf": "0"}


def certificate(directory: Path) -> dict[str, str]:
    """Options with a certificate on P-256: PyAV's ffmpeg makes one on P-224, which today's OpenSSL refuses."""
    made = RTCCertificate.generateCertificate()
    key = made._key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "key.pem").write_bytes(key)
    (directory / "cert.pem").write_bytes(made._cert.public_bytes(serialization.Encoding.PEM))
    return {"cert_file": str(directory / "cert.pem"), "key_file": str(directory / "key.pem")}


def publish(url: str, token: str, directory: Path, ended: threading.Event) -> None:
    """H.264 and Opus until `ended`."""
    options = {"authorization": token, **certificate(directory)}
    with av.open(url, "w", format="whip", options=options) as out:
        video = out.add_stream("libx264", rate=FPS, options=_H264)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = out.add_stream("libopus", rate=_RATE_HZ, layout="stereo")
        picture = np.full((180, 320, 3), BRIGHTNESS, np.uint8)
        silence = np.zeros((1, 2 * _SAMPLES), np.int16)
        begun, number, heard = time.monotonic(), 0, 0
        while not ended.is_set():
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            out.mux(video.encode(frame))
            number += 1
            while heard * _SAMPLES / _RATE_HZ < number / FPS:
                sound = av.AudioFrame.from_ndarray(silence, format="s16", layout="stereo")
                sound.sample_rate, sound.pts = _RATE_HZ, heard * _SAMPLES
                out.mux(audio.encode(sound))
                heard += 1
            time.sleep(max(0.0, begun + number / FPS - time.monotonic()))


def main() -> None:
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        publish(sys.argv[1], sys.argv[2], Path(directory), ended)


if __name__ == "__main__":
    main()
