"""Write every generated file: `make generated`, or `python tools/generate/build_all.py`.

Schemas of the nodes, English labels and messages, example workflows, blueprint. tests/tools/test_generated.py holds
them up to date.
"""

from __future__ import annotations

import build_blueprint
import build_locales
import build_messages
import build_schemas
import build_workflows
from pack_loader import PROJECT, load_nodes

# Workflows and blueprint are built from the schemas that are stored, so schemas come first.
PARTS = (build_schemas.files, build_locales.files, build_messages.files, build_workflows.files, build_blueprint.files)


def main() -> None:
    nodes = load_nodes()
    for part in PARTS:
        for path, text in part(nodes).items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
                print(f"wrote {path.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
