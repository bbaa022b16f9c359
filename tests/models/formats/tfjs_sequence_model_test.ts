import { assert, assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { input as createInput, layers, model as createModel } from "@tensorflow/tfjs-layers";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { computeLogits, computeStates, makeLstm, makeSimpleRnn } from "./recurrent_fixtures.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { saveLayersModel } from "./tfjs_fixtures.ts";

await startTestBackend();

const SERIES = [[0.5, -1], [2, 0.25], [-0.75, 1.5], [0, 1]];
/** Four steps of sums of five products in float32. */
const TOLERANCE = 1e-5;

Deno.test("loadTfjsSequenceModel() gives logits, features and state as the formula does", async () => {
  const { files, weights } = await makeSimpleRnn();
  const before = tf.memory().numTensors;
  const model = await loadTfjsSequenceModel(files);
  assertEquals(model.inputShape, [1, -1, 2]);
  assertEquals([model.classCount, model.featureLength, model.stateLength], [4, 3, 3]);
  assertEquals(model.outputActivation, "softmax");
  const input = tf.tensor3d([SERIES]);
  const output = model.run(input, { everyStep: true });
  const logits = model.score(output.features);
  assert(output.stepFeatures);
  const stepLogits = model.score(output.stepFeatures);
  const states = computeStates(SERIES, weights);
  const last = states.at(-1) ?? [];
  assertLessOrEqual(largestDifference(output.features.dataSync(), last), TOLERANCE);
  assertLessOrEqual(largestDifference(output.state.dataSync(), last), TOLERANCE);
  assertLessOrEqual(
    largestDifference(logits.dataSync(), computeLogits(last, weights)),
    TOLERANCE,
  );
  const every = states.flatMap((state) => computeLogits(state, weights));
  assertLessOrEqual(largestDifference(stepLogits.dataSync(), every), TOLERANCE);
  tf.dispose([input, logits, stepLogits, output]);
  model.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("SequenceModel.run() goes on from a state as if the series had not been cut", async () => {
  const { files } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const whole = model.run(tf.tensor3d([SERIES]));
    const first = model.run(tf.tensor3d([SERIES.slice(0, 1)]));
    const rest = model.run(tf.tensor3d([SERIES.slice(1)]), { state: first.state });
    assertLessOrEqual(
      largestDifference(rest.features.dataSync(), whole.features.dataSync()),
      TOLERANCE,
    );
  });
  assertEquals(tf.memory().numTensors, before);
  model.dispose();
});

Deno.test("loadTfjsSequenceModel() reads tokens, and leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  const model = await loadTfjsSequenceModel(await makeLstm());
  assertEquals([model.inputShape, model.stateLength], [[1, -1], 6]);
  const tokens = tf.tensor2d([[1, 4, 0]], [1, 3], "int32");
  const steady = tf.memory().numTensors;
  const { logits, features } = model.predict(tokens);
  assertEquals([logits.shape, features.shape], [[1, 4], [1, 3]]);
  tf.dispose([logits, features]);
  assertEquals(tf.memory().numTensors, steady);
  tokens.dispose();
  model.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("SequenceModel.run() throws for another shape or type", async () => {
  const { files } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  for (const shape of [[1, 4, 3], [1, 0, 2], [2, 4, 2], [4, 2]]) {
    const input = tf.zeros(shape);
    assertThrows(() => model.run(input), TypeError, `[${shape.join(", ")}]`);
    input.dispose();
  }
  model.dispose();
});

Deno.test("loadTfjsSequenceModel() refuses a model without a recurrent end, and leaves nothing", async () => {
  const input = createInput({ shape: [null, 2] });
  const output = layers.dense({ units: 2 }).apply(input) as SymbolicTensor;
  const plain = createModel({ inputs: input, outputs: output });
  const files = await saveLayersModel(plain);
  plain.dispose();
  const before = tf.memory().numTensors;
  const error = await assertRejects(() => loadTfjsSequenceModel(files), ServiceError);
  assertEquals(error.code, "model_unusable");
  assertEquals(tf.memory().numTensors, before);
});
