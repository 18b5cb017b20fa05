"""The mean of batch RMSEs against the RMSE of all."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Choice, Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Bars, Figure, Line, Panel, text

#: The absolute errors of twelve samples, in the unit of y; the last is the slider's.
ERRORS = np.array([1.0, 0.4, 1.6, 0.8, 1.2, 0.6, 2.0, 0.3, 0.9, 1.4, 0.7])
SIZES = (1, 2, 3, 4, 6, 12)


def rmse(errors: np.ndarray) -> np.ndarray:
    """The root of the mean squared error over the last axis."""
    return np.sqrt(losses.get("mse").value(np.zeros_like(errors), errors).mean(axis=-1))


def figure(size: int, largest: float) -> Figure:
    """Twelve errors as bars, the RMSE of each batch, the mean of those, the RMSE of all and the MAE of all."""
    errors = np.append(ERRORS, largest)
    batches = rmse(errors.reshape(-1, size))
    mean, whole, mae = float(batches.mean()), float(rmse(errors)), float(errors.mean())  # errors are absolute
    sample = np.arange(1, 13)
    edges = np.stack([sample[::size] - 0.45, sample[::size] + size - 0.55, np.full(batches.size, np.nan)], axis=1)
    tops = np.repeat(batches[:, None], 3, axis=1)
    tops[:, 2] = np.nan
    edges[:, 2] = edges[:, 1]
    marks = (
        Bars(sample, errors, "error of a sample", colour="grey"),
        Line(edges.ravel(), tops.ravel(), "RMSE of a batch", colour="blue", width=3, gaps=True),
        Line([0.4, 12.6], [mae, mae], "MAE of all", colour="pink", style="dotted", width=3),
        Line([0.4, 12.6], [mean, mean], "mean of the batch RMSEs", colour="orange", style="dashed"),
        Line([0.4, 12.6], [whole, whole], "RMSE of all", colour="green", style="dashdot"),
    )
    short = f"{text(round(100 * (1 - mean / whole), 1))} % too low" if whole - mean > 1e-9 else "the same"
    ticks = tuple((float(n), str(n)) for n in sample)
    return Figure(
        Panel(Axis("sample", 0.4, 12.6, ticks), Axis("error (unit of y)", 0, 8.4), marks),
        alt="Errors of twelve samples as bars, with the RMSE of each batch, the mean of those, the RMSE and the MAE.",
        says=f"In batches of {size}, the mean of the RMSEs is {mean:.3f}; the RMSE of all is {whole:.3f}: {short}. "
        f"The MAE of all is {mae:.3f}.",
    )


def batch_rmse() -> Explorer:
    """Why is a mean of RMSEs not the RMSE?"""
    return Explorer(
        figure,
        [
            Choice("size", SIZES, 3, label="batch size", ordered=True),
            Slider("largest", 0, 8, 6, label="error of sample 12", steps=80, drag="y"),
        ],
        title="The mean of batch RMSEs is not the RMSE",
        look_for="the batch size at which the orange line is the dotted one, the MAE, "
        "and the one at which it meets the green line.",
    )
