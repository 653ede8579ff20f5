#!/usr/bin/env python3
"""Makes the pictures of Lanes: `Data.jpg` in three sizes, and the icon, also as macOS and Windows want
it. Needs Pillow and NumPy.

The picture is a highway at night, its lanes of light meeting at the horizon: the same scene drawn
at three pixel sizes, with the JPEG quality chosen so that the files have about the length wanted.
"""
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
COLOURS = [(86, 204, 242), (111, 123, 255), (196, 92, 255), (255, 92, 138), (255, 170, 64), (72, 219, 150)]


def scene(width: int, height: int, seed: int = 5115) -> Image.Image:
    """The night highway, `width` by `height` pixels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x / width - 0.5) * width / height, y / height
    horizon, centre = 0.44, 0.06

    # The sky: deep blue above, a warm band where the road ends.
    glow = np.exp(-(((v - horizon) / 0.11) ** 2)) * np.exp(-(((u - centre) / 0.75) ** 2))
    sky = np.stack([14 + 30 * v + 190 * glow, 16 + 40 * v + 84 * glow, 46 + 90 * v + 70 * glow], -1)
    for _ in range(700):
        sx, sy, light = rng.random() * width, rng.random() ** 1.6 * height * 0.40, rng.random() ** 4
        r = height * (0.0005 + 0.0011 * light)
        box = np.s_[max(0, int(sy - 5 * r)):int(sy + 5 * r) + 2, max(0, int(sx - 5 * r)):int(sx + 5 * r) + 2]
        spot = np.exp(-((x[box] - sx) ** 2 + (y[box] - sy) ** 2) / (2 * r * r))
        sky[box] += spot[..., None] * (70 + 185 * light) * np.array([0.92, 0.96, 1.0])

    # Mountains: three ridges, the nearer the darker.
    for layer, (base, tall, tint) in enumerate([(0.40, 0.10, (58, 48, 98)), (0.425, 0.07, (36, 32, 72)), (0.445, 0.045, (18, 19, 46))]):
        line = np.zeros(width, np.float32)
        for octave in range(1, 9):
            phase, bend = rng.random(2) * 6.28
            line += np.sin(u[0] * (2.1 + layer) * 1.93**octave + phase) * np.cos(u[0] * octave + bend) * 0.58**octave
        ridge = base - tall * (0.35 + 0.65 * line)
        cover = np.clip((v - ridge) * height / 1.5, 0, 1)[..., None]
        haze = np.clip((v - ridge) / 0.10, 0, 1)[..., None] * np.array([46, 22, 24]) * np.exp(-(((u - centre) / 0.6) ** 2))[..., None]
        sky = sky * (1 - cover) + (np.array(tint) + haze) * cover

    # The road: distance from the horizon gives depth, and depth the place across.
    depth = np.clip(v - horizon, 1e-4, None)
    across = (u - centre * (1 - depth / 0.56)) / depth
    near = np.clip(depth / 0.56, 0, 1)
    ground = np.stack([13 + 10 * near, 14 + 11 * near, 26 + 18 * near], -1)
    grain = rng.normal(0, 1, (height, width)).astype(np.float32)
    on_road = np.clip((1.62 - np.abs(across)) * depth * height / 2, 0, 1)
    ground += (grain * (2.0 + 7.0 * near) * (0.5 + 0.5 * on_road))[..., None]
    ground *= (0.55 + 0.45 * on_road)[..., None]
    # The plain beside it takes some of the light.
    ground += ((1 - on_road) * np.exp(-np.abs(depth) / 0.16) * 34)[..., None] * np.array([0.9, 0.62, 1.0])
    for edge in (-1.62, 1.62):
        ground += (np.exp(-(((across - edge) / 0.016) ** 2)) * (40 + 90 * near))[..., None] * np.array([1, 0.96, 0.86])
    for line in np.linspace(-1.62, 1.62, 13)[1:-1]:
        dash = (np.sin(2.2 / depth + 0.4) > 0.1) * np.exp(-(((across - line) / 0.009) ** 2))
        ground += (dash * (26 + 54 * near))[..., None] * np.array([0.9, 0.95, 1])

    # The lanes of light, each with its packets: brighter beads that grow as they come near.
    for index, lane in enumerate(np.linspace(-1.485, 1.485, 12)):
        colour = np.array(COLOURS[index % len(COLOURS)], np.float32) / 255
        offset, pace = rng.random() * 6.28, 1.3 + rng.random() * 1.1
        wave = lane + 0.012 * np.sin(5 / (depth + 0.05) + offset)
        beam = np.exp(-(((across - wave) / 0.020) ** 2)) + 0.20 * np.exp(-(((across - wave) / 0.075) ** 2))
        beads = np.clip(np.sin(pace / depth**0.9 + offset), 0, 1) ** 3
        light = beam * (0.26 + 0.74 * beads) * (0.5 + 0.5 * (1 - near) ** 1.5)
        core = np.exp(-(((across - wave) / 0.008) ** 2)) * beads
        ground += (light[..., None] * colour * 265) + core[..., None] * 120

    below = np.clip((v - horizon) * height, 0, 1)[..., None]
    picture = sky * (1 - below) + ground * below
    picture += (np.exp(-(((v - horizon) / 0.016) ** 2) - ((u - centre) / 0.30) ** 2) * 150)[..., None] * np.array([1, 0.86, 0.72])
    picture *= (1 - 0.34 * ((u / 0.95) ** 2 + ((v - 0.5) / 0.75) ** 2).clip(0, 1.4))[..., None]
    picture += grain[..., None] * 2.6 + rng.normal(0, 1.2, picture.shape)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def save(name: str, size: tuple[int, int], wanted: int) -> None:
    """Saves the scene as a JPEG of about `wanted` bytes, never more."""
    picture = scene(*size)
    for quality in range(97, 10, -1):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling=0 if quality > 85 else 2, optimize=True)
        if out.tell() <= wanted:
            break
    (HERE / name).write_bytes(out.getvalue())
    print(f"{name}: {size[0]}x{size[1]}, quality {quality}, {out.tell()} bytes")


def icon(size: int = 256) -> None:
    """Four lanes that flow down into one arrow."""
    lanes = COLOURS[0:4]
    shapes = ['<rect x="8" y="8" width="240" height="240" rx="54" fill="#171a2e"/>']
    scale = 4
    image = Image.new("RGBA", (size * scale,) * 2)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle([8 * scale, 8 * scale, 248 * scale, 248 * scale], 54 * scale, "#171a2e")
    # Each lane is one stroke of the arrow: a bar, and its slice of the head below.
    for index, colour in enumerate(lanes):
        left = 64 + index * 32
        right = left + 32
        top = (58, 34, 46, 70)[index]
        tip = lambda at: 226 - abs(at - 128) * 0.86
        shoulder = 136
        points = [(left + 2, top + 4), (left + 6, top), (right - 6, top), (right - 2, top + 4), (right - 2, tip(right - 2)), (left + 2, tip(left + 2))]
        if index == 0:
            points = points[:5] + [(left + 2, tip(left + 2)), (30, tip(30)), (30, shoulder), (left + 2, shoulder)]
        if index == 3:
            points = points[:4] + [(right - 2, shoulder), (226, shoulder), (226, tip(226)), (right - 2, tip(right - 2)), (left + 2, tip(left + 2))]
        fill = "#%02x%02x%02x" % colour
        draw.polygon([(px * scale, py * scale) for px, py in points], fill=fill)
        shapes.append(f'<polygon fill="{fill}" points="{" ".join(f"{px:g},{py:g}" for px, py in points)}"/>')
    image.resize((size, size), Image.LANCZOS).save(HERE / "icon.png", optimize=True)
    image.resize((size * 2, size * 2), Image.LANCZOS).save(HERE / "icon.icns")
    image.save(HERE / "icon.ico", sizes=[(side, side) for side in (16, 24, 32, 48, 64, 128, 256)])
    svg = "\n  ".join(shapes)
    (HERE / "icon.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">\n  {svg}\n</svg>\n')


if __name__ == "__main__":
    icon()
    save("Data-50KB.jpg", (640, 400), 50_000)
    save("Data-500KB.jpg", (1600, 1000), 500_000)
    save("Data.jpg", (3840, 2400), 5_000_000)
