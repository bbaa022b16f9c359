import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { encodeText } from "../../../../models/text_input.ts";
import { makeTextInput } from "../../../../models/training/all_layers/make_text_input.ts";

Deno.test("makeTextInput() makes a vocabulary of the characters, which encodes the texts", () => {
  const input = makeTextInput(["Ça va", "b\u{1F600}"], "lower");
  assertEquals(input.vocabulary, " abcv\u{1F600}");
  assertEquals(encodeText("ÇAB\u{1F600}", input), Int32Array.of(3, 1, 2, 5));
  assertEquals(makeTextInput(["Ab"], "none").vocabulary, "Ab");
});

Deno.test("makeTextInput() refuses too many different characters", () => {
  const text = Array.from({ length: 4_097 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
  const error = assertThrows(() => makeTextInput([text], "none"), ServiceError, "4096 different");
  assertEquals([error.code, error.param], ["invalid_value", "training_file"]);
  assertEquals([...makeTextInput([text.slice(1)], "none").vocabulary].length, 4_096);
});
