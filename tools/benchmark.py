"""Measure what the network costs, with random weights of the published shapes.

python tools/benchmark.py speed [--sizes 256 512] [--batch 1] [--runs 7] [--threads 2]
python tools/benchmark.py memory [--sizes 256 512] [--precisions fp32 bf16] [--batches 1 4 8] [--json FILE]
python tools/benchmark.py all
"""

from __future__ import annotations

import argparse

import benchmark_memory
import benchmark_speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(required=True)
    benchmark_speed.add_arguments(subparsers.add_parser("speed", help="the network against a plain implementation"))
    benchmark_memory.add_arguments(subparsers.add_parser("memory", help="peak memory, weights included"))
    subparsers.add_parser("all", help="both, as they come").set_defaults(func=_report_all)
    args = parser.parse_args()
    args.func(args)


def _report_all(_: argparse.Namespace) -> None:
    for part in (benchmark_speed, benchmark_memory):
        parser = argparse.ArgumentParser()
        part.add_arguments(parser)
        part.report(parser.parse_args([]))


if __name__ == "__main__":
    main()
