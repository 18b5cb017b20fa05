"""Circle loss: similarities within a batch, each weighted by how far it still is from where it should be."""

import numpy as np

from lossbook.domains import POSITIVE, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss, Param


class _UnitRows(Domain):
    """Rows of length 1."""

    def check(self, given, what, **bounds):
        super().check(given, what, **bounds)
        lengths = np.linalg.norm(np.asarray(given, dtype=np.float64), axis=-1)
        if np.any(np.abs(lengths - 1) > 1e-3):
            worst = lengths[np.argmax(np.abs(lengths - 1))]
            raise ValueError(f"{what} must be {self.name}; got a row of length {worst:.4g}. {self.advice}")

    def sample(self, rng, shape, *, below=None):
        x = rng.normal(size=shape)
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    def extreme(self, rng, shape, *, below=None):
        """Along the axes: equal, opposite, and at right angles."""
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])] * rng.choice([-1.0, 1.0], (*shape[:-1], 1))


EMBEDDINGS = _UnitRows(
    "rows of length 1", advice="Divide each row by its norm (torch: F.normalize, Keras: layers.UnitNormalization)."
)
LABELS = Domain("integers (labels)", integer=True, spread=1.0, edges=(0.0, 1.0), advice="Equal labels belong together.")
MARGINS = Domain("a number in [0, 1]", low=0, high=1)


def value(y_true, y_pred, *, gamma, margin, remove_diagonal):
    pull, push, _ = _exponents(y_true, y_pred, gamma, margin, remove_diagonal)
    return np.logaddexp(0, _log_sum_exp(pull) + _log_sum_exp(push))


def gradient(y_true, y_pred, *, gamma, margin, remove_diagonal):
    pull, push, distance = _exponents(y_true, y_pred, gamma, margin, remove_diagonal)
    outer = np.exp(-np.logaddexp(0, -(_log_sum_exp(pull) + _log_sum_exp(push))))[:, None]  # sigmoid of the sum
    # The weights depend on the distance too, and the slope goes through them: d/dd of (d² − m²) and (1 − d)² − m².
    by_pull = _softmax(pull) * gamma * 2 * distance
    by_push = _softmax(push) * gamma * 2 * (distance - 1) * (distance <= 1 + margin)
    by_cosine = -outer * (by_pull + by_push) * (y_pred @ y_pred.T <= 1)
    return (by_cosine + by_cosine.T) @ y_pred


def weights(y_true, y_pred, *, gamma, margin, remove_diagonal):
    """What Keras's class divides its mean by: only the losses above 0 count."""
    params = {"gamma": gamma, "margin": margin, "remove_diagonal": remove_diagonal}
    return (value(y_true, y_pred, **params) > 0).astype(float)


def torch(y_true, y_pred, *, gamma, margin, remove_diagonal):
    import torch
    from torch.nn import functional as F

    distance = torch.clamp(1 - y_pred @ y_pred.T, min=0)
    same = y_true[:, None] == y_true[None, :]
    alike = same & ~torch.eye(len(y_true), dtype=torch.bool) if remove_diagonal else same
    pull = -gamma * (margin + distance) * (margin - distance)
    push = gamma * torch.clamp(1 + margin - distance, min=0) * (1 - margin - distance)
    minus_infinity = -torch.inf
    pull = torch.logsumexp(torch.where(alike, pull, minus_infinity), dim=1)
    push = torch.logsumexp(torch.where(same, minus_infinity, push), dim=1)
    # softplus, without F.softplus's cut at 20
    return -F.logsigmoid(-(pull + push))


def keras(y_true, y_pred, *, gamma, margin, remove_diagonal):
    from keras import losses

    return losses.circle(y_true, y_pred, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)


def _exponents(y_true, y_pred, gamma, margin, remove_diagonal):
    """Exponents of the pairs that belong together and of those that don't (minus infinity elsewhere), and distances."""
    distance = np.maximum(1 - y_pred @ y_pred.T, 0)
    same = y_true[:, None] == y_true[None, :]
    alike = same & ~np.eye(len(y_true), dtype=bool) if remove_diagonal else same
    pull = -gamma * (margin + distance) * (margin - distance)
    push = gamma * np.maximum(1 + margin - distance, 0) * (1 - margin - distance)
    return np.where(alike, pull, -np.inf), np.where(same, -np.inf, push), distance


def _log_sum_exp(x):
    return np.logaddexp.reduce(x, axis=1)  # minus infinity for a row without any pair


def _softmax(x):
    total = _log_sum_exp(x)[:, None]
    return np.exp(x - np.where(np.isfinite(total), total, 0))


def _corner(y_true, y_pred, *, gamma, margin, remove_diagonal):
    """The nearest that a pair of unlike embeddings is to being equal, or to where its weight ends."""
    distance = 1 - y_pred @ y_pred.T
    unlike = y_true[:, None] != y_true[None, :]
    corner = np.minimum(np.abs(distance), np.abs(1 + margin - distance))
    return np.where(unlike, corner, np.inf).min()


def _turn(angle):
    """The first embedding at an angle in degrees, the others at 0 and 90."""
    angle = np.deg2rad(angle)
    return [[np.cos(angle), np.sin(angle)], [1.0, 0.0], [0.0, 1.0]]


def _draw(rng):
    """Labels that repeat, embeddings, and no self-similarity, whose distance 0 is where the curvature jumps."""
    shape = int(rng.integers(1, 6)), int(rng.integers(2, 5))
    return LABELS.sample(rng, shape[:1]), EMBEDDINGS.sample(rng, shape), {"remove_diagonal": True}


def _mean_over_positive_losses():
    """Three embeddings, of which the last has no partner and so a loss of 0."""
    import torch as pytorch
    from keras import losses

    labels, embeddings = np.array([0, 0, 1]), np.array(TRIO)
    in_torch = torch(pytorch.tensor(labels), pytorch.tensor(embeddings), gamma=80.0, margin=0.4, remove_diagonal=True)
    return float(in_torch.mean()), float(losses.Circle(dtype="float64")(labels, embeddings))


def _nobody_has_a_partner():
    """The mean over losses above 0, where there are none."""
    import torch as pytorch
    from keras import losses

    labels, embeddings = np.array([0, 1, 2]), np.array(TRIO)
    in_torch = torch(pytorch.tensor(labels), pytorch.tensor(embeddings), gamma=80.0, margin=0.4, remove_diagonal=True)
    return float(in_torch[in_torch > 0].mean()), float(losses.Circle(dtype="float64")(labels, embeddings))


TRIO = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
SIDE, END = np.sqrt(1 - 0.4**2), -16 / (1 + np.exp(1.6))

LOSS = Loss(
    name="circle",
    title="Circle loss",
    family="similarity",
    per="batch",
    formula=r"\ell_i = \operatorname{softplus}\Bigl(\log\sum_{j \in P_i} e^{-\gamma\,(m + d_{ij})(m - d_{ij})}"
    r" + \log\sum_{j \in N_i} e^{\gamma\,\max(0,\, 1 + m - d_{ij})(1 - m - d_{ij})}\Bigr),"
    r" \quad d_{ij} = 1 - x_i \cdot x_j",
    forms=(Form(Array("labels", LABELS, ("N",)), Array("y_pred", EMBEDDINGS, ("N", "D"))),),
    functions=Functions(value, gradient, torch, keras, weights),
    sample=_draw,
    params=(
        Param("gamma", 80.0, low=1.0, high=128.0, domain=POSITIVE, meaning="scale of the similarities"),
        Param("margin", 0.4, low=0.0, high=1.0, domain=MARGINS, meaning="distance that equal labels may keep"),
        Param("remove_diagonal", True, choices=(True, False), meaning="leave each embedding out of its own positives"),
    ),
    known=(
        Case(
            [0, 0, 1], TRIO, [0.183901, 4.808196, 0.0],
            [[-5.567132, -7.422843], [-9.278554, 15.869399], [9.521639, 12.695519]],
            "γ = 10; d₀₁ = 0.4, d₀₂ = 1, d₁₂ = 0.2. Row 0: −10·0.8·0 = 0 and 10·0.4·(−0.4) = −1.6; log(1 + e^−1.6) = "
            "0.183901. Row 1: 0 and 10·1.2·0.4 = 4.8; log(1 + e^4.8) = 4.808196. Row 2 has no partner: 0. Slopes by d: "
            "2γd·σ = 8·0.167982 and 8·0.991837 at d₀₁, 2γ(d − 1)·σ = −16·0.991837 at d₁₂, 0 at d₀₂; by x₀: "
            "−(1.343854 + 7.934700)·x₁", {"gamma": 10.0},
        ),
        Case(
            [0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], [0.183901, 0.183901, 0.0], [[0, 0]] * 3,
            "γ = 10; d₀₁ = 0: −10·0.4·0.4 = −1.6; d₀₂ = 2 > 1.4 has weight 0, so its term is e⁰: log(1 + e^(−1.6 + 0))",
            {"gamma": 10.0},
        ),
        Case(
            [0, 1], [[1.0, 0.0], [0.0, 1.0]], [0.039953, 0.039953], [[0, 0]] * 2,
            "γ = 10, each its own positive at d = 0: −1.6; the other at d = 1: −1.6; log(1 + e^−3.2) = 0.039953",
            {"gamma": 10.0, "remove_diagonal": False},
        ),
    ),
    edges=(
        Case([0, 1, 2], TRIO, [0.0, 0.0, 0.0], [[0, 0]] * 3, note="nobody has a partner"),
        Case([4, 4, 4], TRIO, [0.0, 0.0, 0.0], [[0, 0]] * 3, note="nobody to keep away from"),
        Case([7], [[0.0, 1.0]], [0.0], [[0, 0]], note="a batch of one"),
        Case([0, 0, 1, 1], [*TRIO, [-1.0, 0.0]], note="Keras's defaults"),
        Case([0, 0, 1, 2], [*TRIO, [-1.0, 0.0]], params={"remove_diagonal": False}, note="a partner in oneself"),
        Case([0, 1, 1], [[1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]], params={"gamma": 1000.0}, note="exponents beyond 709"),
    ),
    kinks=(
        Kink(
            "two embeddings that should be apart are the same", _corner,
            # Distance 0: 80·1.4·0.6 − 80·0.4·0.4 = 54.4, σ = 1; each row 2·80·(1 − 0), counted from both ends.
            Case([0, 1], [[1.0, 0.0]] * 2, [54.4] * 2, [[320.0, 0.0]] * 2, params={"remove_diagonal": False}),
            torch=[[320.0, 0.0]] * 2, keras=[[320.0, 0.0]] * 2,
        ),
        Kink(
            "two embeddings that should be apart are at 1 + m, where the weight ends", _corner,
            # Distance 1.4: −10·0.4·0.4 + 0 = −1.6; 2·10·0.4·σ(−1.6), from both ends, with a minus.
            Case([0, 1], [[1.0, 0.0], [-0.4, SIDE]], [0.183901] * 2, [[-0.4 * END, SIDE * END], [END, 0.0]],
                 params={"gamma": 10.0, "remove_diagonal": False}),
            torch=[[-0.4 * END, SIDE * END], [END, 0.0]], keras=[[-0.4 * END, SIDE * END], [END, 0.0]],
        ),
    ),
    differences=(
        Difference(
            "the mean (three embeddings, one without a partner)",
            "has no circle loss; the plain mean of our function divides by 3.",
            "Circle divides by the number of losses above 0, here 2; its function, losses.circle, gives all three.",
            _mean_over_positive_losses,
            "Divide the sum by (loss > 0).sum() in PyTorch.",
        ),
        Difference(
            "the mean where nobody has a partner",
            "has no circle loss; loss[loss > 0].mean() of our function is NaN.",
            "Circle answers 0.",
            _nobody_has_a_partner,
            "Skip such a batch, or build batches with several members of each label.",
        ),
    ),
    curve=Curve(
        x="angle of the first embedding, degrees (the others: 0° and 90°)", low=-180.0, high=180.0,
        targets={"belongs to the one at 0°": [0, 0, 1], "belongs to the one at 90°": [1, 0, 1]}, path=_turn,
    ),
    api={"keras": "losses.Circle, losses.circle"},
    source="Y. Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization, CVPR (2020)",
    notes="Embeddings have length 1; nothing is normalised for you, nor in Keras. One loss a member, from the whole "
    "batch. The slope goes through the weights; other implementations hold them fixed. A pair farther apart than 1 + m "
    "has weight 0 and still adds e⁰ to its sum. Keras's class averages over losses above 0 only.",
)  # fmt: skip
