"""A text's emotions: an encoder, the mean of its tokens' vectors, one linear layer. Needs torch and transformers."""

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class EmotionConfig(PretrainedConfig):
    """The encoder's own configuration as a dict, and what every classifier of transformers has."""

    model_type = "text-emotions"

    def __init__(self, encoder: dict | None = None, **options):
        self.encoder = encoder or {}
        super().__init__(**options)


class EmotionModel(PreTrainedModel):
    """Logits whose softmax are calibrated probabilities of the labels."""

    config_class = EmotionConfig

    def __init__(self, config: EmotionConfig):
        super().__init__(config)
        encoder = AutoConfig.for_model(**config.encoder)
        self.encoder = AutoModel.from_config(encoder, add_pooling_layer=False)
        self.head = nn.Linear(encoder.hidden_size, config.num_labels)
        self.post_init()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **_: object
    ) -> SequenceClassifierOutput:
        """Logits (n, labels) of token ids (n, tokens); where the mask is 0 there is no token."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        hidden = self.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        return SequenceClassifierOutput(logits=self.head(mean))
