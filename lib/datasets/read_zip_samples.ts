import { isArchiveLitter } from "../archives/archive_litter.ts";
import type { ArchiveFile } from "../archives/zip_archive.ts";
import { ServiceError } from "../service_error.ts";
import { cleanSampleName, readClassName } from "./sample_names.ts";
import { rejectSample, type SampleSource } from "./sample_source.ts";

/** A file with the folders above it. */
interface FoldedFile {
  file: ArchiveFile;
  folders: string[];
}

/**
 * Reads an archive of class folders: the class of a file is the first folder above it, not counting
 * folders that hold everything, as the archive of one folder has. What operating systems add is
 * passed over. A file with more than `fileBytesMax` bytes is not unpacked.
 *
 * @param files from `listArchive`
 */
export async function* readZipSamples(
  files: readonly ArchiveFile[],
  { fileBytesMax }: { fileBytesMax: number },
): SampleSource {
  const wanted = files.filter(({ path }) => !isArchiveLitter(path));
  for (const { file, folders } of stripCommonFolders(wanted.map(splitPath))) {
    const name = cleanSampleName(file.path);
    try {
      refuseLongFile(file, fileBytesMax);
      yield { name, class: readFolder(folders), bytes: await file.read() };
    } catch (error) {
      yield rejectSample(name, error);
    }
  }
}

function refuseLongFile({ length }: ArchiveFile, fileBytesMax: number): void {
  if (length <= fileBytesMax) return;
  throw new ServiceError(
    "body_too_large",
    `Cannot use file as it must have at most ${fileBytesMax} bytes: it has ${length}`,
  );
}

function splitPath(file: ArchiveFile): FoldedFile {
  return { file, folders: file.path.split("/").slice(0, -1) };
}

/** Takes away the outermost folder as long as it holds everything, mostly in folders of its own. */
function stripCommonFolders(files: FoldedFile[]): FoldedFile[] {
  const [first] = files[0]?.folders ?? [];
  const isCommon = first !== undefined && files.every(({ folders }) => folders[0] === first);
  const deeper = files.filter(({ folders }) => folders.length > 1).length;
  // A read-me beside the class folders does not make their parent a class.
  if (!isCommon || deeper <= files.length / 2) return files;
  return stripCommonFolders(
    files.map(({ file, folders }) => ({ file, folders: folders.slice(1) })),
  );
}

function readFolder([folder]: readonly string[]): string {
  if (folder !== undefined) return readClassName(folder);
  throw new ServiceError(
    "invalid_sample",
    "Cannot use file as it must lie in a folder named after its class",
  );
}
