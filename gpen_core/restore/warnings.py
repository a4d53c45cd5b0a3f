"""What users of GPEN have learnt about settings that disappoint."""

from __future__ import annotations

from ..finish.details import SMALLEST_FOR_DETAILS
from ..message import Message
from ..settings import RestoreSettings

_STRONG = 80.0
_APART = 40.0  # denoise 20 with sharpen 60, and 70 with 60, are pairs that users recommend
_CONTRAST, _BRIGHTNESS = (40.0, 60.0), (35.0, 65.0)

# Of whatever is written as JPEG.
JPEG_LOSES = Message("JPEG loses detail each time it is saved: store as PNG what you want to keep or to work on")


def warn(settings: RestoreSettings, short_side: int | None = None) -> tuple[str, ...]:
    """Warnings about settings that are likely to disappoint, one sentence each, most important first.

    short_side: of the picture, px, where it is known.
    """
    warnings: list[str] = []
    if settings.strength > _STRONG:
        above = "strength {strength} is above {limit}: skin may look like plastic"
        warnings.append(Message(above, strength=f"{settings.strength:g}", limit=f"{_STRONG:g}"))
        if settings.mode == "strong" and settings.sharpen > _STRONG:
            wax = (
                "mode strong with strength and sharpen above {limit} makes wax figures: "
                "try strength 70, natural, skin_protect on, denoise 50, sharpen 60"
            )
            warnings.append(Message(wax, limit=f"{_STRONG:g}"))
    if not settings.skin_protect:
        warnings.append(Message("skin_protect is off: skin may change its colour and lose its texture"))
    warnings += _balance(settings)
    warnings += _outside(Message("contrast"), settings.contrast, _CONTRAST)
    warnings += _outside(Message("brightness"), settings.brightness, _BRIGHTNESS)
    if settings.detail_enhance and short_side is not None and short_side < SMALLEST_FOR_DETAILS:
        small = (
            "detail_enhance was left out: the picture's short side is {short_side} px, it needs {needed} px "
            "(best from 1200): enlarge the picture first"
        )
        warnings.append(Message(small, short_side=short_side, needed=SMALLEST_FOR_DETAILS))
    return tuple(warnings)


def _balance(settings: RestoreSettings) -> list[str]:
    """Denoise and sharpen belong together: pairs such as 20 to 30 with 40 to 60, 50 to 70 with 60 to 80."""
    values = {"denoise": f"{settings.denoise:g}", "sharpen": f"{settings.sharpen:g}"}
    soft = "denoise {denoise} and sharpen {sharpen} are far apart: the face may look soft, raise sharpen as well"
    noisy = "denoise {denoise} and sharpen {sharpen} are far apart: noise may be sharpened too, raise denoise as well"
    if settings.denoise - settings.sharpen > _APART:
        return [Message(soft, **values)]
    if settings.sharpen - settings.denoise > _APART:
        return [Message(noisy, **values)]
    return []


def _outside(name: str, value: float, safe: tuple[float, float]) -> list[str]:
    low, high = safe
    if low <= value <= high:
        return []
    text = "{name} {value} is outside {low} to {high}: the face may not fit its picture any more"
    return [Message(text, name=name, value=f"{value:g}", low=f"{low:g}", high=f"{high:g}")]
