"""Redraws one photo in a process that can do nothing else: a JPEG on stdin, a clean JPEG on stdout, or status 1.

A script of its own, started by signaling.live.redraw: whatever a hostile picture does to the decoder happens here,
without files, sockets or secrets, within bounded memory and time. The new file holds pixels only: no EXIF (so no place
and no device), comments, thumbnails, colour profile, nor anything behind the picture; its orientation is applied.
"""

import io
import resource
import sys

from PIL import Image, ImageOps, JpegImagePlugin, TiffImagePlugin

from runtime.priority import give_way

MAX_PIXELS = int(sys.argv[1]) if len(sys.argv) > 1 else 0
MEMORY_BYTES = 1024 * 1024 * 1024
"""A progressive picture of 40 megapixels that has to be turned takes three quarters of it."""
CPU_S = 8
QUALITY = 92
"""The camera's own loss stays the larger one."""
NICENESS = 5
"""Calls on the same cores come first."""


def confine() -> None:
    """From here on: no more memory than that, no more time, no new file or socket, no core dump."""
    give_way(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def redraw(data: bytes) -> bytes:
    """The same picture, drawn anew. Raises whatever the decoder raises."""
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        sampling = JpegImagePlugin.get_sampling(picture)
        upright = ImageOps.exif_transpose(picture)
    if upright.mode not in ("L", "RGB"):
        upright = upright.convert("RGB")
    upright.info.clear()  # or Pillow would write the comment again
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, subsampling=max(sampling, 0))
    return out.getvalue()


def main() -> int:
    """The exit status; nothing is said about a failure, because the picture could choose the words."""
    Image.preinit()  # loads modules, which needs files
    TiffImagePlugin.ImageFileDirectory_v2()
    confine()
    try:
        drawn = redraw(sys.stdin.buffer.read())
    except Exception:  # noqa: BLE001 - a decoder may raise anything at a hostile file
        return 1
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
