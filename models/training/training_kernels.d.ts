/** The kernels of `kernels/`, compiled. It imports its memory and can be posted to workers. */
export const trainingKernelsModule: WebAssembly.Module;
