"""How the digits model is made: from nothing, on speech that espeak-ng speaks, on a CPU.

    words, espeak, speech    what may be said, and said, with the times of each word
    windows, corpus          ten seconds of it at random; thousands of them on disk, as features
    labels, batches          what the model should answer, and where it should listen meanwhile
    network, training        the model in torch; the stages, their losses, checkpoints
    export                   the trained weights as the folder that faster-whisper loads
    scoring, evaluation      word errors; what a folder of weights can do on voices never heard

    python -m models.digits.train WORK [OUT]      everything, or what is left of it
    python -m models.digits.train.evaluation [FOLDER]

The order is that of their imports. Up to `labels`, and for `scoring`, no torch is needed.
"""
