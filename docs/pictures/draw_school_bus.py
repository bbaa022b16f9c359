"""Draws docs/pictures/school_bus.png, the picture of the README's first example.

    python3 docs/pictures/draw_school_bus.py
"""

import pathlib

import numpy
from PIL import Image, ImageDraw, ImageFilter

SIDE = 384
SKY, HAZE, ROAD = (150, 190, 230), (120, 120, 120), (95, 95, 98)
YELLOW, BLACK, GLASS, HUB = (247, 181, 0), (20, 20, 20), (40, 50, 60), (160, 160, 160)


def draw():
    share = numpy.linspace(0, 1, SIDE)[:, None, None]
    gradient = (1 - share) * numpy.array(SKY) + share * numpy.array(HAZE)
    picture = Image.fromarray(numpy.broadcast_to(gradient, (SIDE, SIDE, 3)).astype(numpy.uint8))
    pen = ImageDraw.Draw(picture)
    pen.rectangle([0, 270, SIDE, SIDE], fill=ROAD)
    pen.rounded_rectangle([30, 90, 330, 280], 20, fill=YELLOW)
    pen.rounded_rectangle([320, 170, 370, 280], 12, fill=YELLOW)
    for left in range(48, 310, 46):
        pen.rectangle([left, 112, left + 36, 160], fill=GLASS)
    for top in (190, 225):
        pen.rectangle([30, top, 370, top + 7], fill=BLACK)
    for centre in (95, 290):
        pen.ellipse([centre - 36, 245, centre + 36, 317], fill=BLACK)
        pen.ellipse([centre - 15, 266, centre + 15, 296], fill=HUB)
    pen.rectangle([325, 115, 352, 165], fill=GLASS)
    return picture.filter(ImageFilter.GaussianBlur(1))


if __name__ == "__main__":
    draw().save(pathlib.Path(__file__).parent / "school_bus.png", optimize=True)
