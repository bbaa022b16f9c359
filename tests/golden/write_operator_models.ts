/** Writes the networks of `operator_cases.ts`, for `make_operator_golden.py`, into a folder. */
import { OPERATOR_CASES } from "../models/formats/operator_cases.ts";
import { buildTflite } from "../models/formats/tflite_builder.ts";

const [folder] = Deno.args;
if (folder === undefined) throw new TypeError("Cannot write models as no folder is given");
await Deno.mkdir(folder, { recursive: true });
for (const [name, spec] of Object.entries(OPERATOR_CASES)) {
  await Deno.writeFile(`${folder}/${name}.tflite`, buildTflite(spec));
}
