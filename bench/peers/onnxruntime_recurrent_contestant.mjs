/**
 * One recurrent layer on ONNX Runtime, for `rnn_bench.ts`. Arguments: ONNX file, input file, `web` or
 * `node`, the shape of the input as JSON.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { serveContestant } from "../contestants/serve_contestant.mjs";
import { openSession } from "./onnxruntime_session.mjs";

const [modelPath, inputPath, runtime, shape] = process.argv.slice(2);
const session = await openSession(runtime, modelPath, JSON.parse(shape));
const input = new Float32Array(new Uint8Array(readFileSync(inputPath)).buffer);
await serveContestant(() => session.predict(input));
