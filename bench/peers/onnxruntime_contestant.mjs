/**
 * ONNX Runtime, for `model_bench.ts` and `shipped_bench.ts`. Arguments: ONNX file, input file, `web` or
 * `node`, and the shape of the input, a picture's with the channels last.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { serveContestant } from "../contestants/serve_contestant.mjs";
import { openSession } from "./onnxruntime_session.mjs";

const [modelPath, inputPath, runtime, json = "[1, 224, 224, 3]"] = process.argv.slice(2);
const [n, height, width, channels] = JSON.parse(json);
const values = new Float32Array(new Uint8Array(readFileSync(inputPath)).buffer);
const isPicture = channels !== undefined;
const shape = isPicture ? [n, channels, height, width] : [n, height];
const session = await openSession(runtime, modelPath, shape);
const area = height * width;
const input = isPicture
  ? Float32Array.from(values, (_, i) => values[(i % area) * channels + Math.floor(i / area)])
  : values;
await serveContestant(() => session.predict(input));
