"""What every diffusers engine shares: loading, memory, the clock of the steps, previews, saved states.

No Django, no Celery. An engine file says which pipeline it drives and how a recipe becomes its arguments; the rest is
here. On a CPU the worker shares the machine with the web server, ffmpeg and a browser, so one core is left to them.
"""

import logging
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Of torchao only tensors with a scale are used, which are plain torch; its own programs are not, and need not fit.
os.environ.setdefault("TORCHAO_FORCE_SKIP_LOADING_SO_FILES", "1")
for name in ("torchao", "torch.utils._pytree"):
    logging.getLogger(name).setLevel(logging.ERROR)

from generation.diffusion.clock import Beat
from generation.diffusion.shooting import Shooting, shoot

__all__ = ["Beat", "Shooting", "shoot"]
