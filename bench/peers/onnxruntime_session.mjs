/**
 * Opens an ONNX file with one of the two runtimes, on one thread.
 *
 * @param {"web" | "node"} runtime
 * @param {string} modelPath
 * @param {number[]} shape of the input
 * @returns {Promise<{ predict(input: Float32Array): Promise<Float32Array> }>} gives the logits
 */
export async function openSession(runtime, modelPath, shape = [1, 3, 224, 224]) {
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
  return {
    async predict(input) {
      const tensor = new ort.Tensor("float32", input, shape);
      const { logits } = await session.run({ input: tensor });
      return logits.data;
    },
  };
}
