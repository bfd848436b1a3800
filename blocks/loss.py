"""Losses: one number that says how wrong the network is. Training makes it small. Several losses add up, each with its weight."""

from typing import ClassVar, Literal

from blocks.core import Block, BlockError, Port, Shape, Shapes, param
from blocks.params import Floats
from blocks.rules import dims, equal
from blocks.source import Code, call

PREDICTION = Port("prediction")
Takes = Literal["values", "scores", "log-probabilities"]
WEIGHTS = "Factor of each class, in their order; empty: all count the same. Large for rare classes."


class Loss(Block, group="Loss", loss=True, outputs=(), inputs=(PREDICTION, Port("target"))):
    """Prediction and target in; the loss is a scalar, the mean over the batch.

    ``metric`` is what people read beside it: "accuracy", "binary_accuracy", "mae", or nothing. ``takes`` says what the prediction is.
    """

    metric: ClassVar[str] = ""
    takes: ClassVar[Takes] = "values"
    weight: float = param(
        default=1.0,
        ge=0,
        help="Factor of this loss in the sum of all losses.",
        label="Loss weight",
        chip=lambda w: "" if w == 1 else f"×{w:g}",
    )

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """The loss without its weight."""
        options = {name: value for name, value in self.values().items() if name != "weight"}
        omit = {name: declared.default for name, declared in self.fields.items() if name not in self.always}
        tables = {
            name: Code(f"{args[0]}.new_tensor({list(value)})") for name, value in options.items() if isinstance(value, tuple) and value
        }
        renamed = {"weight" if name == "class_weights" else name: value for name, value in {**options, **tables}.items() if value != ()}
        return call(self.function, *map(Code, args), **renamed, omit=omit)


class Comparison(Loss):
    """A distance between two tensors of equal shape."""

    metric = "mae"

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        """Equal shapes in, a scalar out."""
        if prediction != target:
            raise BlockError(
                f"compares number by number, but the prediction is {dims(prediction)} and the target {dims(target)}", "shapes-differ"
            )
        return ()


class Classification(Loss):
    """Scores for each class against labels."""

    inputs = (PREDICTION, Port("target", "index"))
    metric = "accuracy"
    takes: ClassVar[Takes] = "scores"

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
        weights = getattr(self, "class_weights", ())
        if weights and len(weights) != prediction[0]:
            raise BlockError(f"needs a weight for each of {prediction[0]} classes, got {len(weights)}", "count")
        return ()


class CrossEntropy(
    Classification,
    label="Cross-entropy",
    function="F.cross_entropy",
    onnx="SoftmaxCrossEntropyLoss",
    aka=("softmax loss", "log loss", "nll", "classification", "sparsecategoricalcrossentropy"),
    example=((10,), ()),
):
    """The loss for choosing one class: minus the log of the probability given to the right one. Takes raw scores (logits).

    Formula: loss = -log(exp(x_t) / sum over k of exp(x_k)), the mean over the batch
    Example: two classes, scores 0 and 0, either right: loss = ln 2 = 0.693
    Use: for every network that picks one class, pixel by pixel too; no Softmax before it
    Paper: label smoothing: Szegedy et al., arXiv 1512.00567
    """

    label_smoothing: float = param(
        default=0.0,
        ge=0,
        le=1,
        help="Share of the target spread evenly over all classes; keeps the network from being too sure (Szegedy et al., arXiv 1512.00567).",
        chip=lambda s: f"smooth {s:g}" if s else "",
    )
    class_weights: Floats = param(default=(), ge=0, help=WEIGHTS)
    ignore_index: int = param(default=-100, help="A label that is left out of the loss.")


class L1Loss(Comparison, label="L1 loss", function="F.l1_loss", aka=("mae", "mean absolute error", "regression"), example=((4,), (4,))):
    """The mean absolute difference: every unit of error counts the same, so outliers weigh little.

    Formula: loss = mean of |x - t|
    Example: [1, 2] and [2, 4] gives 1.5
    Use: for values with outliers, and for images that should be sharp
    """


class MSELoss(
    Comparison,
    label="L2 loss (MSE)",
    function="F.mse_loss",
    aka=("l2", "mse", "mean squared error", "regression", "euclidean"),
    example=((4,), (4,)),
):
    """The mean squared difference: large errors weigh most.

    Formula: loss = mean of (x - t)^2
    Example: [1, 2] and [2, 4] gives 2.5
    Use: for values, and for autoencoders; bring targets to a scale near 1 first
    """


class HuberLoss(Comparison, label="Huber loss", function="F.huber_loss", aka=("robust", "regression"), example=((4,), (4,))):
    """Squared for small errors, absolute for large ones: smooth, and not ruled by outliers.

    Formula: loss = d^2 / 2 for d = |x - t| up to delta, else delta * (d - delta / 2)
    Example: [1, 2] and [2, 5] gives 1.5
    Use: for values with some outliers
    Paper: Huber, Robust estimation of a location parameter, 1964
    """

    delta: float = param(default=1.0, gt=0, help="Where the squared part ends and the absolute part begins.", chip="δ {}")


class SmoothL1Loss(
    Comparison, label="Smooth L1 loss", function="F.smooth_l1_loss", aka=("huber", "fast r-cnn", "regression"), example=((4,), (4,))
):
    """The Huber loss divided by its delta: slope 1 for large errors, whatever beta is.

    Formula: loss = d^2 / (2 beta) for d = |x - t| below beta, else d - beta / 2
    Example: [1, 2] and [2, 5] gives 1.5
    Use: for the boxes of detectors
    Paper: Girshick, Fast R-CNN, arXiv 1504.08083
    """

    beta: float = param(default=1.0, gt=0, help="Where the squared part ends and the absolute part begins.", chip="β {}")


class BCEWithLogitsLoss(
    Comparison,
    label="Binary cross-entropy",
    function="F.binary_cross_entropy_with_logits",
    aka=("bce", "logistic", "multi-label", "sigmoid loss", "binarycrossentropy"),
    example=((4,), (4,)),
):
    """The loss for yes or no, one answer for each output: takes raw scores (logits) against values between 0 and 1.

    Formula: loss = -mean of (t log p + (1 - t) log(1 - p)) with p = sigmoid(x)
    Example: [0, 0] and [1, 0] gives 0.693147
    Use: where several answers may be right at once; no Sigmoid before it
    """

    metric = "binary_accuracy"
    takes = "scores"
    pos_weight: Floats = param(
        default=(), gt=0, help="Factor of a yes for each output; empty: 1. Large where yes is rare.", label="Weight of yes"
    )

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        super().shape(prediction, target)
        if self.pos_weight and len(self.pos_weight) not in (1, prediction[-1] if prediction else 1):
            raise BlockError(
                f"pos_weight needs one number, or one for each of {prediction[-1]} outputs, got {len(self.pos_weight)}", "count"
            )
        return ()


class NLLLoss(
    Classification,
    label="Negative log-likelihood",
    function="F.nll_loss",
    onnx="NegativeLogLikelihoodLoss",
    aka=("nll", "log loss"),
    example=((10,), ()),
):
    """Minus the log-probability of the right class; takes what Log-softmax gives. Cross-entropy does both in one.

    Formula: loss = -x_t, the mean over the batch
    Example: log-probabilities -0.1 and -2.35, the first right: loss = 0.1
    Use: after Log-softmax, where the probabilities are needed elsewhere too
    """

    takes = "log-probabilities"
    class_weights: Floats = param(default=(), ge=0, help=WEIGHTS)
    ignore_index: int = param(default=-100, help="A label that is left out of the loss.")


class KLDivLoss(
    Comparison,
    label="KL divergence",
    function="F.kl_div",
    always=("reduction",),
    aka=("kullback-leibler", "distillation", "kld"),
    example=((10,), (10,)),
):
    """How far one distribution is from another: takes log-probabilities against probabilities.

    Formula: loss = sum of t * (log t - x), divided by the batch
    Example: log-probabilities equal to the logarithm of the target: loss = 0
    Use: to teach a small network what a large one answers (distillation); put Log-softmax before the prediction
    Paper: Hinton et al., Distilling the knowledge in a neural network, arXiv 1503.02531
    """

    metric = ""
    takes = "log-probabilities"
    log_target: bool = param(default=False, help="The target holds log-probabilities too.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("F.kl_div", *map(Code, args), reduction="batchmean", log_target=self.log_target, omit={"log_target": False})


class HingeLoss(
    Classification, label="Hinge loss", function="F.multi_margin_loss", aka=("svm", "max margin", "multimarginloss"), example=((10,), ())
):
    """The loss of a support vector machine: the right score should be larger than each other one by a margin; more is not rewarded.

    Formula: loss = sum over k != t of max(0, margin - x_t + x_k)^p / classes
    Example: scores 3, 1 and 2.5, the first right, margin 1: loss = (0 + 0.5) / 3 = 0.167
    Use: to compare with cross-entropy, as courses do
    Paper: Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector machines, 2001
    """

    margin: float = param(default=1.0, gt=0, help="By how much the right score should be larger.", chip="m {}")
    p: int = param(default=1, ge=1, le=2, help="1: as it is; 2: squared.")

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        super().shape(prediction, target)
        if len(prediction) != 1:
            raise BlockError(f"judges one label a sample, got scores {dims(prediction)}: use a cross-entropy for maps", "axes")
        return ()


class FocalLoss(
    Classification, label="Focal loss", function="focal_loss", modules=("focal_loss",), aka=("retinanet", "imbalanced"), example=((10,), ())
):
    """A cross-entropy that looks away from what is easy: samples that are already right count less.

    Formula: loss = -(1 - p)^gamma log p, with p the probability given to the right class
    Example: p = 0.9 and gamma = 2 weighs 0.01 of a cross-entropy, p = 0.1 weighs 0.81 of it
    Use: where one class is everywhere, such as background; gamma = 0 is the cross-entropy
    Paper: Lin et al., Focal loss for dense object detection, arXiv 1708.02002
    """

    gamma: float = param(default=2.0, ge=0, help="How much easy samples lose; 0 is a plain cross-entropy.", chip="γ {}")
    class_weights: Floats = param(default=(), ge=0, help=WEIGHTS)
    ignore_index: int = param(default=-100, help="A label that is left out of the loss.")


class DiceLoss(
    Classification,
    label="Dice loss",
    function="dice_loss",
    modules=("dice_loss",),
    aka=("f1", "segmentation", "overlap", "v-net"),
    example=((3, 6, 6), (6, 6)),
):
    """One minus the overlap of what is predicted and what is true, class by class: small objects count as much as large ones.

    Formula: loss = 1 - mean over classes of (2 sum of p t + smooth) / (sum of p + sum of t + smooth)
    Example: all pixels right: loss = 0; no overlap: loss near 1
    Use: for segmentation with small objects, often added to a cross-entropy
    Paper: Milletari et al., V-Net, arXiv 1606.04797
    """

    smooth: float = param(default=1.0, gt=0, help="Added above and below, so that an absent class does no harm.")


class CosineEmbeddingLoss(
    Loss,
    label="Cosine embedding loss",
    function="F.cosine_embedding_loss",
    inputs=(Port("a"), Port("b"), Port("target")),
    aka=("siamese", "similarity"),
    example=((16,), (16,), ()),
):
    """Turns two vectors towards each other where the target is 1, and apart where it is -1.

    Formula: loss = 1 - cos(a, b) for target 1, max(0, cos(a, b) - margin) for target -1
    Example: equal vectors and target 1: loss = 0
    Use: for pairs that belong together or not, from a network that is used twice
    """

    margin: float = param(default=0.0, ge=-1, le=1, help="Pairs that do not belong together are left alone below this cosine.", chip="m {}")

    def shape(self, a: Shape, b: Shape, target: Shape) -> Shape:
        """Two vectors, and one number a sample."""
        if len(equal((a, b))) != 1:
            raise BlockError(f"compares vectors, got {dims(a)}: put a Flatten before it", "axes")
        if target:
            raise BlockError(
                f"needs one target a sample, 1 or -1, got {dims(target)}: use a Target of kind 'values' with an empty size", "target"
            )
        return ()


class TripletLoss(
    Loss,
    label="Triplet loss",
    function="F.triplet_margin_loss",
    inputs=(Port("anchor"), Port("positive"), Port("negative")),
    aka=("siamese", "metric learning", "facenet", "tripletmarginloss"),
    example=((16,), (16,), (16,)),
):
    """Brings an anchor nearer to its like than to another, by a margin.

    Formula: loss = max(0, |a - p| - |a - n| + margin)
    Example: [0, 0] and [3, 4] and [0, 1] gives 5
    Use: to learn embeddings of faces, places or products
    Paper: Schroff et al., FaceNet, arXiv 1503.03832
    """

    margin: float = param(default=1.0, gt=0, help="By how much nearer.", chip="m {}")
    p: float = param(default=2.0, ge=1, help="Which norm measures: 2 is the usual distance.")
    swap: bool = param(default=False, help="Measure from the positive where it is nearer to the negative.")

    def shape(self, *xs: Shape) -> Shape:
        """Three tensors of equal shape."""
        if not equal(xs):
            raise BlockError("compares vectors, got scalars", "axes")
        return ()


class CTCLoss(
    Loss,
    label="CTC loss",
    function="ctc_loss",
    modules=("ctc_loss",),
    inputs=(PREDICTION, Port("target", "index")),
    aka=("speech", "handwriting", "connectionist temporal classification", "alignment"),
    example=((12, 6), (4,)),
):
    """Compares a sequence of guesses with a shorter text without knowing which guess belongs to which letter.

    Formula: loss = -log of the sum of the probabilities of all ways to write the text, with blanks between, in T steps
    Example: 12 steps with 6 letters (0 is the blank) against texts of up to 4 letters, filled up with 0
    Use: for speech and handwriting; the prediction is T×C from Log-softmax over the last axis
    Paper: Graves et al., Connectionist temporal classification, 2006
    """

    takes = "log-probabilities"
    blank: int = param(default=0, ge=0, help="The index that stands for no letter; targets are filled up with it.")
    zero_infinity: bool = param(default=True, help="A text that is too long for the steps counts 0 instead of infinity.")

    def shape(self, prediction: Shape, target: Shape) -> Shape:
        """T×C and S."""
        if len(prediction) != 2 or len(target) != 1:
            raise BlockError(f"needs guesses T×C and a text of S letters, got {dims(prediction)} and {dims(target)}", "axes")
        if self.blank >= prediction[1]:
            raise BlockError(f"blank {self.blank} is none of {prediction[1]} letters: use 0 to {prediction[1] - 1}", "range")
        return ()


class PolicyGradientLoss(
    Loss,
    label="Policy gradient",
    function="policy_gradient_loss",
    modules=("policy_gradient",),
    inputs=(Port("scores"), Port("action", "index"), Port("reward"), Port("baseline", optional=True)),
    aka=("reinforce", "reinforcement learning", "actor", "rewards"),
    example=((4,), (), ()),
):
    """Makes actions that brought more reward than expected more likely, and the others less: REINFORCE.

    Formula: loss = -mean of (reward - baseline) * log p(action): its slope is that of the expected sum of rewards, with a minus
    Example: the chosen action has p = 0.5, reward 2: loss = 2 ln 2 = 1.386
    Use: from recorded games: scores of the actions, the action taken, the rewards that followed; a baseline steadies it
    Paper: Williams, Simple statistical gradient-following algorithms for connectionist reinforcement learning, 1992
    """

    def shape(self, scores: Shape, *rest: Shape) -> Shape:
        """Scores C×..., and for the others ...."""
        if not scores or any(x != scores[1:] for x in rest):
            raise BlockError(
                f"needs a score for each action, and one action and reward for each decision ({dims(scores[1:])}), got {', '.join(map(dims, rest))}",
                "shapes-differ",
            )
        return ()
