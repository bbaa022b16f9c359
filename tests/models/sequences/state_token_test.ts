import { assertEquals, assertRejects } from "@std/assert";
import { type ErrorCode, ServiceError } from "../../../lib/service_error.ts";
import { importSigningKey, openSigned, signBytes } from "../../../lib/signed_bytes.ts";
import { openState, sealState, type StateNetwork } from "../../../models/sequences/state_token.ts";

const KEY = await importSigningKey(new Uint8Array(32).fill(7));
const NETWORK: StateNetwork = {
  model: "motion",
  version: 2,
  backboneSha256: "a".repeat(64),
  stateLength: 4,
};
const STATE = { state: Float32Array.of(0.1, -0, 3e38, 1e-40), steps: 12 };
const NOW = 1_700_000_000_000;
const OPTIONS = { network: NETWORK, ageMsMax: 1_000, now: NOW };

async function assertRefused(text: string, code: ErrorCode, options: Partial<typeof OPTIONS> = {}) {
  const error = await assertRejects(
    () => openState(KEY, text, { ...OPTIONS, ...options }),
    ServiceError,
  );
  assertEquals(error.code, code);
  return error.message;
}

Deno.test("openState() gives back the very state and its steps until it is too old", async () => {
  const text = await sealState(KEY, STATE, OPTIONS);
  assertEquals(/^[\w-]+$/.test(text), true);
  assertEquals(await openState(KEY, text, OPTIONS), STATE);
  assertEquals(await openState(KEY, text, { ...OPTIONS, now: NOW + 1_000 }), STATE);
  const message = await assertRefused(text, "state_expired", { now: NOW + 3_001 });
  assertEquals(message.endsWith("at most 1 seconds old: it is 3 seconds old"), true);
});

Deno.test("openState() refuses a text that was changed, cut or signed with another key", async () => {
  const text = await sealState(KEY, STATE, OPTIONS);
  for (const wrong of ["", "state", text.slice(0, -4), `${text}AAAA`, text.toLowerCase()]) {
    await assertRefused(wrong, "state_invalid");
  }
  const other = await importSigningKey(new Uint8Array(32).fill(8));
  await assertRefused(await sealState(other, STATE, OPTIONS), "state_invalid");
});

Deno.test("openState() refuses another format, though it is signed", async () => {
  const bytes = await openSigned(KEY, await sealState(KEY, STATE, OPTIONS)) ?? new Uint8Array();
  bytes[0] = 2;
  await assertRefused(await signBytes(KEY, bytes), "state_invalid");
  await assertRefused(await signBytes(KEY, new Uint8Array()), "state_invalid");
});

Deno.test("openState() refuses the state of another model, version, backbone or length", async () => {
  const text = await sealState(KEY, STATE, OPTIONS);
  const others: Partial<StateNetwork>[] = [
    { model: "other" },
    { version: 3 },
    { backboneSha256: "b".repeat(64) },
    { stateLength: 5 },
  ];
  for (const other of others) {
    await assertRefused(text, "state_foreign", { network: { ...NETWORK, ...other } });
  }
});
