"""The commands of `gpen`, in the order of its help."""

from . import advise, evaluate, faces, info, repaint, report, restore, weights

COMMANDS = (restore, repaint, report, faces, advise, evaluate, weights, info)
