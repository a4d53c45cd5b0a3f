"""Make the thumbnails of the workflows and the pictures of the help pages: `make pictures`.

Every picture is made by the pack itself, by running its own workflows on its own example pictures.
"""

from __future__ import annotations

import json

import build_workflows as workflows
import thumbnails
from build_schemas import load_schemas
from executor import run
from pack_loader import PROJECT, Nodes, load_nodes
from PIL import Image
from workflow_graph import to_prompt

DOCS = PROJECT / "web" / "docs"

_HELP_WIDTH = 900  # px
_THUMBNAILS = {
    workflows.restore_a_photo: thumbnails.face,
    workflows.group_photo: thumbnails.choice,
    workflows.old_photo: thumbnails.whole,
    workflows.low_vram: thumbnails.strips,
    workflows.batch: thumbnails.sheet,
    workflows.crop_edit_paste: thumbnails.stages,
    workflows.advisor: thumbnails.chart,
    workflows.video: thumbnails.frames,
    workflows.upscale_then_restore: thumbnails.enlarged,
}
_CARDS = {  # of those that cannot run here
    workflows.after_stable_diffusion: lambda: thumbnails.card("Text to image\nthen GPEN Enhance"),
    workflows.colourise: lambda: thumbnails.start("old_photo.jpg", "Colourise"),
    workflows.inpaint: lambda: thumbnails.start("scratched.png", "Inpaint"),
    workflows.face_from_segmentation: lambda: thumbnails.start("segmentation.png", "to a face"),
}


def main() -> None:
    nodes = load_nodes()
    for make in workflows.WORKFLOWS:
        name = make().name
        if name in workflows.NEEDS_DOWNLOADS:
            thumbnail = _CARDS[make]()
        else:
            results = _results(nodes, name)
            thumbnail = _THUMBNAILS[make](results)
            _help_pictures(results)
        thumbnail.save(workflows.FOLDER / f"{name}.jpg", quality=85)


def _results(nodes: Nodes, name: str) -> thumbnails.Results:
    workflow = json.loads((workflows.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    prompt = to_prompt(workflow, load_schemas())
    results = run(nodes, prompt)
    return {prompt[number]["class_type"]: result for number, result in results.items()}


def _help_pictures(results: thumbnails.Results) -> None:
    if "GPENFaceCrop" in results:
        _reduced(thumbnails.pixels(results["GPENFaceCrop"].args[3])).save(DOCS / "face_crop.jpg", quality=85)
    if "GPENAdvisor" in results:
        _reduced(thumbnails.pixels(results["GPENAdvisor"].args[-1])).save(DOCS / "advisor.jpg", quality=85)


def _reduced(picture: thumbnails.Picture) -> Image.Image:
    image = Image.fromarray(picture)
    image.thumbnail((_HELP_WIDTH, 4 * _HELP_WIDTH), Image.Resampling.LANCZOS)
    return image


if __name__ == "__main__":
    main()
