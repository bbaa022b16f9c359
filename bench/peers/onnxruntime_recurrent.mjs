/**
 * ONNX Runtime on a recurrent model, for `shipped_bench.ts`. Arguments: ONNX file, input as JSON, units
 * of the state (0: none), `write` to draw as many tokens as the input has, or `read`, and `web` or
 * `node`.
 */
import process from "node:process";
import { serveContestant } from "../contestants/serve_contestant.mjs";

const [modelPath, json, units, mode, runtime] = process.argv.slice(2);
const ort = await import(`onnxruntime-${runtime}`);
if (runtime === "web") {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
}
const session = await ort.InferenceSession.create(modelPath, {
  executionProviders: [runtime === "web" ? "wasm" : "cpu"],
  graphOptimizationLevel: "all",
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const input = JSON.parse(json);
const zeros = Number(units) > 0
  ? { state: new ort.Tensor("float32", new Float32Array(Number(units)), [1, 1, Number(units)]) }
  : {};

function tokens(values) {
  return new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [values.length]);
}

async function read() {
  const tensor = Array.isArray(input[0])
    ? new ort.Tensor("float32", Float32Array.from(input.flat()), [input.length, 1, input[0].length])
    : tokens(input);
  return (await session.run({ input: tensor, ...zeros })).logits.data;
}

/** Greedy from the first token, one step at a time. */
async function write() {
  let token = input[0];
  let state = zeros.state;
  const drawn = new Float32Array(input.length);
  for (let place = 0; place < input.length; place++) {
    const output = await session.run({ input: tokens([token]), state });
    state = output.next_state;
    token = output.logits.data.indexOf(Math.max(...output.logits.data));
    drawn[place] = token;
  }
  return drawn;
}

await serveContestant(mode === "write" ? write : read);
