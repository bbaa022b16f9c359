// @ts-self-types="./wasm_decoders.d.ts"
// The compiled decoders. A JavaScript file, as TypeScript does not parse source phase imports yet.
import source jpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";
import source png from "@jsquash/png/codec/pkg/squoosh_png_bg.wasm";
import source webp from "@jsquash/webp/codec/dec/webp_dec.wasm";

export const decoderModules = { jpeg, png, webp };
