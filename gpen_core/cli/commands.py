"""The commands of `gpen`, in the order of its help."""

from . import advise, evaluate, faces, info, repaint, report, restore, watch, weights

COMMANDS = (restore, watch, repaint, report, faces, advise, evaluate, weights, info)
