"""The commands of `gpen`, in the order of its help."""

from . import advise, evaluate, faces, info, restore, weights

COMMANDS = (restore, faces, advise, evaluate, weights, info)
