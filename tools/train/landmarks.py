"""Train the two tiny networks of the embedded face detector, weights/face-landmarks-5.safetensors, on a CPU.

    python tools/train/landmarks.py --faces DIR --masks DIR --yunet FILE --run runs/landmarks
    python tools/train/landmarks.py --run runs/landmarks --export weights/face-landmarks-5.safetensors

DIR of faces: aligned 512 px faces; DIR of masks: their CelebAMask-HQ parse masks (see weights/README.md for those
used); FILE: yunet_n_640_640.onnx, the teacher. Four steps, each kept in the run folder, so that started again with the
same command it goes on:

1. labels: landmarks by the teacher, checked with the masks (landmark_labels.py);
2. proposals: the network that finds faces, on made-up scenes (landmark_scenes.py);
3. mistakes: what it takes for a face in scenes where none is;
4. landmarks: the network that looks closely, on faces roughly placed as the first network or it itself would, and on
   those mistakes.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from landmark_labels import Picture, Points, Teacher, agrees
from landmark_scenes import Scenes, degrade, load_negatives, load_person
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from gpen_core.faces.face_window import cut_window, face_size, image_to_window
from gpen_core.faces.landmark_network import CELL, POINT_UNIT, WINDOW, FaceNetworks, FaceProposals
from gpen_core.image.geometry import apply

Batch = tuple[Tensor, ...]
SCENE = 128  # px, side of the scenes of step 2
# px of face size: found by the proposals; between these and the outer limits neither asked for nor forbidden.
FOUND, ALLOWED = (17.0, 44.0), (12.0, 62.0)
WORKERS = 2
AVERAGE = 0.995  # decay of the running average of the weights, per step


def labels(args: argparse.Namespace) -> dict[str, Points]:
    """Name of each usable face and its landmarks."""
    file = args.run / "labels.npz"
    if not file.exists():
        teacher = Teacher(args.yunet)
        found: dict[str, Points] = {}
        for path in sorted(args.faces.glob("*.jpg")):
            points = teacher.label(np.asarray(Image.open(path).convert("RGB")))
            mask = args.masks / f"{path.stem}.png"
            if points is not None and (not mask.exists() or agrees(points, np.asarray(Image.open(mask)))):
                found[path.stem] = points
        np.savez(file, allow_pickle=False, **found)
        print(f"{len(found)} faces labelled")
    with np.load(file) as stored:
        return {name: stored[name] for name in stored.files}


def proposal_batch(scenes: Scenes, rng: np.random.Generator, batch: int = 48) -> Batch:
    """Scenes and, for each cell, whether it is a face's (1, 0, or -1 for either) and the landmarks from its centre."""
    pictures, wanted, offsets = [], [], []
    cells = np.arange(SCENE // CELL) * CELL + (CELL - 1) / 2
    centres = np.stack(np.meshgrid(cells, cells), axis=-1)
    for _ in range(batch):
        picture, faces = scenes.scene(SCENE, rng)
        target = np.zeros(centres.shape[:2], np.float32)
        offset = np.zeros((*centres.shape[:2], 5, 2), np.float32)
        for points, clear in faces:
            size = face_size(points)
            if not ALLOWED[0] < size < ALLOWED[1]:
                continue
            distance = np.linalg.norm(centres - points.mean(axis=0), axis=-1) / size
            target[(distance < 0.5) & (target == 0)] = -1
            if clear and FOUND[0] < size < FOUND[1]:
                core = (distance < 0.22) | (distance == distance.min())
                target[core] = 1
                offset[core] = points - centres[core][:, None]
        pictures.append(picture)
        wanted.append(target)
        offsets.append(offset)
    return to_tensor(pictures), torch.from_numpy(np.stack(wanted)), torch.from_numpy(np.stack(offsets))


def proposal_loss(net: nn.Module, pictures: Tensor, wanted: Tensor, offsets: Tensor) -> Tensor:
    """Focal loss of the scores (Lin et al., 2017, gamma 2) and smooth L1 of the landmarks, per face cell."""
    logits, points = net(pictures)
    known, faces = wanted >= 0, wanted > 0
    entropy = F.binary_cross_entropy_with_logits(logits, wanted.clamp(min=0), reduction="none")
    miss = (torch.sigmoid(logits) - wanted.clamp(min=0)).abs()
    count = faces.sum().clamp(min=1)
    score = (entropy * miss.square())[known].sum() / count
    place = F.smooth_l1_loss(points[faces] / POINT_UNIT, offsets[faces] / POINT_UNIT, beta=0.05, reduction="sum")
    return score + place / count / 5


def mistakes(args: argparse.Namespace, scenes: Scenes, net: FaceProposals) -> NDArray[np.uint8]:
    """Windows (N, 64, 64, 3) of what the proposals take for a face where none is, at twice their resolution."""
    file = args.run / "mistakes.npy"
    if not file.exists():
        rng = np.random.default_rng(1)
        windows: list[Picture] = []
        start = time.monotonic()
        while len(windows) < 8000 and time.monotonic() - start < 60 * args.mistake_minutes:
            windows += _mistakes_of_one_scene(scenes, net, rng)
        np.save(file, np.stack(windows))
        print(f"{len(windows)} mistakes collected")
    return np.load(file)


def _mistakes_of_one_scene(scenes: Scenes, net: FaceProposals, rng: np.random.Generator) -> list[Picture]:
    picture, faces = scenes.scene(2 * SCENE, rng)
    half = cv2.resize(picture, (SCENE, SCENE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    with torch.inference_mode():
        logits, points = net(to_tensor([half]))
    rows, columns = np.nonzero(logits[0].numpy() > -1.5)
    windows: list[Picture] = []
    taken: list[Points] = []
    for y, x in zip(rows, columns, strict=True):
        found = points[0, y, x].double().numpy() + np.array([x, y]) * CELL + (CELL - 1) / 2
        found = found * 2 + 0.5
        size = face_size(found)
        centre = found.mean(axis=0)
        others = [face for face, _ in faces] + taken
        near = [np.linalg.norm(centre - face.mean(axis=0)) < 0.5 * max(size, face_size(face)) for face in others]
        if any(near) or not 8 < size < 8 * SCENE:
            continue
        taken.append(found)
        windows.append(cut_window(picture, image_to_window(found, WINDOW), WINDOW))
    return windows


def landmark_batch(scenes: Scenes, negatives: NDArray[np.uint8], rng: np.random.Generator, batch: int = 128) -> Batch:
    """Windows, whether each shows a face (1 or 0), and its landmarks in the window."""
    windows: list[Picture] = []
    wanted: list[float] = []
    targets: list[Points] = []

    def add(window: Picture, is_face: bool, points: Points) -> None:
        windows.append(window)
        wanted.append(float(is_face))
        targets.append(points)

    nothing = np.zeros((5, 2))
    while len(windows) < batch:
        size = float(np.exp(rng.uniform(np.log(16), np.log(66))))
        picture, points = scenes.face(144, size, rng)
        upright = image_to_window(points, WINDOW)
        for kind in ("rough", "close", "close", "close", "off"):
            window = jitter(upright, kind, rng)
            add(cut_window(picture, window, WINDOW), kind != "off", apply(window, points) if kind != "off" else nothing)
        for index in rng.integers(len(negatives), size=2):
            add(degrade(negatives[index], rng) if rng.random() < 0.5 else negatives[index], False, nothing)
        if rng.random() < 0.5:
            add(degrade(scenes.background(WINDOW, rng), rng), False, nothing)
    return (
        to_tensor(windows[:batch]),
        torch.tensor(wanted[:batch]),
        torch.from_numpy(np.stack(targets[:batch])).float(),
    )


def jitter(upright: Points, kind: str, rng: np.random.Generator) -> Points:
    """A window (2, 3) near the upright one: like a proposal ("rough"), a second look ("close") or beside ("off")."""
    turn, zoom, shift = {"rough": (38.0, 0.35, 0.15), "close": (10.0, 0.12, 0.05), "off": (40.0, 0.5, 0.3)}[kind]
    log_scale, move = rng.uniform(-zoom, zoom), rng.uniform(-shift, shift, 2)
    if kind == "off":
        if rng.random() < 0.4:
            log_scale = rng.choice((-1, 1)) * rng.uniform(0.85, 1.6)
        else:
            angle = rng.uniform(0, 2 * np.pi)
            move = rng.uniform(0.5, 0.9) * np.array([np.cos(angle), np.sin(angle)])
    middle = (WINDOW - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), rng.uniform(-turn, turn), float(np.exp(log_scale)))
    matrix = matrix.astype(np.float64)
    matrix[:, 2] += move * WINDOW
    return np.concatenate([matrix[:, :2] @ upright[:, :2], apply(matrix, upright[:, 2])[:, None]], axis=1)


def landmark_loss(net: nn.Module, windows: Tensor, wanted: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of the score and mean distance of the landmarks, in units of 4 px."""
    logits, points = net(windows)
    faces = wanted > 0
    place = F.smooth_l1_loss(points[faces] / 4, targets[faces] / 4, beta=0.1)
    return F.binary_cross_entropy_with_logits(logits, wanted) + 5 * place


def to_tensor(pictures: list[Picture]) -> Tensor:
    """(N, 3, H, W) in [-1, 1], channels last."""
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return batch.float().div_(127.5).sub_(1.0).contiguous(memory_format=torch.channels_last)


def endless(make: Callable[[np.random.Generator], Batch], seed: int) -> Iterator[Batch]:
    """Batches made ahead by threads, each with its own random numbers."""
    with ThreadPoolExecutor(WORKERS) as pool:
        seeds = np.random.SeedSequence(seed)
        waiting = [pool.submit(make, np.random.default_rng(s)) for s in seeds.spawn(2 * WORKERS)]
        while True:
            yield waiting.pop(0).result()
            waiting.append(pool.submit(make, np.random.default_rng(seeds.spawn(1)[0])))


def train(
    net: nn.Module,
    make: Callable[[np.random.Generator], Batch],
    loss_of: Callable[..., Tensor],
    checkpoint: Path,
    minutes: float,
    rate: float,
) -> None:
    """Adam with a cosine rate over the minutes given, earlier runs counted in; leaves the averaged weights in `net`."""
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    step, seconds = 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(saved["net"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, seconds = saved["step"], saved["seconds"]
    net.train()
    last, losses = time.monotonic(), deque(maxlen=100)
    for batch in endless(make, seed=step):
        finished = seconds >= 60 * minutes
        if finished or step % 200 == 199:
            parts = {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save(parts | {"step": step, "seconds": seconds}, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
        if finished:
            break
        fraction = seconds / (60 * minutes)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(net, *batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(net)
        now = time.monotonic()
        step, seconds, last = step + 1, seconds + now - last, now
        losses.append(loss.item())
        if step % 100 == 0:
            print(f"{checkpoint.stem}: {step} steps, {seconds / 60:.1f} min, loss {np.mean(losses):.4f}", flush=True)
    net.load_state_dict(average.module.state_dict())
    net.eval()


def run(args: argparse.Namespace) -> None:
    """All four steps."""
    args.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    cv2.setNumThreads(1)
    people = [
        load_person(args.faces / f"{name}.jpg", args.masks / f"{name}.png", points)
        for name, points in labels(args).items()
    ]
    scenes = Scenes(people, load_negatives())
    nets = FaceNetworks()

    train(nets.proposals, lambda rng: proposal_batch(scenes, rng), proposal_loss, args.run / "proposals.pt",
          args.proposal_minutes, 4e-3)  # fmt: skip
    negatives = mistakes(args, scenes, nets.proposals)
    train(nets.landmarks, lambda rng: landmark_batch(scenes, negatives, rng), landmark_loss, args.run / "landmarks.pt",
          args.landmark_minutes, 4e-3)  # fmt: skip


def export(folder: Path, target: Path) -> None:
    """Write the averaged weights of both networks as float16 safetensors."""
    nets = FaceNetworks()
    for name, net in nets.named_children():
        saved = torch.load(folder / f"{name}.pt", weights_only=True)["average"]
        net.load_state_dict({key.removeprefix("module."): v for key, v in saved.items() if key != "n_averaged"})
    tensors = {
        name: tensor.half().contiguous()
        for name, tensor in nets.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target, metadata={"format": "pt"})
    print(f"wrote {target}, {target.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="folder of aligned 512 px faces")
    parser.add_argument("--masks", type=Path, help="folder of their parse masks")
    parser.add_argument("--yunet", type=Path, help="yunet_n_640_640.onnx")
    parser.add_argument("--run", type=Path, default=Path("runs/landmarks"), help="folder of the results so far")
    parser.add_argument("--proposal-minutes", type=float, default=12.0)
    parser.add_argument("--mistake-minutes", type=float, default=2.5)
    parser.add_argument("--landmark-minutes", type=float, default=32.0)
    parser.add_argument("--export", type=Path, help="write the weights to this file instead of training")
    args = parser.parse_args()
    if args.export:
        export(args.run, args.export)
    elif args.faces and args.masks and args.yunet:
        run(args)
    else:
        parser.error("give --faces, --masks and --yunet to train, or --export to write the weights")


if __name__ == "__main__":
    main()
