import { assertEquals } from "@std/assert";
import { findNetworkFormat } from "../../../models/stored/network_format.ts";
import { makeTrainedCard } from "./stored_fixtures.ts";

Deno.test("findNetworkFormat() knows which versions bring a network along", () => {
  const card = makeTrainedCard();
  const { origin } = card;
  if (origin.kind !== "trained") throw new TypeError("The card must be of a training");
  assertEquals(findNetworkFormat(card), undefined);
  const all = { ...card, origin: { ...origin, method: "all_layers" as const } };
  assertEquals(findNetworkFormat(all), "tfjs-layers");
  assertEquals(findNetworkFormat({ ...all, input: { kind: "vector", length: 3 } }), undefined);
  const imported = { kind: "imported", writer: "tflite", format: "tflite", sha256: "" } as const;
  assertEquals(findNetworkFormat({ ...card, origin: imported }), "tflite");
});
