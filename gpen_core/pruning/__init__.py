"""A smaller network of any GPEN checkpoint: fewer channels, chosen by what their loss would change."""

from .pruner import DEFAULT_RATIO, RECIPE, prune

__all__ = ["DEFAULT_RATIO", "RECIPE", "prune"]
