import { ServiceError } from "../lib/service_error.ts";

/** How text becomes the tokens that a network was trained on. */
export interface TextInput {
  /** One character per token; its position is the token's number. */
  vocabulary: string;
  /**
   * `lower`: compatibility decomposition (NFKD) without combining marks, lower case, trimmed, so that
   * `Núñez ` becomes `nunez`; a character that the vocabulary still lacks becomes a plain one that it
   * has, so that `O’Brien` becomes `o'brien`. `none`: text as it is.
   */
  folding: "none" | "lower";
  /** A character of the vocabulary that is put before the text, or nothing. */
  start: string;
  /** A character of the vocabulary that is put behind the text, or nothing. */
  end: string;
  /** Longest text after folding. */
  charactersMax: number;
}

/** Lengths in JavaScript are in UTF-16 units, of which a character has one or two. */
const UNITS_PER_CHARACTER = 2;
/** How many times longer than its bound a text may be before folding, which shortens some texts. */
const UNFOLDED_RATIO_MAX = 2;

/**
 * Letters and punctuation that Unicode does not decompose, and the ASCII that CLDR's transform
 * Latin-ASCII makes of them.
 */
const PLAIN: ReadonlyMap<string, string> = new Map(Object.entries({
  ...{ "\u2018": "'", "\u2019": "'", "\u02bc": "'" },
  ...{ "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-" },
  ...{ "æ": "ae", "ð": "d", "ø": "o", "ß": "ss", "þ": "th" },
  ...{ "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "œ": "oe", "ŧ": "t" },
}));

/** A message names at most this many characters that are not in a vocabulary. */
const NAMED_MAX = 8;

/**
 * Turns text into the tokens of a network, between its start and end marks.
 *
 * @returns positions in the vocabulary, in an array of its own
 * @throws {ServiceError} `invalid_value` if nothing is left after folding, if too much is, or if a
 *   character is not in the vocabulary
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeText } from "./text_input.ts";
 *
 * const input = { vocabulary: "^abc", folding: "lower", start: "^", end: "", charactersMax: 8 } as const;
 * assertEquals(encodeText("Çà", input), Int32Array.of(0, 3, 1));
 * ```
 */
export function encodeText(text: string, input: TextInput): Int32Array<ArrayBuffer> {
  const { start, end } = input;
  return Int32Array.from([
    ...encodeMark(start, input),
    ...encodeCharacters(text, input),
    ...encodeMark(end, input),
  ]);
}

/** A character that a text starts or ends with for the network, as a token; none where it has none. */
export function encodeMark(mark: string, { vocabulary }: TextInput): Int32Array<ArrayBuffer> {
  return Int32Array.from([...mark], (each) => [...vocabulary].indexOf(each));
}

/**
 * Refuses a text that is far too long, whatever it folds to. It looks at the length alone: to take
 * tens of MB apart into characters takes a second.
 *
 * @throws {ServiceError} `invalid_value`, as {@linkcode encodeText} does for all that is too long
 */
export function refuseLongText(
  text: string,
  input: Pick<TextInput, "charactersMax" | "folding">,
): void {
  const unitsMax = UNITS_PER_CHARACTER * UNFOLDED_RATIO_MAX * input.charactersMax;
  if (text.length <= unitsMax) return;
  throw refuseLength(`at least ${Math.ceil(text.length / UNITS_PER_CHARACTER)}`, input);
}

/** Which ends of a text are those of a whole, where folding takes spaces away. */
export interface TextEnds {
  /** Nothing comes before it; default: true. */
  isStart?: boolean;
  /** Nothing comes behind it, as far as is known; default: true. */
  isEnd?: boolean;
}

/**
 * Turns text into tokens, without the marks around it.
 *
 * @param ends where the text is a piece, whose spaces at a cut belong to the whole
 * @returns positions in the vocabulary, in an array of its own
 * @throws {ServiceError} `invalid_value` as {@linkcode encodeText} does
 */
export function encodeCharacters(
  text: string,
  input: TextInput,
  ends: TextEnds = {},
): Int32Array<ArrayBuffer> {
  const { vocabulary, start, end, charactersMax } = input;
  // Before folding: decomposition makes a character up to 18 times longer.
  refuseLongText(text, input);
  const positions = new Map([...vocabulary].map((character, position) => [character, position]));
  const folded = [...foldText(text, input.folding, ends)];
  const characters = input.folding === "none"
    ? folded
    : folded.flatMap((character) => makePlain(character, positions));
  if (characters.length < 1 || characters.length > charactersMax) {
    throw refuseLength(`${characters.length}`, input);
  }
  const marks = start + end;
  const unknown = characters.filter((character) =>
    !positions.has(character) || marks.includes(character)
  );
  if (unknown.length > 0) {
    const named = [...new Set(unknown)].slice(0, NAMED_MAX).map(nameCharacter).join(", ");
    throw refuse(`each character must be in the model's vocabulary: found ${named}`);
  }
  return Int32Array.from(characters, (each) => positions.get(each) ?? 0);
}

/** Plain characters in the place of one that the vocabulary lacks, where it has all of them. */
function makePlain(character: string, vocabulary: ReadonlyMap<string, number>): string[] {
  const plain = vocabulary.has(character) ? [] : [...PLAIN.get(character) ?? ""];
  return plain.length > 0 && plain.every((each) => vocabulary.has(each)) ? plain : [character];
}

/** What a text becomes before its characters are looked up. */
export function foldText(
  text: string,
  folding: TextInput["folding"],
  { isStart = true, isEnd = true }: TextEnds = {},
): string {
  if (folding === "none") return text;
  const begun = isStart ? text.trimStart() : text;
  const trimmed = isEnd ? begun.trimEnd() : begun;
  return trimmed.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The character in quotes with its code point, as many look alike or are not seen at all. */
function nameCharacter(character: string): string {
  const codePoint = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `${JSON.stringify(character)} (U+${codePoint})`;
}

function refuseLength(
  found: string,
  { charactersMax, folding }: Pick<TextInput, "charactersMax" | "folding">,
): ServiceError {
  const when = folding === "none" ? "" : " after folding";
  return refuse(`it must have 1 to ${charactersMax} characters${when}: current number is ${found}`);
}

function refuse(rule: string): ServiceError {
  return new ServiceError("invalid_value", `Cannot read the text as ${rule}`);
}
