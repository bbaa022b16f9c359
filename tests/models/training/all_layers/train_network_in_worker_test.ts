import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { resolveAllLayersOptions } from "../../../../models/training/all_layers/all_layers_options.ts";
import { trainNetworkInWorker } from "../../../../models/training/all_layers/train_network_in_worker.ts";
import { countBusyThreads } from "../../../../models/threads/end_worker.ts";
import { waitUntil } from "../../threads/busy_worker.ts";
import { drawSlopes } from "./network_samples_fixtures.ts";

const NEVER = new AbortController().signal;
const NAMES = ["a", "b", "c"];

Deno.test("trainNetworkInWorker() gives the same bits each time, and tells of the first epoch", async () => {
  const train = async () => {
    const samples = drawSlopes(30);
    const told: number[] = [];
    const options = { ...resolveAllLayersOptions({ epochs: 3 }), inputs: 2, classNames: NAMES };
    const { network } = await trainNetworkInWorker({ samples, options }, {
      signal: NEVER,
      onProgress: ({ epoch, epochs }) => void told.push(epoch, epochs),
    });
    assertEquals(told.slice(0, 2), [1, 3]);
    assertEquals(samples.values.length, 0);
    return network;
  };
  assertEquals(await train(), await train());
});

Deno.test("trainNetworkInWorker() ends at once when the signal aborts", async () => {
  const controller = new AbortController();
  const options = {
    ...resolveAllLayersOptions({ epochs: 1_000, patience: 0 }),
    inputs: 2,
    classNames: NAMES,
  };
  const training = trainNetworkInWorker({ samples: drawSlopes(3_000), options }, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await assertRejects(() => training, Error, "enough");
  // The thread does not go on behind it: a thousand epochs would take minutes.
  await waitUntil(() => countBusyThreads(0) === 0);
});

Deno.test("trainNetworkInWorker() passes on why there is no network", async () => {
  const options = { ...resolveAllLayersOptions({ learningRate: 1e38 }), inputs: 2 };
  const call = { samples: drawSlopes(30), options: { ...options, classNames: NAMES } };
  await assertRejects(
    () => trainNetworkInWorker(call, { signal: NEVER, onProgress: () => {} }),
    ServiceError,
    "must stay finite",
  );
});
