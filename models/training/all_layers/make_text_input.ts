import { ServiceError } from "../../../lib/service_error.ts";
import { foldText, type TextInput } from "../../text_input.ts";
import { ALL_LAYERS_LIMITS } from "./all_layers_options.ts";

/**
 * The input of a network that is made for some texts: its vocabulary is their characters, sorted by
 * code point. What has other characters is refused later on.
 *
 * @param folding applied to the texts before their characters are taken
 * @throws {ServiceError} `invalid_value` if they have too many different characters
 */
export function makeTextInput(texts: readonly string[], folding: TextInput["folding"]): TextInput {
  const { vocabularyMax, stepsMax } = ALL_LAYERS_LIMITS;
  const characters = new Set<string>();
  for (const text of texts) {
    for (const character of foldText(text, folding)) characters.add(character);
  }
  if (characters.size > vocabularyMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as the texts must have at most ${vocabularyMax} different characters: they ` +
        `have ${characters.size}`,
      { param: "training_file" },
    );
  }
  const byCodePoint = (a: string, b: string) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
  const vocabulary = [...characters].sort(byCodePoint).join("");
  return { vocabulary, folding, start: "", end: "", charactersMax: stepsMax };
}
