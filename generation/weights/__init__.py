"""The files engines load, pinned to a revision. Standard library only: the web process reads this too."""

from generation.weights.folder import BadWeights, read_folder
from generation.weights.registry import Registry, Weights

__all__ = ["BadWeights", "Registry", "Weights", "read_folder"]
