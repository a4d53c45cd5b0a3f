"""What users of GPEN have learnt about settings that disappoint."""

from __future__ import annotations

from ..finish.details import SMALLEST_FOR_DETAILS
from ..settings import RestoreSettings

_STRONG = 80.0
_APART = 40.0  # denoise 20 with sharpen 60, and 70 with 60, are pairs that users recommend
_CONTRAST, _BRIGHTNESS = (40.0, 60.0), (35.0, 65.0)

# Of whatever is written as JPEG.
JPEG_LOSES = "JPEG loses detail each time it is saved: store as PNG what you want to keep or to work on"


def warn(settings: RestoreSettings, short_side: int | None = None) -> tuple[str, ...]:
    """Warnings about settings that are likely to disappoint, one sentence each, most important first.

    short_side: of the picture, px, where it is known.
    """
    warnings = []
    if settings.strength > _STRONG:
        warnings.append(f"strength {settings.strength:g} is above {_STRONG:g}: skin may look like plastic")
        if settings.mode == "strong" and settings.sharpen > _STRONG:
            warnings.append(
                f"mode strong with strength and sharpen above {_STRONG:g} makes wax figures: "
                "try strength 70, natural, skin_protect on, denoise 50, sharpen 60"
            )
    if not settings.skin_protect:
        warnings.append("skin_protect is off: skin may change its colour and lose its texture")
    warnings += _balance(settings)
    warnings += _outside("contrast", settings.contrast, _CONTRAST)
    warnings += _outside("brightness", settings.brightness, _BRIGHTNESS)
    if settings.detail_enhance and short_side is not None and short_side < SMALLEST_FOR_DETAILS:
        warnings.append(
            f"detail_enhance was left out: the picture's short side is {short_side} px, it needs "
            f"{SMALLEST_FOR_DETAILS} px (best from 1200): enlarge the picture first"
        )
    return tuple(warnings)


def _balance(settings: RestoreSettings) -> list[str]:
    """Denoise and sharpen belong together: pairs such as 20 to 30 with 40 to 60, 50 to 70 with 60 to 80."""
    pair = f"denoise {settings.denoise:g} and sharpen {settings.sharpen:g} are far apart"
    if settings.denoise - settings.sharpen > _APART:
        return [f"{pair}: the face may look soft, raise sharpen as well"]
    if settings.sharpen - settings.denoise > _APART:
        return [f"{pair}: noise may be sharpened too, raise denoise as well"]
    return []


def _outside(name: str, value: float, safe: tuple[float, float]) -> list[str]:
    low, high = safe
    if low <= value <= high:
        return []
    return [f"{name} {value:g} is outside {low:g} to {high:g}: the face may not fit its picture any more"]
