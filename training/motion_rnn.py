"""motion-rnn: six motion channels over time -> activity, with a plain recurrent layer: s_t = tanh(U x_t + W s_(t-1)).

    python3 motion_rnn.py [--epochs N] [--resume] [--export-only]

One dense layer reads the state after every step, so that a stream can be classified while it runs, and after the last.
Trains on the official BasicMotions training split; the knobs were chosen by cross-validation on that split alone
(`--cross-validate`), and the official test split is only measured.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
import export_tfjs

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "motion-rnn"
SEED = 100
EPOCHS = 400
UNITS = 64
BATCH = 20
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3
CLIP_NORM = 1.0
RECURRENT_START = 0.98  # the recurrent kernel starts as this times an orthogonal matrix: it forgets slowly
STEP_LOSS_FROM = 20  # outputs from this step on are trained too; earlier ones have seen too little
NOISE, SCALE, GAIN = 0.1, 0.2, 0.05  # augmentation: noise per value, scale per series, gain per channel
CROP_MIN = 60  # shortest random window of a series, in steps
QUANTIZATION = "float16"
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__
CHANNELS, STEPS = 6, 100
LABELS = ["Badminton", "Running", "Standing", "Walking"]
METADATA = {
    "labels": LABELS,
    "channels": ["accelerometer x", "accelerometer y", "accelerometer z", "gyroscope x", "gyroscope y", "gyroscope z"],
    "samplingRateHz": 10,
    "steps": STEPS,  # the length of the training series; any length can be read
}


class Model(nn.Module):
    def __init__(self, mean, deviation):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.rnn = nn.RNN(CHANNELS, UNITS, nonlinearity="tanh", batch_first=True)
        self.head = nn.Linear(UNITS, len(LABELS))
        nn.init.orthogonal_(self.rnn.weight_hh_l0, RECURRENT_START)

    def forward(self, series):
        """[n, steps, channels] in the units of the watch -> logits [n, steps, labels]."""
        states, _ = self.rnn((series - self.mean) / self.deviation)
        return self.head(states)


def load_series(path):
    """The .ts format of the UEA archive: channels split by ':', values by ',', the label last."""
    series, labels = [], []
    for line in path.read_text().splitlines():
        if not line.strip() or line[0] in "#@":
            continue
        *channels, label = line.strip().split(":")
        series.append(np.array([[float(value) for value in channel.split(",")] for channel in channels]).T)
        labels.append(LABELS.index(label.capitalize()))
    return torch.tensor(np.stack(series), dtype=torch.float32), torch.tensor(labels)


def augment(series):
    count = len(series)
    series = series * (1 + SCALE * torch.randn(count, 1, 1)) * (1 + GAIN * torch.randn(count, 1, CHANNELS))
    series = series + NOISE * torch.randn_like(series) * series.std(1, keepdim=True)
    length = int(torch.randint(CROP_MIN, STEPS + 1, ()))
    begin = int(torch.randint(0, STEPS - length + 1, ()))
    return series[:, begin : begin + length]


def train_epoch(model, optimizer, series, labels):
    model.train()
    total = 0.0
    for batch in torch.randperm(len(series)).split(BATCH):
        logits = model(augment(series[batch]))[:, STEP_LOSS_FROM:]
        expected = labels[batch, None].expand(logits.shape[:2])
        every_step = functional.cross_entropy(logits.flatten(0, 1), expected.flatten())
        loss = every_step + functional.cross_entropy(logits[:, -1], labels[batch])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(series)


@torch.no_grad()
def evaluate(model, series, labels):
    """Accuracy of the last output, and of the outputs at every step from STEP_LOSS_FROM on."""
    model.eval()
    right = model(series).argmax(2) == labels[:, None]
    return right[:, -1].float().mean().item(), right[:, STEP_LOSS_FROM:].float().mean().item()


def fit(series, labels, options, log=None, test=None):
    common.seed_everything(SEED)
    model = Model(series.mean((0, 1)), series.std((0, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    first = 0
    if log and (options.resume or options.export_only):
        first = common.load_checkpoint(NAME, model, optimizer)["epoch"] + 1
    for epoch in range(first, 0 if log and options.export_only else options.epochs):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(1, 2 * (1 - epoch / options.epochs))
        loss = train_epoch(model, optimizer, series, labels)
        if log and (epoch % 10 == 9 or epoch + 1 == options.epochs):
            train_accuracy, _ = evaluate(model, series, labels)
            accuracy, every_step = evaluate(model, *test)
            log.write(epoch=epoch, train_loss=loss, train_accuracy=train_accuracy, test_accuracy=accuracy,
                      test_accuracy_every_step=every_step)
            common.save_checkpoint(NAME, epoch, model, optimizer)
    return model


def cross_validate(series, labels, options):
    """Five folds over the training split, each with as many series of every label; the mean accuracy."""
    right = []
    for fold in range(5):
        held_out = torch.zeros(len(series), dtype=torch.bool)
        for label in range(len(LABELS)):
            held_out[(labels == label).nonzero().flatten()[fold::5]] = True
        model = fit(series[~held_out], labels[~held_out], options)
        right.append(evaluate(model, series[held_out], labels[held_out]))
    print("cross-validation, last output and every output:", right)
    return np.mean(right, 0)[0]


def keras_weights(model):
    """The normalisation of the channels is folded into the kernel and the bias, so raw values go in."""
    rnn, scale = model.rnn, 1 / model.deviation
    kernel = (rnn.weight_ih_l0 * scale).t()
    weights = {
        "rnn/kernel": kernel,
        "rnn/recurrent_kernel": rnn.weight_hh_l0.t(),
        "rnn/bias": rnn.bias_ih_l0 + rnn.bias_hh_l0 - model.mean @ kernel,
        "head/kernel": model.head.weight.t(),
        "head/bias": model.head.bias,
    }
    return {name: value.detach().numpy() for name, value in weights.items()}


def model_of(weights):
    """A model with the weights as they ship; no normalisation is left to do."""
    model = Model(torch.zeros(CHANNELS), torch.ones(CHANNELS))
    tensor = {name: torch.from_numpy(value) for name, value in weights.items()}
    with torch.no_grad():
        model.rnn.weight_ih_l0.copy_(tensor["rnn/kernel"].t())
        model.rnn.weight_hh_l0.copy_(tensor["rnn/recurrent_kernel"].t())
        model.rnn.bias_ih_l0.copy_(tensor["rnn/bias"])
        model.rnn.bias_hh_l0.zero_()
        model.head.weight.copy_(tensor["head/kernel"].t())
        model.head.bias.copy_(tensor["head/bias"])
    return model.eval()


def export(model, folder, kind):
    """Inputs: series [n, steps, 6], state [n, UNITS]. Outputs: probabilities at every step, at the last, and the state."""
    layers = [
        export_tfjs.input_layer("series", [None, CHANNELS]),
        export_tfjs.input_layer("state", [UNITS]),
        export_tfjs.recurrent_layer(
            "SimpleRNN", "rnn", [[("series", 0), ("state", 0)]], UNITS, return_sequences=True, return_state=True
        ),
        # One layer, called twice: on the states of all steps and on the last one.
        export_tfjs.dense_layer("head", [[("rnn", 0)], [("rnn", 1)]], len(LABELS), "softmax"),
    ]
    return export_tfjs.write_layers_model(
        folder, NAME, layers, [("series", 0, 0), ("state", 0, 0)], [("head", 0, 0), ("head", 1, 0), ("rnn", 0, 1)],
        keras_weights(model), kind, METADATA,
    )


CARD = """# motion-rnn

Six channels of a smart watch (3 of the accelerometer, 3 of the gyroscope, 10 values a second) -> one of four activities.
A plain recurrent layer, s_t = tanh(U x_t + W s_(t-1)), {units} units, and one dense layer that reads the state after every
step. {parameters:,} parameters, {bytes:,} bytes of weights ({kind}).

| official BasicMotions test split, 40 series | accuracy, last output | accuracy, every output from step {step_from} on |
|---|---|---|
| float32 | {float_accuracy:.4f} | {float_every:.4f} |
| as shipped ({kind}) | {accuracy:.4f} | {every:.4f} |

Five-fold cross-validation on the 40 training series, by which the knobs were chosen: {cross:.3f}.

- Inputs: `series` [n, steps, 6] in the units of the watch (the normalisation is folded into U and the bias) and `state`
  [n, {units}], zeros at the start. Outputs: probabilities at every step [n, steps, 4], at the last [n, 4], and the state, so
  that a stream can be classified step by step. Labels: {labels}.
- Layout: Keras SimpleRNN, kernel [6, {units}], recurrent kernel [{units}, {units}], one bias.
- Data: BasicMotions (UEA archive, through aeon-toolkit/aeon, BSD-3). Script: `training/motion_rnn.py`, seed {seed}.
- Licence of the weights: MIT, like the project.
- Limits: four students with one kind of watch on the wrist, ten seconds each; 40 test series, so one error is 2.5 points;
  another watch, another place on the body or another sampling rate needs retraining.
"""


def main():
    parser = common.parse_arguments(DESCRIPTION, EPOCHS)
    parser.add_argument("--cross-validate", action="store_true", help="only measure the knobs on the training split")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folder = options.shared / "data" / "time-series"
    train = load_series(folder / "BasicMotions_TRAIN.ts")
    cross_validation = cross_validate(*train, options)
    if options.cross_validate:
        return
    test = load_series(folder / "BasicMotions_TEST.ts")
    log = common.EpochLog(NAME, options.resume or options.export_only)
    model = fit(*train, options, log, test)
    float_accuracy, float_every = evaluate(model, *test)
    weights, size = export(model, options.weights / NAME, QUANTIZATION)
    shipped = model_of(weights)
    accuracy, every = evaluate(shipped, *test)
    card = CARD.format(
        units=UNITS, bytes=size, kind=QUANTIZATION, step_from=STEP_LOSS_FROM, float_accuracy=float_accuracy,
        float_every=float_every, accuracy=accuracy, every=every, labels=", ".join(LABELS), seed=SEED,
        parameters=sum(value.size for value in weights.values()), cross=cross_validation,
    )
    (options.weights / NAME / "README.md").write_text(card)
    print({"float32": (float_accuracy, float_every), "shipped": (accuracy, every), "bytes": size})


if __name__ == "__main__":
    main()
