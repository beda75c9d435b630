"""For who uses the model: texts in, emotions and VAD out; files annotated, the model exported, the explorer."""
