// @ts-self-types="./wasm_encoders.d.ts"
// The compiled encoders that draw the benchmarks' pictures. A JavaScript file, as TypeScript does
// not parse source phase imports yet.
import source jpegEncoder from "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm";
import source webpEncoder from "@jsquash/webp/codec/enc/webp_enc_simd.wasm";

export { jpegEncoder, webpEncoder };
