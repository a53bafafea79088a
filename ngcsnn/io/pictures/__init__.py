"""The pictures of a run."""

from ngcsnn.io.pictures.picture import Chapter as Chapter, Picture as Picture
from ngcsnn.io.pictures.run_chapters import drawn as drawn, run_chapters as run_chapters
from ngcsnn.io.pictures.run_pictures import draw_pictures as draw_pictures
