/** The recurrent kernels for engines with relaxed WebAssembly SIMD, compiled. */
export const recurrentModule: WebAssembly.Module;
