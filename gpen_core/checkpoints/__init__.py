"""Weight files: reading them safely, knowing the published ones, finding, fetching, verifying, converting, pruning."""

from .build import family_in, load_generator_from, load_network
from .catalog import CatalogEntry, all_entries, find_entry
from .conversion import convert
from .download import fetch
from .folders import (
    EMBEDDED_NETWORK,
    add_folder,
    download_folder,
    embedded_folder,
    find_file,
    is_embedded,
    networks_here,
    resolve,
    search_folders,
)
from .pruned import PRUNED_MARK, convert_pruned, load_pruned_generator
from .reader import NETWORK_SUFFIXES, read_state_dict
from .verification import VerifyResult, sha256_of, verify

__all__ = [
    "EMBEDDED_NETWORK",
    "NETWORK_SUFFIXES",
    "PRUNED_MARK",
    "CatalogEntry",
    "VerifyResult",
    "add_folder",
    "all_entries",
    "convert",
    "convert_pruned",
    "download_folder",
    "embedded_folder",
    "family_in",
    "fetch",
    "find_entry",
    "find_file",
    "is_embedded",
    "load_generator_from",
    "load_network",
    "load_pruned_generator",
    "networks_here",
    "read_state_dict",
    "resolve",
    "search_folders",
    "sha256_of",
    "verify",
]
