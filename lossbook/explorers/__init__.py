"""Figures with sliders. ``lossbook.explore("huber")`` for any loss; here also one for each idea of the course.

``Explorer``                        your own: a function from values to a figure, and its controls
``Slider`` ``Choice`` ``Toggle``    controls
"""

from lossbook.explorers.controls import Choice, Slider, Toggle
from lossbook.explorers.explorer import Explorer

__all__ = ["Choice", "Explorer", "Slider", "Toggle"]
