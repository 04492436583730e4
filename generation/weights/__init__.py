"""The files engines load, pinned to a revision. Standard library only: the web process reads this too."""

from generation.weights.built_in import BuiltIn
from generation.weights.entry import Weights
from generation.weights.folder import DEPTH_MODELS, BadWeights, read_folder
from generation.weights.registry import Registry

__all__ = ["DEPTH_MODELS", "BadWeights", "BuiltIn", "Registry", "Weights", "read_folder"]
