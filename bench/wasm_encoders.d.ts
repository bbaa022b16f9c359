/** The compiled encoders of `@jsquash/jpeg` and `@jsquash/webp`. */
export const jpegEncoder: WebAssembly.Module;
export const webpEncoder: WebAssembly.Module;
