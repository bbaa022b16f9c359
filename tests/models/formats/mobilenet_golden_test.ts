import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { GraphRunner } from "../../../models/formats/graph_runner.ts";
import { readTfliteGraph } from "../../../models/formats/tflite_graph.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";

const HUB = new URL("../../../../shared/hub/", import.meta.url);
const GOLDEN = new URL("../../golden/", import.meta.url);

/** Logits span about 30; PyTorch and the backend sum the same float32 products in other orders. */
const TOLERANCE = 5e-4;

const MODELS = [
  {
    golden: "mobilenet_v2.json",
    sha256: "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
    size: 224,
    featureLength: 1280,
  },
  {
    golden: "mobilenet_v2_ptq.json",
    sha256: "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
    size: 224,
    featureLength: 1280,
  },
  {
    golden: "mobilenet_v1_025_128.json",
    sha256: "cb273c23ee76374b05b9583177e28aa19744858a7679c56a250e83d0333da785",
    size: 128,
    featureLength: 256,
  },
];

/** The pictures of `make_mobilenet_golden.py`: `[2, size, size, 3]` float32 in [-1, 1]. */
function drawPictures(size: number): tf.Tensor {
  const values = new Float32Array(2 * size * size * 3);
  let i = 0;
  for (const draw of [drawStripes, drawDisc]) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let c = 0; c < 3; c++) values[i++] = draw({ x, y, c }, size) / 127.5 - 1;
      }
    }
  }
  return tf.tensor(values, [2, size, size, 3]);
}

interface Place {
  x: number;
  y: number;
  c: number;
}

function drawStripes({ x, y, c }: Place): number {
  return (x * 3 + y * 5 + c * 40) % 256;
}

function drawDisc({ x, y, c }: Place, size: number): number {
  const distance = (2 * x - size) ** 2 + (2 * y - size) ** 2;
  if (distance < Math.floor(size * 7 / 10) ** 2) return 230 - 90 * c;
  return ((Math.floor(x / 16) + Math.floor(y / 16)) % 2) * 180 + 20 * c;
}

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}

for (const { golden, sha256, size, featureLength } of MODELS) {
  const file = new URL(sha256, HUB);
  Deno.test({
    name: `GraphRunner agrees with PyTorch on ${golden} (needs the hub's files)`,
    ignore: !await exists(file),
    fn: async () => {
      await startTestBackend();
      const expected = JSON.parse(await Deno.readTextFile(new URL(golden, GOLDEN)));
      const { graph, inputQuantization } = readTfliteGraph(await Deno.readFile(file));
      assertEquals(graph.inputShape, [1, size, size, 3]);
      assertEquals(graph.featureLength, featureLength);
      assertEquals(graph.classCount, 1001);
      assertEquals(graph.outputActivation, "softmax");
      assert(Math.abs((inputQuantization?.scale ?? 0) - 1 / 127.5) < 1e-4);
      const model = new GraphRunner(graph);
      const input = drawPictures(size);
      const { logits, features } = model.predict(input);
      const values = logits.dataSync();
      for (const [row, wanted] of (expected.logits as number[][]).entries()) {
        const found = values.subarray(row * 1001, (row + 1) * 1001);
        assertLessOrEqual(largestDifference(found, wanted), TOLERANCE);
        assertEquals(indexOfLargest(found), indexOfLargest(wanted));
      }
      const sampled = features.dataSync().filter((_, i) => (i % featureLength) % 40 === 0);
      assertLessOrEqual(largestDifference(sampled, expected.features.flat()), TOLERANCE);
      tf.dispose([input, logits, features]);
      model.dispose();
    },
  });
}

function indexOfLargest(values: ArrayLike<number>): number {
  return Array.from(values).indexOf(Math.max(...Array.from(values)));
}
