"""The types that a skops file may hold beyond those skops trusts by itself.

skops audits a file before it builds anything from it. MLflow takes the list of trusted types from the model's own
MLmodel file (https://github.com/mlflow/mlflow/pull/25686), which is no boundary; this list belongs to the service.
Each entry is a passive part of an estimator of scikit-learn: a tree, a loss, a kernel, a metric, an array type.
"""

from __future__ import annotations

from typing import Final

_LOSSES = (
    "AbsoluteError", "ExponentialLoss", "HalfBinomialLoss", "HalfGammaLoss", "HalfMultinomialLoss", "HalfPoissonLoss",
    "HalfSquaredError", "HalfTweedieLoss", "HalfTweedieLossIdentity", "HuberLoss", "PinballLoss",
)  # fmt: skip
_KERNELS = (
    "CompoundKernel", "ConstantKernel", "DotProduct", "Exponentiation", "ExpSineSquared", "Matern", "PairwiseKernel",
    "Product", "RationalQuadratic", "RBF", "Sum", "WhiteKernel",
)  # fmt: skip
_DISTANCES = (
    "BrayCurtisDistance", "CanberraDistance", "ChebyshevDistance", "EuclideanDistance", "HammingDistance",
    "HaversineDistance", "JaccardDistance", "ManhattanDistance", "MinkowskiDistance", "SEuclideanDistance",
)  # fmt: skip
_SPLITTERS = (
    "GroupKFold", "GroupShuffleSplit", "KFold", "LeaveOneGroupOut", "LeaveOneOut", "RepeatedKFold",
    "RepeatedStratifiedKFold", "ShuffleSplit", "StratifiedGroupKFold", "StratifiedKFold", "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)  # fmt: skip
_SCORES = ("chi2", "f_classif", "f_oneway", "f_regression", "r_regression")

TRUSTED_TYPES: Final[frozenset[str]] = frozenset(
    {
        "numpy.dtype",
        "numpy.mean",
        "numpy.median",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_elkan",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.ensemble._gb_losses.LeastSquaresError",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.metrics._classification.balanced_accuracy_score",
        "sklearn.metrics._scorer._CurveScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
        *[f"sklearn._loss.loss.{name}" for name in _LOSSES],
        *[f"sklearn._loss._loss.Cy{name}" for name in _LOSSES],
        *[f"sklearn.gaussian_process.kernels.{name}" for name in _KERNELS],
        *[f"sklearn.model_selection._split.{name}" for name in _SPLITTERS],
        *[f"sklearn.metrics._dist_metrics.{name}{width}" for name in _DISTANCES for width in ("", "32", "64")],
        *[f"sklearn.feature_selection._univariate_selection.{name}" for name in _SCORES],
    }
)
