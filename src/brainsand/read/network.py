"""The parcellation network, read once at the edge from ``brainsand/knowledge/parcellation.onnx``."""

from __future__ import annotations

import os
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from brainsand.model.reference import Network

Single = NDArray[np.float32]


def load_network(threads: int | None = None) -> Network:
    """The network as a function of arrays; see :mod:`brainsand.anatomy.parcel` for what goes in and out.

    It runs on the processor alone and never asks for the network or another device; on as many cores as there
    are, or on ``threads`` of them. With one no thread works for it, so that the process can be split in two (fork).
    """
    # From version 1.32 on, onnxruntime tells its maker of every use, over the network and by default, and keeps a
    # database in the user's home; this is read when it is imported (its Privacy.md).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    weights = resources.files("brainsand.knowledge").joinpath("parcellation.onnx").read_bytes()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    if threads is not None:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    # Threads that wait for work must not keep a core busy that others could use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def network(channels: Single) -> Single:
        return np.asarray(session.run(None, {name: np.ascontiguousarray(channels, np.float32)})[0])

    return network
