import { assertEquals } from "@std/assert";
import {
  companionPath,
  DETECTOR_PATH,
  networkPath,
  toCompanionPath,
  toNetworkPath,
} from "../../../models/stored/version_files.ts";

Deno.test("version files: each kind has its own paths, from which its names come back", () => {
  for (const name of ["model.json", "weights/group1-shard1of2.bin", DETECTOR_PATH]) {
    assertEquals(toNetworkPath(networkPath(name)), name);
    assertEquals(toCompanionPath(companionPath(name)), name);
    assertEquals(toNetworkPath(companionPath(name)), undefined);
    assertEquals(toCompanionPath(networkPath(name)), undefined);
  }
  assertEquals(toNetworkPath(DETECTOR_PATH), undefined);
  assertEquals(toCompanionPath(DETECTOR_PATH), undefined);
});
