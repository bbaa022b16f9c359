/** ONNX Runtime, for `model_bench.ts`. Arguments: ONNX file, input file, `web` or `node`. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { serveContestant } from "../contestants/serve_contestant.mjs";
import { openSession } from "./onnxruntime_session.mjs";

const [modelPath, inputPath, runtime] = process.argv.slice(2);
const session = await openSession(runtime, modelPath);
const pixels = new Float32Array(new Uint8Array(readFileSync(inputPath)).buffer); // [1, 224, 224, 3]
const area = pixels.length / 3;
const input = Float32Array.from(pixels, (_, i) => pixels[(i % area) * 3 + Math.floor(i / area)]);
await serveContestant(() => session.predict(input));
