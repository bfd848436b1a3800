"""Losses: one number that says how wrong the network is. Training makes it small. Several losses add up, each with its weight."""

from blocks.core import Block, BlockError, Port, Shape, Shapes, param
from blocks.rules import Code, call, dims

PREDICTION = Port("prediction")


class _Loss(Block, group="Loss", loss=True, outputs=(), inputs=(PREDICTION, Port("target"))):
    """Prediction and target in; the loss is a scalar, the mean over the batch."""

    weight: float = param(
        default=1.0,
        ge=0,
        help="Factor of this loss in the sum of all losses.",
        label="Loss weight",
        chip=lambda w: "" if w == 1 else f"×{w:g}",
    )

    def _call(self, function: str, args: tuple[str, ...], **options: object) -> str:
        omit = {name: self.fields[name].default for name in options}
        return call(function, *map(Code, args), **options, omit=omit)


class _Regression(_Loss):
    """A distance between two tensors of equal shape."""

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        """Equal shapes in, a scalar out."""
        if prediction != target:
            raise BlockError(
                f"compares number by number, but the prediction is {dims(prediction)} and the target {dims(target)}", "shapes-differ"
            )
        return ()


class Classification(_Loss):
    """Scores for each class against labels."""

    inputs = (PREDICTION, Port("target", "index"))

    ignore_index: int = param(default=-100, help="A label that is left out of the loss.")

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        """Scores C×... against labels ..., a scalar out."""
        if not prediction:
            raise BlockError("needs one score for each class, got a scalar: put a Linear with one output for each class before it", "axes")
        if prediction[1:] != target:
            hint = (
                "put Flatten and a Linear before it" if len(prediction) == 3 and not target else "the axes after the classes must be equal"
            )
            raise BlockError(
                f"needs one score for each class, C{''.join(f'×{n}' for n in target)}, got {dims(prediction)}: {hint}",
                "scores",
            )
        return ()


class CrossEntropy(
    Classification,
    label="Cross-entropy",
    glyph="loss",
    onnx="SoftmaxCrossEntropyLoss",
    aka=("softmax loss", "log loss", "nll", "classification"),
    example=((10,), ()),
):
    """The loss for choosing one class: minus the log of the probability given to the right one. Takes raw scores (logits)."""

    label_smoothing: float = param(
        default=0.0,
        ge=0,
        le=1,
        help="Share of the target spread evenly over all classes; keeps the network from being too sure (Szegedy et al., arXiv 1512.00567).",
        chip=lambda s: f"smooth {s:g}" if s else "",
    )

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.cross_entropy``."""
        return self._call("F.cross_entropy", args, ignore_index=self.ignore_index, label_smoothing=self.label_smoothing)


class L1Loss(_Regression, label="L1 loss", glyph="loss", aka=("mae", "mean absolute error", "regression"), example=((4,), (4,))):
    """The mean absolute difference: every unit of error counts the same, so outliers weigh little."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.l1_loss``."""
        return self._call("F.l1_loss", args)


class MSELoss(
    _Regression,
    label="L2 loss (MSE)",
    glyph="loss",
    aka=("l2", "mse", "mean squared error", "regression", "euclidean"),
    example=((4,), (4,)),
):
    """The mean squared difference: large errors weigh most."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.mse_loss``."""
        return self._call("F.mse_loss", args)


class HuberLoss(_Regression, label="Huber loss", glyph="loss", aka=("smooth l1", "robust", "regression"), example=((4,), (4,))):
    """Squared for small differences, absolute for large ones: smooth near zero and calm about outliers (Huber, 1964)."""

    delta: float = param(default=1.0, gt=0, help="Where the squared part ends and the absolute part begins.", chip="δ {}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.huber_loss``."""
        return self._call("F.huber_loss", args, delta=self.delta)


class SmoothL1Loss(_Regression, label="Smooth L1 loss", glyph="loss", aka=("huber", "fast r-cnn", "regression"), example=((4,), (4,))):
    """Huber's loss divided by beta: used for boxes in object detection (Girshick, arXiv 1504.08083)."""

    beta: float = param(default=1.0, gt=0, help="Where the squared part ends and the absolute part begins.", chip="β {}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.smooth_l1_loss``."""
        return self._call("F.smooth_l1_loss", args, beta=self.beta)


class BCEWithLogitsLoss(
    _Regression, label="Binary cross-entropy", glyph="loss", aka=("bce", "logistic", "multi-label", "sigmoid loss"), example=((4,), (4,))
):
    """The loss for yes or no, one answer for each output: takes raw scores (logits) against values between 0 and 1."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.binary_cross_entropy_with_logits``."""
        return self._call("F.binary_cross_entropy_with_logits", args)


class NLLLoss(
    Classification,
    label="Negative log-likelihood",
    glyph="loss",
    inputs=(PREDICTION, Port("target", "index")),
    aka=("nll", "log loss"),
    example=((10,), ()),
):
    """Minus the log-probability of the right class; takes what Log-softmax gives. Cross-entropy does both in one."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.nll_loss``."""
        return self._call("F.nll_loss", args, ignore_index=self.ignore_index)
