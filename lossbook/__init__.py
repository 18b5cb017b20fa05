"""Loss functions and backpropagation, twice: in PyTorch and in Keras.

The public face is small and loads lazily, so that ``import lossbook`` costs no framework:

``losses``    the catalogue: ``losses.names()``, ``losses.get("huber")``
``datasets``  California housing, MNIST, CIFAR-10
``parity``    reference, PyTorch and Keras in one table: ``parity.table("huber", …)``
``explore``   sliders for any loss of the catalogue
``check``     is my answer to an exercise right?
``inputs``    what a question's checks run on
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "losses": None,
    "datasets": None,
    "explorers": None,
    "plots": None,
    "parity": None,
    "explore": "lossbook.explorers",
    "check": "lossbook.checks",
    "inputs": "lossbook.checks",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'lossbook' has no attribute {name!r}; it has {', '.join(__all__)}")
    home = _HOME[name]
    return import_module(f"lossbook.{name}") if home is None else getattr(import_module(home), name)


def __dir__():
    return sorted(__all__)
