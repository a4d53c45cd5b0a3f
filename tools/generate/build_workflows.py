"""The example workflows.

Coordinates are px of ComfyUI's canvas. A whole workflow takes at most 1690 x 990, so that it opens readable (at 70 %
or more) in a window of 1600 x 950; a link that passes a node has a free lane above it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pack_loader import PROJECT, Nodes
from workflow_builder import Workflow

FOLDER = PROJECT / "example_workflows"
NEEDS_DOWNLOADS = frozenset(
    {"03 After Stable Diffusion - fix faces", "10 Colourise", "11 Inpaint a face", "12 Face from a segmentation"}
)

_GPEN_512 = {
    "name": "GPEN-BFR-512.pth",
    "url": "https://huggingface.co/akhaliq/GPEN-BFR-512/resolve/main/GPEN-BFR-512.pth",
    "directory": "facerestore_models",
}
_STABLE_DIFFUSION = {
    "name": "v1-5-pruned-emaonly-fp16.safetensors",
    "url": "https://huggingface.co/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/"
    "v1-5-pruned-emaonly-fp16.safetensors",
    "directory": "checkpoints",
}
_GPEN_BUCKET = "https://public-vigen-video.oss-cn-shanghai.aliyuncs.com/robin/models/"
_CHOOSE_MODEL = (
    "face-unet comes with the pack. For more detail on large faces choose **GPEN-BFR-512** in "
    "*Load GPEN Model*; entries marked (download) are fetched and verified when you press Run."
)
_OTHER_NETWORK = (
    "The network is fetched from its authors' server: choose the entry marked (download) in *Load GPEN Model*. They "
    "grant no licence: ask them before any commercial use."
)


def restore_a_photo() -> Workflow:
    flow = Workflow(
        "01 Restore a photo",
        "Restores every face; nothing else changes. *GPEN Enhance* shows the largest face before and after, *Save "
        "Image* the whole picture. Put *Load Image* in the place of *Example Picture* for your own.\n\n"
        + _CHOOSE_MODEL,
    )
    flow.note_at(0, 0, 320, 190)
    model = flow.add("GPENLoadModel").at(0, 250, 320)
    photo = flow.add("GPENExamplePicture", picture="portrait").at(0, 560, 320)
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], strength=80).at(370, 0, 560, 740)
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/restored").at(980, 0, 440, 600)
    return flow


def group_photo() -> Workflow:
    flow = Workflow(
        "02 Group photo - choose faces",
        "*Face Crop* finds and numbers the faces and shows them. Choose by number in **indices** (such as 0,2), by "
        "**max faces** and **order**, or connect a mask to **region**. *GPEN Enhance* then restores just those.",
    )
    flow.note_at(0, 0, 300, 190)
    model = flow.add("GPENLoadModel").at(350, 0, 400)
    photo = flow.add("GPENExamplePicture", picture="group").at(0, 270, 300)
    crops = flow.add("GPENFaceCrop", image=photo[0], indices="0").at(350, 350, 400, 590)
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], faces=crops["faces"], strength=80)
    restored.at(800, 240, 460)
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/group").at(1310, 240, 380)
    return flow


def after_stable_diffusion() -> Workflow:
    flow = Workflow(
        "03 After Stable Diffusion - fix faces",
        "Text to image, then the broken faces of full-body pictures are restored. The GPEN network shares the GPU with "
        "the checkpoint: ComfyUI moves it out when it needs the room.\n\nNeeds a checkpoint and GPEN-BFR-512.",
    )
    flow.note_at(576, 450, 501, 150)
    checkpoint = flow.add("CheckpointLoaderSimple", ckpt_name=_STABLE_DIFFUSION["name"], models=[_STABLE_DIFFUSION])
    checkpoint.at(0, 0, 240)
    model = flow.add("GPENLoadModel", model=_GPEN_512["name"], models=[_GPEN_512]).at(852, 160, 225)
    latent = flow.add("EmptyLatentImage", width=512, height=768).at(266, 500, 250)
    positive = flow.add(
        "CLIPTextEncode",
        text="full body photo of three friends walking through a market, smiling, natural light",
        clip=checkpoint[1],
        title="What the picture shows",
    ).at(266, 160, 250, 120)
    negative = flow.add("CLIPTextEncode", text="blurry, deformed", clip=checkpoint[1], title="What it must not show")
    negative.at(266, 330, 250, 120)
    sampled = flow.add(
        "KSampler",
        model=checkpoint[0],
        positive=positive[0],
        negative=negative[0],
        latent_image=latent[0],
        seed=42,
    ).at(576, 100, 250)
    decoded = flow.add("VAEDecode", samples=sampled[0], vae=checkpoint[2]).at(852, 0, 225)
    fixed = flow.add("GPENEnhance", model=model[0], image=decoded[0], strength=70).at(1103, 0, 314)
    flow.add("GPENSaveImage", images=fixed["image"], filename_prefix="GPEN/generated").at(1443, 0, 246, 500)
    return flow


def old_photo() -> Workflow:
    flow = Workflow(
        "04 Old photo",
        "A faded print: brought to size and exposure, local contrast lifted, faces restored, and the skin's own tone "
        "and texture brought back. The sepia stays.",
    )
    flow.note_at(0, 340, 480, 110)
    model = flow.add("GPENLoadModel").at(510, 300, 225)
    photo = flow.add("GPENExamplePicture", picture="old_photo").at(0, 0, 225)
    standard = flow.add("GPENStandardise", image=photo[0], short_side=1024, auto_exposure=True).at(255, 0, 225)
    contrast = flow.add("GPENCLAHE", image=standard[0], clip_limit=1.5).at(510, 0, 225)
    restored = flow.add(
        "GPENEnhance",
        model=model[0],
        image=contrast[0],
        strength=80,
        mode="strong",
        denoise=50,
        sharpen=60,
        contrast=45,
        brightness=45,
    ).at(765, 110, 340)
    blended = flow.add("GPENSkinProtectBlend", original=contrast[0], enhanced=restored["image"]).at(1135, 0, 225)
    flow.add("GPENSaveImage", images=blended["image"], filename_prefix="GPEN/old_photo").at(1390, 0, 300, 450)
    return flow


def low_vram() -> Workflow:
    flow = Workflow(
        "05 Low VRAM",
        "For cards with 2 GB: half precision, the pruned variant (face-unet is small as it is), one face at a time "
        "(*batch size* and *tile size* are advanced inputs of *GPEN Enhance*). When memory still runs out, the network "
        "is evaluated in strips and then on the CPU; the report says so.\n\nThe pruned variant of a GPEN file is made "
        "when it is first used: minutes, once. *Load GPEN Model* shows how far it is, and Cancel stops it.\n\n"
        + _CHOOSE_MODEL,
    )
    flow.note_at(0, 0, 320, 260)
    model = flow.add("GPENLoadModel", precision="fp16", variant="pruned").at(0, 320, 320)
    photo = flow.add("GPENExamplePicture", picture="portrait").at(0, 620, 320)
    restored = flow.add(
        "GPENEnhance",
        model=model[0],
        image=photo[0],
        strength=80,
        tile_size=256,
        overlap=32,
        batch_size=1,
    ).at(370, 0, 560, 740)
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/low_vram").at(980, 0, 440, 600)
    return flow


def batch() -> Workflow:
    flow = Workflow(
        "06 Batch of images",
        "Every picture of a batch is restored, in order; faces of several pictures share a pass of the network. "
        "Pictures of different sizes: bring them to one size first, or use the command line for folders.",
    )
    flow.note_at(0, 0, 300, 200)
    model = flow.add("GPENLoadModel").at(350, 0, 270)
    first = flow.add("GPENExamplePicture", picture="portrait").at(0, 290, 300)
    second = flow.add("GPENExamplePicture", picture="old_photo").at(0, 440, 300)
    pictures: dict[str, Any] = {"images.image0": first[0], "images.image1": second[0]}
    images = flow.add("BatchImagesNode", **pictures).at(350, 290, 270)
    restored = flow.add("GPENEnhance", model=model[0], image=images[0], strength=80).at(670, 0, 520, 720)
    flow.add(
        "GPENSaveImage", images=restored["image"], filename_prefix="GPEN/batch", format="jpeg", title="Save as JPEG"
    ).at(1240, 0, 440, 500)
    return flow


def crop_edit_paste() -> Workflow:
    flow = Workflow(
        "07 Crop, edit, paste",
        "The restored faces can be edited by any node before they go back: here they are enlarged and sharpened. "
        "*Paste Faces* takes crops of any size, and a picture of any scale.",
    )
    flow.note_at(687, 500, 729, 90)
    model = flow.add("GPENLoadModel").at(0, 170, 250)
    photo = flow.add("GPENExamplePicture", picture="portrait").at(0, 0, 250)
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], strength=100).at(277, 90, 384)
    edited = flow.add("ImageScale", image=restored["crops"], upscale_method="bicubic", width=512, height=512)
    edited.at(687, 260, 225)
    sharper = flow.add("ImageSharpen", image=edited[0], sharpen_radius=1, sigma=0.7, alpha=0.4).at(939, 260, 225)
    pasted = flow.add("GPENPasteFaces", image=photo[0], crops=sharper[0], faces=restored["faces"], strength=80)
    pasted.at(1191, 0, 225)
    flow.add("GPENSaveImage", images=pasted["image"], filename_prefix="GPEN/pasted").at(1443, 0, 247, 420)
    return flow


def advisor() -> Workflow:
    flow = Workflow(
        "08 Advisor",
        "*GPEN Advisor* measures the picture and its faces and proposes settings, each with its reason; the chart "
        "shows the measures against their thresholds. The settings are connected: the sliders of *GPEN Enhance* rest.",
    )
    flow.note_at(0, 0, 300, 190)
    model = flow.add("GPENLoadModel").at(350, 0, 400)
    photo = flow.add("GPENExamplePicture", picture="portrait").at(0, 270, 300)
    advice = flow.add("GPENAdvisor", image=photo[0]).at(350, 350, 400, 600)
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], settings=advice["settings"]).at(800, 240, 460)
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/advised").at(1310, 240, 380, 560)
    return flow


def colourise() -> Workflow:
    flow = Workflow(
        "10 Colourise",
        "GPEN's colourisation network colours the face; **spread** gives the rest of the picture colours of the same "
        "brightness from around it, so that no grey neck borders on the face.\n\n" + _OTHER_NETWORK,
    )
    return _with_other_network(flow, "GPEN-Colorization-1024.pth", "old_photo", "GPENColourise", "colourised")


def inpaint() -> Workflow:
    flow = Workflow(
        "11 Inpaint a face",
        "What is painted over in pure white is made anew. For your own pictures: *Load Image*, right-click, *Open in "
        "MaskEditor*, and connect its mask to **mask**.\n\n" + _OTHER_NETWORK,
    )
    return _with_other_network(flow, "GPEN-Inpainting-1024.pth", "scratched", "GPENInpaint", "inpainted")


def face_from_segmentation() -> Workflow:
    flow = Workflow(
        "12 Face from a segmentation",
        "A face made of a drawing in the 19 colours of CelebAMask-HQ; the help of *GPEN Face from Segmentation* (press "
        "*i*) has the palette.\n\n" + _OTHER_NETWORK,
    )
    return _with_other_network(flow, "GPEN-Seg2face-512.pth", "segmentation", "GPENSeg2Face", "face")


def _with_other_network(flow: Workflow, name: str, picture: str, node: str, prefix: str) -> Workflow:
    """Picture and network, through one node, into a file."""
    flow.note_at(0, 0, 320, 230)
    declared = {"name": name, "url": _GPEN_BUCKET + name, "directory": "facerestore_models"}
    model = flow.add("GPENLoadModel", model=name, models=[declared]).at(0, 290, 320)
    photo = flow.add("GPENExamplePicture", picture=picture).at(0, 600, 320)
    source: dict[str, Any] = {"segmentation" if node == "GPENSeg2Face" else "image": photo[0]}
    made = flow.add(node, model=model[0], **source).at(370, 0, 560, 640)
    flow.add("GPENSaveImage", images=made[0], filename_prefix=f"GPEN/{prefix}").at(980, 0, 440, 600)
    return flow


def upscale_then_restore() -> Workflow:
    flow = Workflow(
        "13 Upscale, then restore",
        "The picture is enlarged, its faces are restored from the original, where they hold most, and *Paste Faces* "
        "puts them onto the enlarged picture at its scale.\n\nFor an upscaling network put *Upscale Image (using "
        "Model)* in the place of *Upscale Image By*: the faces do not pass through it.",
    )
    flow.note_at(0, 0, 300, 210)
    photo = flow.add("GPENExamplePicture", picture="portrait").at(0, 300, 300)
    model = flow.add("GPENLoadModel").at(0, 450, 300)
    enlarged = flow.add("ImageScaleBy", image=photo[0], upscale_method="lanczos", scale_by=2.0).at(350, 0, 440)
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], strength=100).at(350, 170, 440, 740)
    pasted = flow.add(
        "GPENPasteFaces", image=enlarged[0], crops=restored["crops"], faces=restored["faces"], strength=80
    )
    pasted.at(840, 0, 270)
    flow.add("GPENSaveImage", images=pasted["image"], filename_prefix="GPEN/upscaled").at(1160, 0, 460, 620)
    return flow


def video() -> Workflow:
    flow = Workflow(
        "09 Video",
        "*GPEN Enhance Video* follows faces through each shot and keeps them steady in time; its report has a line for "
        "each. For your own clips connect *Load Video* to **video** instead of **images**, and *Save Video* to the "
        "output **video**: it is read and written frame by frame, and its sound is kept.\n\n" + _CHOOSE_MODEL,
    )
    flow.note_at(0, 0, 320, 270)
    model = flow.add("GPENLoadModel").at(0, 330, 320)
    clip = flow.add("GPENExamplePicture", picture="clip").at(0, 640, 320)
    restored = flow.add("GPENEnhanceVideo", model=model[0], images=clip[0], strength=80).at(370, 0, 560, 740)
    flow.add("SaveWEBM", images=restored["images"], filename_prefix="GPEN/video", codec="vp9", fps=25.0, crf=20.0).at(
        980, 0, 440, 600
    )
    return flow


WORKFLOWS = (
    restore_a_photo,
    group_photo,
    after_stable_diffusion,
    old_photo,
    low_vram,
    batch,
    crop_edit_paste,
    advisor,
    video,
    colourise,
    inpaint,
    face_from_segmentation,
    upscale_then_restore,
)


def files(nodes: Nodes) -> dict[Path, str]:
    """example_workflows/*.json, from the schemas that are stored."""
    flows = [make() for make in WORKFLOWS]
    return {
        FOLDER / f"{flow.name}.json": json.dumps(flow.as_json(), indent=2, ensure_ascii=False) + "\n" for flow in flows
    }


def texts() -> list[str]:
    """What the workflows write into the graph: titles that are their own, and notes; each once."""
    flows = [make().as_json() for make in WORKFLOWS]
    nodes = [node for flow in flows for node in flow["nodes"]]
    titles = [node["title"] for node in nodes if "title" in node]
    notes = [text for node in nodes if node["type"] == "MarkdownNote" for text in node["widgets_values"]]
    return list(dict.fromkeys([*titles, *notes]))
