import { assertEquals } from "@std/assert";
import { countWeights } from "../../../models/networks/layered_network.ts";
import { makeNetwork } from "./network_fixtures.ts";

Deno.test("countWeights() counts every weight and bias", () => {
  // Embedding 7 x 2; LSTM (2 + 5 + 1) x 20; dense (5 + 1) x 3.
  assertEquals(countWeights(makeNetwork({ cells: ["LSTM"], tokens: 7 })), 14 + 160 + 18);
  assertEquals(countWeights(makeNetwork({ cells: [] })), 9);
});
