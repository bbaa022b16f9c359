import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { createIdentityModel } from "../../../models/formats/identity_model.ts";
import { isSequenceModel, readHeadActivation } from "../../../models/formats/sequence_model.ts";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { makeLstm } from "./recurrent_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

Deno.test("isSequenceModel() tells recurrent models from others", async () => {
  const sequence = await loadTfjsSequenceModel(await makeLstm());
  const plain = createIdentityModel(3);
  assertEquals([isSequenceModel(sequence), isSequenceModel(plain)], [true, false]);
  sequence.dispose();
  plain.dispose();
});

Deno.test("readHeadActivation() takes what scores come from", () => {
  assertEquals(["softmax", "sigmoid", "linear"].map(readHeadActivation), [
    "softmax",
    "sigmoid",
    "linear",
  ]);
  assertThrows(() => readHeadActivation("relu"), ServiceError, "found relu");
});
