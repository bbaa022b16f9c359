/** The recurrent kernels for every engine with WebAssembly SIMD, compiled. */
export const recurrentModule: WebAssembly.Module;
