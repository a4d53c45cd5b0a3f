"""Stand-in for ComfyUI's folders."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

base = tempfile.mkdtemp(prefix="comfyui-")
models_dir = os.path.join(base, "models")
folder_names_and_paths: dict[str, tuple[list[str], set[str]]] = {}


def add_model_folder_path(folder_name: str, full_folder_path: str, is_default: bool = False) -> None:
    paths, _ = folder_names_and_paths.setdefault(folder_name, ([], set()))
    if full_folder_path not in paths:
        paths.insert(0 if is_default else len(paths), full_folder_path)


def get_folder_paths(folder_name: str) -> list[str]:
    return list(folder_names_and_paths[folder_name][0])


def get_filename_list(folder_name: str) -> list[str]:
    paths, suffixes = folder_names_and_paths[folder_name]
    files = {file: Path(path) for path in paths for file in Path(path).rglob("*") if file.is_file()}
    return sorted(
        file.relative_to(path).as_posix() for file, path in files.items() if not suffixes or file.suffix in suffixes
    )


def get_full_path(folder_name: str, filename: str) -> str | None:
    for path in folder_names_and_paths[folder_name][0]:
        full = os.path.join(path, filename)
        if os.path.isfile(full):
            return full
    return None


def get_output_directory() -> str:
    return os.path.join(base, "output")


def get_temp_directory() -> str:
    return os.path.join(base, "temp")


def get_save_image_path(
    filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
) -> tuple[str, str, int, str, str]:
    subfolder, filename = os.path.split(os.path.normpath(filename_prefix))
    folder = os.path.join(output_dir, subfolder)
    os.makedirs(folder, exist_ok=True)
    counter = 1 + len([name for name in os.listdir(folder) if name.startswith(filename + "_")])
    return folder, filename, counter, subfolder, filename_prefix
