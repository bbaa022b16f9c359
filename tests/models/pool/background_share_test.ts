import { assert } from "@std/assert";
import { BackgroundShare } from "../../../models/pool/background_share.ts";

Deno.test("BackgroundShare has room for all executors while there is no traffic", () => {
  const share = new BackgroundShare(2);
  share.enter();
  assert(share.hasRoom);
  share.enter();
  assert(!share.hasRoom);
  share.leave();
  assert(share.hasRoom);
});

Deno.test("BackgroundShare keeps one executor of several free after a request, for a second", async () => {
  const share = new BackgroundShare(2);
  share.noteRequest();
  assert(share.hasRoom);
  share.enter();
  assert(!share.hasRoom);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  assert(share.hasRoom);
});

Deno.test("BackgroundShare has room for one task where there is one executor", () => {
  const share = new BackgroundShare(1);
  share.noteRequest();
  assert(share.hasRoom);
  share.enter();
  assert(!share.hasRoom);
});
