"""The files engines load, pinned to a revision. Standard library only: the web process reads this too."""

from generation.weights.folder import DEPTH_MODELS, BadWeights, read_folder
from generation.weights.registry import Registry, Weights

__all__ = ["DEPTH_MODELS", "BadWeights", "Registry", "Weights", "read_folder"]
