/**
 * What a Node user would write: sharp and ONNX Runtime behind `node:http`, in several processes.
 * It answers as `:classify` does. Arguments: ONNX file, label file, `web` or `node`, processes.
 * Prints `Listening on URL` when all processes listen; ends when its input ends.
 */
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import { openSession } from "./onnxruntime_session.mjs";

const { default: sharp } = await import("sharp");
const [modelPath, labelsPath, runtime, processes] = process.argv.slice(2);
const SIDE = 224;
const SHORT_SIDE = 256;
const TOP = 5;

if (cluster.isPrimary) startProcesses();
else await serve();

function startProcesses() {
  let listening = 0;
  cluster.on("listening", (_worker, { port }) => {
    listening++;
    if (listening === Number(processes)) {
      process.stdout.write(`Listening on http://127.0.0.1:${port}\n`);
    }
  });
  for (let i = 0; i < Number(processes); i++) cluster.fork();
  process.stdin.on("end", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    cluster.on("exit", () => {
      if (Object.keys(cluster.workers).length === 0) process.exit(0);
    });
  }).resume();
}

async function serve() {
  const session = await openSession(runtime, modelPath);
  const labels = readFileSync(labelsPath, "utf8").trim().split("\n");
  const server = createServer(async (request, response) => {
    try {
      const started = performance.now();
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const predictions = await classify(Buffer.concat(chunks), {
        session,
        labels,
      });
      const timing_ms = { total: performance.now() - started };
      answer(response, 200, {
        model: "mobilenet-v2",
        version: 1,
        predictions,
        timing_ms,
      });
    } catch (error) {
      answer(response, 500, { error: String(error) });
    }
  });
  server.listen(0, "127.0.0.1");
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

async function classify(bytes, { session, labels }) {
  // The central 224 of a short side of 256, which is our cropFraction 0.875, with a triangle filter.
  const margin = (SHORT_SIDE - SIDE) / 2;
  const pixels = await sharp(bytes)
    .rotate()
    .resize(SHORT_SIDE, SHORT_SIDE, { fit: "cover", kernel: "linear" })
    .extract({ left: margin, top: margin, width: SIDE, height: SIDE })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer();
  const area = SIDE * SIDE;
  const input = new Float32Array(3 * area);
  for (let i = 0; i < area; i++) {
    input[i] = pixels[i * 3] / 127.5 - 1;
    input[area + i] = pixels[i * 3 + 1] / 127.5 - 1;
    input[2 * area + i] = pixels[i * 3 + 2] / 127.5 - 1;
  }
  const scores = softmax(await session.predict(input));
  const best = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])
    .slice(0, TOP);
  return best.map((index) => ({
    label: labels[index],
    index,
    score: scores[index],
  }));
}

function softmax(logits) {
  const max = logits.reduce((a, b) => Math.max(a, b));
  const exponentials = logits.map((logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / sum);
}
