import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import {
  encodeCharacters,
  encodeText,
  refuseLongText,
  type TextInput,
} from "../../models/text_input.ts";

const INPUT: TextInput = {
  vocabulary: "^$abcdefghijklmnopqrstuvwxyz' 😀",
  folding: "lower",
  start: "^",
  end: "$",
  charactersMax: 10,
};

function refusal(text: string, change: Partial<TextInput> = {}): string {
  const error = assertThrows(() => encodeText(text, { ...INPUT, ...change }), ServiceError);
  assertEquals(error.code, "invalid_value");
  return error.message;
}

Deno.test("encodeText() folds and puts the marks around", () => {
  assertEquals([...encodeText("abc", INPUT)], [0, 2, 3, 4, 1]);
  assertEquals(encodeText(" Ábç\n", INPUT), encodeText("abc", INPUT));
  // One character, whatever number of UTF-16 units it has.
  assertEquals([...encodeText("😀", INPUT)], [0, 30, 1]);
});

Deno.test("encodeText() makes plain what Unicode does not decompose, where the vocabulary lacks it", () => {
  assertEquals(encodeText("O’Brien", INPUT), encodeText("o'brien", INPUT));
  assertEquals(encodeText("Ægir Łuß", INPUT), encodeText("aegir luss", INPUT));
  // A vocabulary that has it keeps it.
  const own = { ...INPUT, vocabulary: `${INPUT.vocabulary}ł` };
  assertEquals([...encodeText("Ł", own)], [0, 31, 1]);
  // What it lacks as well is named as it was sent.
  assertStringIncludes(refusal("a–b"), '"–" (U+2013)');
  assertStringIncludes(refusal("ø", { folding: "none" }), '"ø" (U+00F8)');
  assertStringIncludes(refusal("ß".repeat(6)), "current number is 12");
});

Deno.test("encodeText() leaves text as it is without folding", () => {
  const input = { ...INPUT, folding: "none", start: "", end: "" } as const;
  assertEquals([...encodeText(" a", input)], [29, 2]);
  assertStringIncludes(refusal("A", { folding: "none" }), '"A" (U+0041)');
});

Deno.test("encodeText() names the characters that the vocabulary lacks", () => {
  assertStringIncludes(refusal("a7b7-"), 'found "7" (U+0037), "-" (U+002D)');
  // A client cannot write the marks.
  assertStringIncludes(refusal("a^"), '"^" (U+005E)');
  assertStringIncludes(refusal("a\u0000"), "(U+0000)");
});

Deno.test("encodeText() accepts the bounds of the length and refuses what is beyond", () => {
  assertEquals(encodeText("a".repeat(10), INPUT).length, 12);
  assertStringIncludes(
    refusal("a".repeat(11)),
    "1 to 10 characters after folding: current number is 11",
  );
  for (const text of ["", "  ", "\u0301"]) {
    assertStringIncludes(refusal(text), "current number is 0");
  }
  // Four times as long in UTF-16 units, which spaces around a short text may take.
  assertEquals(encodeText("a".padEnd(40), INPUT).length, 3);
  assertStringIncludes(refusal("a".padEnd(41)), "current number is at least 21");
});

Deno.test("refuseLongText() and encodeText() look at the length of what is far too long, not at its characters", () => {
  const text = "a".repeat(50_000_000);
  const started = performance.now();
  for (const refuse of [refuseLongText, encodeText]) {
    const error = assertThrows(() => refuse(text, INPUT), ServiceError);
    assertEquals(error.code, "invalid_value");
    assertStringIncludes(
      error.message,
      "1 to 10 characters after folding: current number is at least 25000000",
    );
  }
  assert(performance.now() - started < 100);
});

Deno.test("refuseLongText() lets pass whatever can be short enough after folding", () => {
  for (const text of ["", "a".repeat(40), "😀".repeat(20)]) refuseLongText(text, INPUT);
  assertThrows(() => refuseLongText("a".repeat(41), INPUT), ServiceError, "at least 21");
});

Deno.test("encodeCharacters() keeps the spaces at the cuts of a text in pieces", () => {
  const whole = encodeCharacters(" De la Ó ", INPUT);
  const pieces = [
    encodeCharacters(" De ", INPUT, { isEnd: false }),
    encodeCharacters("la", INPUT, { isStart: false, isEnd: false }),
    encodeCharacters(" ", INPUT, { isStart: false, isEnd: false }),
    encodeCharacters("Ó ", INPUT, { isStart: false }),
  ];
  assertEquals(pieces.flatMap((piece) => [...piece]), [...whole]);
});

Deno.test("encodeText() gives tokens that stand for the text between its marks", () => {
  const characters = [...INPUT.vocabulary];
  const text = Array.from(encodeText("a'b 😀", INPUT), (token) => characters[token]).join("");
  assertEquals(text, "^a'b 😀$");
});
