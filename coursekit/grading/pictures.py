"""Pictures of a stranger's: measured, decoded and written anew, so that a page holds pixels and no more."""

import base64
import binascii
import io
import warnings

from PIL import Image

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def redrawn(data: str, mimetype: str, max_pixels: int) -> str:
    """Return a picture as a `data:` URL after decoding it and writing it anew.

    What it says about itself is read before anything is decoded, so that a file which claims to be
    50000 x 50000 costs nothing. Metadata, further frames and what follows the picture are left behind.

    Parameters
    ----------
    data
        The file in base64, as notebooks keep it.
    mimetype
        `image/png` or `image/jpeg`.
    max_pixels
        The most that are decoded.

    Raises
    ------
    ValueError
        If it is not such a picture, or is larger. The message is for the student.
    """
    kind = FORMATS[mimetype]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused two lines below
            picture = Image.open(io.BytesIO(base64.b64decode(data)), formats=[kind])
        width, height = picture.size
        if width * height > max_pixels:
            raise ValueError(f"it is {width} x {height} pixels, and at most {max_pixels} are shown")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = picture.convert("RGBA" if kind == "PNG" else "RGB")
    except Image.DecompressionBombError as error:
        raise ValueError(f"it has more than {max_pixels} pixels") from error
    except binascii.Error as error:
        raise ValueError("it is not base64") from error
    except (OSError, SyntaxError, EOFError, MemoryError, OverflowError, KeyError, IndexError) as error:
        raise ValueError(f"it is not a {kind} file that can be read") from error
    buffer = io.BytesIO()
    drawn.save(buffer, format=kind)
    return f"data:{mimetype};base64,{base64.b64encode(buffer.getvalue()).decode()}"
