import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { inputForm } from "../../routes/input_forms.ts";
import { TINY_INPUT } from "../models/tiny_model.ts";
import { readJsonInputs } from "../../routes/json_inputs.ts";

const FORM = inputForm(TINY_INPUT, 3);

function read(json: unknown) {
  return readJsonInputs(new TextEncoder().encode(JSON.stringify(json)), FORM);
}

function refusal(json: unknown): ServiceError {
  return assertThrows(() => read(json), ServiceError);
}

Deno.test("readJsonInputs() reads both alphabets of base64", () => {
  for (const text of ["+/8=", "-_8="]) {
    const [input] = read({ inputs: text }).inputs;
    assert(input && "value" in input && input.value.kind === "image");
    assertEquals([...input.value.bytes], [251, 255]);
  }
});

Deno.test("readJsonInputs() keeps the good instances beside one that is not base64", () => {
  const { inputs, isList } = read({ instances: ["AA==", "%%%"] });
  assertEquals(isList, true);
  assertEquals(inputs.map((input) => "error" in input && input.error.code), [
    false,
    "malformed_request",
  ]);
});

Deno.test("readJsonInputs() takes the signature that clients of TensorFlow Serving name", () => {
  assertEquals(read({ signature_name: "serving_default", instances: ["AA=="] }).inputs.length, 1);
  const { message } = refusal({ signature_name: "train", instances: ["AA=="] });
  assertStringIncludes(
    message,
    'signature_name must be "serving_default": current value is "train"',
  );
});

Deno.test("readJsonInputs() states the rule and the value found", () => {
  assertStringIncludes(refusal({ instances: ["", 7] }).message, "instances.1 must be base64 text");
  assertStringIncludes(refusal({ instances: ["", 7] }).message, "current value is 7");
  assertStringIncludes(refusal({ image: "" }).message, 'must not have "image"');
  assertStringIncludes(refusal({ inputs: "", instances: [""] }).message, "either");
  assertStringIncludes(refusal([1]).message, "must be an object");
});

Deno.test("readJsonInputs() refuses millions of values quickly and with a short message", () => {
  for (const text of [`{"instances":[${"1,".repeat(2_000_000)}1]}`, "[".repeat(4_000_000)]) {
    const bytes = new TextEncoder().encode(text);
    const started = performance.now();
    const error = assertThrows(() => readJsonInputs(bytes, FORM), ServiceError);
    assert(performance.now() - started < 200);
    assertEquals(error.code, "invalid_value");
    assert(error.message.length < 200);
  }
});

Deno.test("readJsonInputs() refuses text that is not JSON or not UTF-8", () => {
  for (const bytes of [new TextEncoder().encode("{"), Uint8Array.of(34, 255, 34)]) {
    const error = assertThrows(() => readJsonInputs(bytes, FORM), ServiceError);
    assertEquals(error.code, "malformed_request");
  }
});

Deno.test("readJsonInputs() takes a state with one input, where states are carried", () => {
  const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
  const carry = (json: unknown) => readJsonInputs(text(json), FORM, { carriesState: true });
  const { states, returnState } = carry({ inputs: "AA==", state: "abc", return_state: true });
  assertEquals([states, returnState], [["abc"], true]);
  const several = { instances: ["AA==", "AA=="], states: [null, "abc"] };
  assertEquals(carry(several).states, [undefined, "abc"]);
  assertEquals(carry({ instances: ["AA=="], return_state: false }).returnState, false);
  const refused = [
    { inputs: "AA==", state: 7 },
    { inputs: "AA==", return_state: "true" },
    { instances: ["AA=="], state: "abc" },
    { inputs: "AA==", state: "a".repeat(600_001) },
    { inputs: "AA==", states: ["abc"] },
    { instances: ["AA=="], states: ["abc", "abc"] },
    { instances: ["AA=="], states: [7] },
  ].map((json) => assertThrows(() => carry(json), ServiceError));
  assertEquals(refused.map(({ code }) => code), refused.map(() => "invalid_value"));
  assertStringIncludes(refused[2]?.message ?? "", 'must have "inputs" where it has "state"');
  assertStringIncludes(refusal({ inputs: "AA==", state: "abc" }).message, 'must not have "state"');
});
