"""Getting the real data through scikit-learn's and Keras's own loaders."""

import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import numpy as np

from lossbook.datasets import store
from lossbook.datasets.specs import Spec

TIMEOUT_SECONDS = 20  # neither loader sets one: without it a silent network blocks for minutes


class UnavailableError(RuntimeError):
    """The real data can't be had now; the message says why."""


def offline() -> bool:
    return os.environ.get("LOSSBOOK_OFFLINE", "") not in ("", "0")


def fetch(spec: Spec) -> tuple[dict[str, np.ndarray], str, bool]:
    """Arrays, origin, and whether they are in the cache now."""
    if offline():
        raise UnavailableError("LOSSBOOK_OFFLINE is set")
    with store.alone(spec):
        # Another process may have fetched it while this one waited.
        if found := store.find_in_cache(spec):
            return found, "cache", True
        store.say(f"fetching {spec.name} with {spec.loader} ({spec.download})")
        try:
            with _on_stderr(), _timeout():
                arrays = LOADERS[spec.name]()
            spec.check(arrays)
        except Exception as error:  # the loaders raise plain Exception too, whatever goes wrong
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UnavailableError(f"fetching failed ({reason})") from error
        return arrays, spec.loader, store.write(spec, arrays)


def _california_housing() -> dict[str, np.ndarray]:
    from sklearn.datasets import fetch_california_housing

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Retry downloading")  # one line tells how it ended
        bunch = fetch_california_housing(n_retries=1)
    return {"x": np.ascontiguousarray(bunch.data), "y": np.ascontiguousarray(bunch.target)}


def _mnist() -> dict[str, np.ndarray]:
    import keras

    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _cifar10() -> dict[str, np.ndarray]:
    import keras

    (x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
    if keras.config.image_data_format() == "channels_first":
        x_train, x_test = np.moveaxis(x_train, 1, -1), np.moveaxis(x_test, 1, -1)
    return course_split(x_train, y_train, x_test, y_test)


def course_split(x_train, y_train, x_test, y_test) -> dict[str, np.ndarray]:
    """The first 1,000 images of each of CIFAR-10's five training batches of 10,000, and of its test batch."""
    rows = (10_000 * np.arange(5)[:, None] + np.arange(1_000)).ravel()
    return {
        "x_train": np.ascontiguousarray(x_train[rows]),
        "y_train": y_train[rows].ravel(),  # Keras gives (N, 1)
        "x_test": np.ascontiguousarray(x_test[:1_000]),
        "y_test": y_test[:1_000].ravel(),
    }


LOADERS = {"california_housing": _california_housing, "mnist": _mnist, "cifar10": _cifar10}


@contextmanager
def _on_stderr() -> Iterator[None]:
    """Keras draws its progress bar on stdout, where it would become part of a notebook's output."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def _timeout() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
