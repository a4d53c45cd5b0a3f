"""The commands of `gpen`, in the order of its help."""

from . import advise, evaluate, faces, info, repaint, restore, weights

COMMANDS = (restore, repaint, faces, advise, evaluate, weights, info)
