"""How many English texts are flagged by `vadstudy.use.signs`, whose thresholds were chosen so that few are.

GoEmotions' dev comments are what was chosen on; EmoBank's texts (news, letters, fiction, blogs) were looked at after.
Then what emoji as words do to the recorded softmax on dev's comments with an emoji. Needs the data.
"""

import time

import click
import numpy as np
from scipy.special import log_softmax

from vadstudy import corpora
from vadstudy.inference import predict
from vadstudy.runs import RunStore
from vadstudy.use import signs


@click.command()
def main():
    """Print shares of texts that are flagged, and scores on comments with emoji, as given and in words."""
    tokenizer, softmax = RunStore().recorded("softmax").regressor()

    def tokens(texts):
        return tokenizer(texts, truncation=True, max_length=200)["input_ids"]

    emobank = corpora.emobank()
    for name, texts in {
        "GoEmotions, dev": list(corpora.goemotions()["dev"]["text"]),
        "EmoBank": [text for split in emobank.values() for text in split["text"]],
    }.items():
        started = time.process_time()
        foreign = sum(signs.language(text) is not None for text in texts)
        taken = 1000 * (time.process_time() - started) / len(texts)
        unknown = [
            sum(signs.unknown_share(ids, tokenizer) >= signs.UNKNOWN for ids in tokens(given))
            for given in (texts, [signs.in_words(text) for text in texts])
        ]
        click.echo(
            f"{name}: {len(texts):,} texts; {foreign / len(texts):.2%} not English ({taken:.2f} ms a text); "
            f"{unknown[1] / len(texts):.2%} unknown signs, {unknown[0] / len(texts):.2%} if emoji stayed emoji"
        )
    dev = corpora.load("goemotions")["dev"]
    rows = [i for i, text in enumerate(dev["text"]) if signs.in_words(text) != text]
    texts, labels = [dev["text"][i] for i in rows], np.array(dev["label"])[rows]
    for name, given in {"as given": texts, "in words": [signs.in_words(text) for text in texts]}.items():
        logits = predict(softmax, tokens(given), progress=False)
        likely = log_softmax(logits.astype(float), axis=1)[np.arange(len(rows)), labels]
        right = (logits.argmax(axis=1) == labels).mean()
        click.echo(f"{len(rows)} dev comments with emoji {name}: accuracy {right:.3f}, log loss {-likely.mean():.3f}")


if __name__ == "__main__":
    main()
