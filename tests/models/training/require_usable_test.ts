import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { requireUsable } from "../../../models/training/require_usable.ts";
import { NAMES } from "./trained_fixture.ts";

Deno.test("requireUsable() throws the first fault when all samples have one", () => {
  const error = new ServiceError("invalid_sample", "It has 12 channels");
  const rejected = NAMES.samples.map((sample) => ({ sample, error }));
  const thrown = assertThrows(
    () => requireUsable({ samples: [], rejected }),
    ServiceError,
    'none of 3 samples can be used; the first is "a": It has 12 channels',
  );
  assertEquals([thrown.code, thrown.param], ["invalid_sample", "training_file"]);
  requireUsable({ samples: NAMES.samples, rejected });
  requireUsable({ samples: [], rejected: [] });
});
