"""The pictures of a run."""

from ngcsnn.io.pictures.run_pictures import draw_pictures as draw_pictures
