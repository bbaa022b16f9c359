/** What a network may ask for at most, whatever format it comes in. */

/** Elements of one value of one sample: 64 MiB. The largest of MobileNetV2 at 224 has 1.2 million. */
export const VALUE_ELEMENTS_MAX = 2 ** 24;

/**
 * Elements of all weights together: 1 GiB, twice VGG-16. Quantised weights grow when they are
 * loaded, and a file may name the same constant again and again.
 */
export const WEIGHT_ELEMENTS_MAX = 2 ** 28;

/** For one sample. MobileNetV2 at 224 takes 0.3e9, VGG-16 15e9. */
export const MULTIPLY_ADDS_MAX = 50e9;

/** Windows, strides and dilations, in pixels. */
export const WINDOW_MAX = 1024;

/**
 * XNNPACK sums an average on the stack, of which the WASM backend has 64 KiB for everything: with
 * 44,000 channels it wrote beyond.
 */
export const AVERAGED_CHANNELS_MAX = 8192;
