import { assertEquals } from "@std/assert";
import { EpochThrottle } from "../../../models/training/epoch_throttle.ts";

Deno.test("EpochThrottle tells five times a second, and gives weights every two seconds", () => {
  let now = 0;
  const throttle = new EpochThrottle(() => now);
  const at = (time: number) => {
    now = time;
    return throttle.next();
  };
  assertEquals([at(0), at(199), at(200), at(399)], ["score", "nothing", "score", "nothing"]);
  assertEquals([at(1_999), at(2_100), at(2_199)], ["score", "nothing", "checkpoint"]);
  assertEquals([at(2_400), at(4_198), at(4_400)], ["score", "score", "checkpoint"]);
});
