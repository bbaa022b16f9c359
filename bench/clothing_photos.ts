import { zipFiles } from "../lib/archives/zip_files.ts";

const FOLDER = new URL("../../shared/data/clothing-mini/", import.meta.url);

/** A photo with what it shows. */
export interface LabelledPhoto {
  class: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** 40 photos of each of 10 kinds of clothing as a zip of class folders, and photos to test with. */
export interface ClothingPhotos {
  zip: Uint8Array<ArrayBuffer>;
  count: number;
  test: LabelledPhoto[];
}

/**
 * Reads `clothing-mini` (alexeygrigorev/clothing-dataset-small, CC0), which lies beside the repository.
 *
 * @throws {Error} if it is not there
 */
export async function readClothingPhotos(): Promise<ClothingPhotos> {
  const train = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, ...photo } of await readPhotos("train")) train.set(path, photo.bytes);
  return { zip: await zipFiles(train), count: train.size, test: await readPhotos("test") };
}

async function readPhotos(part: "train" | "test"): Promise<(LabelledPhoto & { path: string })[]> {
  const photos: (LabelledPhoto & { path: string })[] = [];
  const folder = new URL(`${part}/`, FOLDER);
  for (const name of listNames(folder)) {
    for (const file of listNames(new URL(`${name}/`, folder))) {
      const bytes = await Deno.readFile(new URL(`${name}/${file}`, folder));
      photos.push({ path: `${name}/${file}`, class: name, bytes });
    }
  }
  return photos;
}

function listNames(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
