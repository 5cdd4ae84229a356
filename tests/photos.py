"""Photos decoded in the test's own process, for tests about something else: no process is started."""

from __future__ import annotations

from crypto.emrtd.face import parse_dg2
from crypto.emrtd.image import ImageKind
from terminal.model import Photo
from terminal.proof.photo import PhotoDecoder
from terminal.proof.photo_worker import pixels_of
from terminal.proof.png import png_of


class PhotosHere(PhotoDecoder):
    """A decoder without a process."""

    def warm(self) -> None:
        return

    def decode(self, dg2: bytes) -> Photo:
        face = parse_dg2(dg2)
        return Photo(png_of(*pixels_of("JPEG" if face.kind is ImageKind.JPEG else "JPEG2000", face.data)))
