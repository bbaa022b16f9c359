/** Where in a stored version the files of an imported network lie, by the network's own paths. */
const NETWORK_FOLDER = "network/";
/** Where the files lie that were imported along with a network. */
const COMPANION_FOLDER = "companions/";

/** The detector of a trained version, as `encodeDetector()` wrote it. */
export const DETECTOR_PATH = "detector.bin";

/** The path in a version of a file of an imported network. */
export function networkPath(path: string): string {
  return NETWORK_FOLDER + path;
}

/** The path in a version of a file that was imported along. */
export function companionPath(path: string): string {
  return COMPANION_FOLDER + path;
}

/** The network's own path, or `undefined` for other files of a version. */
export function toNetworkPath(path: string): string | undefined {
  return path.startsWith(NETWORK_FOLDER) ? path.slice(NETWORK_FOLDER.length) : undefined;
}

/** The path with which a file was imported along, or `undefined` for other files of a version. */
export function toCompanionPath(path: string): string | undefined {
  return path.startsWith(COMPANION_FOLDER) ? path.slice(COMPANION_FOLDER.length) : undefined;
}
