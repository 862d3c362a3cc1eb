"""What "legible" means for a diagram: large enough, within the figure, and no text on another."""

from itertools import combinations

SMALLEST = 9  # points


def assert_legible(figure):
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    assert texts
    extents = {text: tuple(text.get_window_extent(renderer).extents) for text in texts}
    left, bottom, right, top = figure.bbox.extents
    for text, (x0, y0, x1, y1) in extents.items():
        assert text.get_fontsize() >= SMALLEST, text
        assert left <= x0 <= x1 <= right, text
        assert bottom <= y0 <= y1 <= top, text
    for (one, a), (other, b) in combinations(extents.items(), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one} lies on {other}"
