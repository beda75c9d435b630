"""Whether OpenVINO's answers are PyTorch's on GoEmotions' dev comments: accuracy, labels, logits. Needs the extra."""

import os
import sys

import numpy as np


def main():
    os.environ["TQDM_DISABLE"] = "1"
    from vadstudy import corpora
    from vadstudy.use.compiled import BACKENDS
    from vadstudy.use.pipeline import EmotionPipeline

    dev = corpora.load("goemotions")["dev"]
    texts, true = list(dev["text"]), np.array(dev["label"])
    logits = {backend: EmotionPipeline(backend=backend).outputs(texts, progress=False) for backend in BACKENDS}
    named = {backend: found.argmax(axis=1) for backend, found in logits.items()}
    accuracy = {backend: float((found == true).mean()) for backend, found in named.items()}
    same = float((named["torch"] == named["openvino"]).mean())
    print(f"{len(texts):,} dev comments; accuracy " + ", ".join(f"{name} {a:.4f}" for name, a in accuracy.items()))
    print(f"same label {same:.2%}; logits at most {np.abs(logits['torch'] - logits['openvino']).max():.0e} apart")
    return abs(accuracy["torch"] - accuracy["openvino"]) > 0.005


if __name__ == "__main__":
    sys.exit(main())
