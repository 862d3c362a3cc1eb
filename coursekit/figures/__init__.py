"""Every picture of the book: one style, and no figure without a text that says what is seen.

>>> from coursekit import figures
>>> fig, ax = figures.subplots(height=2.5)
>>> line = ax.plot([1, 2, 4, 8])
>>> figures.show(fig, alt="A line that rises from 1 to 8 and becomes steeper.")
Figure: A line that rises from 1 to 8 and becomes steeper.
"""

from coursekit.figures.interactive import show_curve
from coursekit.figures.module import draw_module
from coursekit.figures.network import draw_network
from coursekit.figures.style import COLOURS, WIDTH, show, subplots

__all__ = ["COLOURS", "WIDTH", "draw_module", "draw_network", "show", "show_curve", "subplots"]
