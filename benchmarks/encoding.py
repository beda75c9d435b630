"""Sentence-transformers' encode by one of its backends, in a process of its own, told by lines when to go.

A backend wants other versions of transformers than the study, now and then: another interpreter may run this file,
which imports nothing of vadstudy. The last line that it prints of itself is "ready"; then each line on its standard
input is a turn, answered by the seconds and the processors' seconds that it took.
"""

import importlib
import json
import sys
import time
from pathlib import Path


def settings_of(backend, threads):
    """Options of a backend that give it so many threads and single precision."""
    if backend == "openvino":
        return {"ov_config": {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}}
    if backend == "onnx":
        options = importlib.import_module("onnxruntime").SessionOptions()
        options.intra_op_num_threads = threads
        return {"provider": "CPUExecutionProvider", "session_options": options}
    return {}


def main(folder, backend, threads, max_length, texts, vectors):
    # The converter of OpenVINO reports its use by this module, and does without where there is none.
    sys.modules.setdefault("openvino_telemetry", None)
    import numpy as np
    import torch

    library, settings = importlib.import_module("sentence_transformers"), settings_of(backend, int(threads))
    torch.set_num_threads(int(threads))
    # A folder without a list of modules gets mean pooling.
    model = library.SentenceTransformer(folder, device="cpu", backend=backend, model_kwargs=settings)
    model.max_seq_length = int(max_length)
    some = json.loads(Path(texts).read_text(encoding="utf-8"))
    np.save(vectors, model.encode(some[:64], show_progress_bar=False))
    print("ready", flush=True)
    for _ in sys.stdin:
        started, worked = time.perf_counter(), time.process_time()
        model.encode(some, show_progress_bar=False)
        print(json.dumps([time.perf_counter() - started, time.process_time() - worked]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
