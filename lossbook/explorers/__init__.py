"""Figures with sliders. ``lossbook.explore("huber")`` for any loss; here also one for each idea of the course.

``Explorer``                                        your own: a function from values to a figure, its controls
``Slider`` ``Choice`` ``Toggle``                    controls
``explore``                                         any loss of the catalogue that has a curve
``descent_on_a_line`` ``reduction`` ``surrogates`` ``convexity``                    chapter 01
``regression_losses`` ``outlier`` ``near_the_optimum`` ``batch_rmse`` ``shapes``    chapter 02
``gaussian_cloud`` ``poisson_counts``                                               chapter 03
"""

from lossbook.explorers.batch_rmse import batch_rmse
from lossbook.explorers.catalogue import explore
from lossbook.explorers.controls import Choice, Slider, Toggle
from lossbook.explorers.convexity import convexity
from lossbook.explorers.descent_on_a_line import descent_on_a_line
from lossbook.explorers.explorer import Explorer
from lossbook.explorers.gaussian_cloud import gaussian_cloud
from lossbook.explorers.near_the_optimum import near_the_optimum
from lossbook.explorers.outlier import outlier
from lossbook.explorers.poisson_counts import poisson_counts
from lossbook.explorers.reduction import reduction
from lossbook.explorers.regression_losses import regression_losses
from lossbook.explorers.shapes import shapes
from lossbook.explorers.surrogates import surrogates

#: The explorers that chapters show, each a function without arguments.
COURSE = (
    descent_on_a_line, reduction, surrogates, convexity,
    regression_losses, outlier, near_the_optimum, batch_rmse, shapes,
    gaussian_cloud, poisson_counts,
)  # fmt: skip

__all__ = ["COURSE", "Choice", "Explorer", "Slider", "Toggle", "explore", *sorted(f.__name__ for f in COURSE)]
