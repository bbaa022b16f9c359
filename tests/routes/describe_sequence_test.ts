import { assertEquals } from "@std/assert";
import { describePlace, describeSequence } from "../../routes/describe_sequence.ts";

const SEQUENCE = {
  id: "sequence-1",
  owner: "hash of a key",
  model: "motion",
  version: 3,
  modelId: "motion@3",
  createdAt: 0,
  expiresAt: 1_500,
  steps: 7,
  state: Float32Array.of(1, 2),
};

Deno.test("describePlace() says where a sequence stands", () => {
  assertEquals(describePlace(SEQUENCE), {
    id: "sequence-1",
    steps_so_far: 7,
    expires_at: "1970-01-01T00:00:01.500Z",
  });
});

Deno.test("describeSequence() tells neither the state nor the owner", () => {
  assertEquals(describeSequence(SEQUENCE, "http://host"), {
    ...describePlace(SEQUENCE),
    model: "motion",
    version: 3,
    created_at: "1970-01-01T00:00:00.000Z",
    urls: {
      self: "http://host/v1/models/motion/sequences/sequence-1",
      step: "http://host/v1/models/motion/sequences/sequence-1:step",
    },
  });
});
