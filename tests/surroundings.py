"""The state of a process that its other users rely on; knows nothing of this project."""

from __future__ import annotations

import gc
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageFile


def surroundings() -> dict[str, Any]:
    """Values by name, comparable with those of another moment."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    return {
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads(), cv2.getNumThreads()),
        "deterministic": (torch.are_deterministic_algorithms_enabled(), cudnn.deterministic, cudnn.benchmark),
        "cudnn": (cudnn.enabled, cudnn.allow_tf32, torch.backends.mkldnn.enabled),
        "matmul": (
            matmul.allow_tf32,
            matmul.allow_fp16_reduced_precision_reduction,
            torch.get_float32_matmul_precision(),
        ),
        "autocast": (torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled("cuda")),
        "torch.load": torch.load,
        "opencv": (cv2.useOptimized(), cv2.ocl.useOpenCL()),
        "sys.path": list(sys.path),
        "meta path": list(map(repr, sys.meta_path)),
        "environment": dict(os.environ),
        "random states": (random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()),
        "numpy": (np.geterr(), repr(np.get_printoptions())),
        "warnings": list(warnings.filters),
        "folder": os.getcwd(),
        "logging": (list(logging.root.handlers), logging.root.level, logging.raiseExceptions),
        "signals": {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)},
        "hooks": (sys.excepthook, threading.excepthook, sys.displayhook),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "locale": locale.setlocale(locale.LC_ALL),
        "pillow": (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES),
        "recursion": sys.getrecursionlimit(),
    }


def changed(before: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is otherwise now, as (before, now)."""
    after = surroundings()
    return {name: (value, after[name]) for name, value in before.items() if value != after[name]}
